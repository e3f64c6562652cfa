/** Step 8: nothing failed with the new version, and nothing asked for the old one since production moved. */
import type { Sighting, Unseen } from '../../domain/step-facts.ts';
import { addSeconds } from '../../domain/time.ts';
import { concernedRoutes } from '../concerned.ts';
import { isEmpty, sightingsText, someFiles } from '../fact-words.ts';
import { leftovers } from '../leftovers.ts';
import { probeRoutes, projectsThatProbe } from '../probe-routes.ts';
import { refusalsSince } from '../refusals.ts';
import { usesSeenBySources } from '../replaced.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { latestOf, oldUsesNow, oldUsesSince } from '../usage.ts';

export const verify: Step = { id: 'verify', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault, root, project } = work;
  if (rotation.isCompromised) return { kind: 'skipped', facts: { of: 'nothing', why: 'cut-off' } };
  const since = rotation.step('update-production').at ?? rotation.startedAt;
  const running = await oldUsesNow(work);
  const { uses, refusals, routes } = await vault.read(async (view) => ({
    uses: await oldUsesSince(view, rotation, 'update-production'),
    refusals: await refusalsSince(view, rotation, since),
    routes: (await concernedRoutes(view, rotation, root, project)).filter(({ environment }) =>
      rotation.production.includes(environment),
    ),
  }));
  const { passed, probed, seen, failure } = await probeRoutes(work, routes);
  if (failure !== null) return failure;
  const { seen: bySources, asked } = await usesSeenBySources(work, since);
  const unseen = await notSeen(work, new Set([...probed, ...asked]));
  const found: Sighting[] = [
    ...refusals.map(({ realm: environment, source, at }) => ({ of: 'refusal', environment, source, at }) as const),
    ...latestOf([...uses, ...running]),
    ...bySources,
  ];
  const facts = { of: 'verified', found, passed, unseen } as const;
  const isDoubtful = !isEmpty(unseen.holders);
  if (found.length === 0) return { kind: 'done', facts: { ...facts, as: 'idle' }, isDoubtful, seen };
  const last = found
    .map(({ at }) => at)
    .toSorted()
    .at(-1)!;
  const until = addSeconds(last, rotation.window);
  if (vault.now().toISOString() >= until) return { kind: 'done', facts: { ...facts, as: 'quiet' } };
  if (await isVouched(work, found)) return { kind: 'done', facts: { ...facts, as: 'vouched' } };
  const environments = [...new Set(found.map(({ environment }) => environment))];
  const why = { of: 'quiet', found, since: last } as const;
  return { kind: 'waits', needs: { kind: 'time', until, environments, why }, facts: { ...facts, as: 'busy' } };
}

async function isVouched({ guide, answers, moments }: Work, found: readonly Sighting[]): Promise<boolean> {
  if (answers.confirm.has('verify')) return true;
  const question = 'Is that harmless, so that the old version can be deleted?';
  return (await guide.vouch({ step: 'verify', question, lines: [sightingsText(found, moments)] })) === true;
}

/** What could not be looked at: a file that a program reads by itself, a production that nothing can ask. */
async function notSeen(work: Work, asked: ReadonlySet<string>): Promise<Unseen> {
  const blind = work.rotation.production.filter((name) => !asked.has(name));
  const elsewhere = blind.length === 0 ? [] : await projectsThatProbe(work, blind);
  const { files, isComplete, unsearched } = await leftovers(work);
  const holders = someFiles(files.filter(({ kind }) => kind !== 'name'));
  return { holders, unsearched, isCut: !isComplete, blind, elsewhere };
}
