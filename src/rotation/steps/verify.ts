/** Step 8: nothing failed with the new version, and nothing asked for the old one since production moved. */
import { printable } from '../../domain/printable.ts';
import { addSeconds } from '../../domain/time.ts';
import { concernedRoutes } from '../concerned.ts';
import { leftovers, placesText } from '../leftovers.ts';
import { MOST_FILES } from '../mentions.ts';
import { placesThatProbe, probeRoutes } from '../probe-routes.ts';
import { usesSeenBySources } from '../sources.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { sayUses } from '../../vault/logged-uses.ts';
import { oldUsesNow, oldUsesSince } from '../usage.ts';

export const verify: Step = { id: 'verify', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault, answers, root, project } = work;
  if (rotation.isCompromised)
    return { kind: 'skipped', detail: 'the old value has leaked: whoever still uses it is cut off' };
  const since = rotation.step('update-production').at ?? rotation.row.started_at;
  const running = await oldUsesNow(work);
  const logged = await vault.read(async (view) => ({
    since: await oldUsesSince(view, rotation, 'update-production'),
    failures: (await view.find('auth_failure')).filter(
      ({ secret, at }) => at >= since && rotation.secrets.some(({ to_secret: to }) => to === secret),
    ),
    routes: (await concernedRoutes(view, rotation, root, project)).filter(({ environment }) =>
      rotation.production.includes(environment),
    ),
  }));
  const seen = { ...logged, uses: [...logged.since, ...running] };
  const { passed, probed, seen: looked, failure } = await probeRoutes(work, seen.routes, 'verify');
  if (failure !== null) return failure;
  const { seen: bySources, asked } = await usesSeenBySources(work, since);
  const unseen = await notSeen(work, new Set([...probed, ...asked]));
  const found = [
    ...seen.failures.map(({ environment, source, at }) => `a refused login in ${environment} (${source}) at ${at}`),
    ...(seen.uses.length === 0 ? [] : [`the old version was used: ${sayUses(seen.uses)}`]),
    ...bySources.map(({ text }) => `the old value was used: ${text}`),
  ];
  const probes = passed === 0 ? '' : `, ${passed} ${passed === 1 ? 'probe' : 'probes'} passed`;
  if (found.length === 0) {
    const detail = `no use of the old version on record, no refused login reported${probes}${unseen.text}`;
    return { kind: 'done', detail, isDoubtful: unseen.isDoubtful, seen: looked };
  }
  const said = found.join('; ');
  const last = [...seen.failures, ...seen.uses, ...bySources]
    .map(({ at }) => at)
    .toSorted()
    .at(-1)!;
  const until = addSeconds(last, rotation.row.window);
  if (vault.now().toISOString() >= until)
    return { kind: 'done', detail: `quiet since ${last}${probes}${unseen.text}; before: ${said}` };
  if (await isVouched(work, said)) return { kind: 'done', detail: `vouched for: ${said}` };
  const environments = [
    ...new Set([...seen.failures, ...seen.uses, ...bySources].map(({ environment }) => environment)),
  ];
  return {
    kind: 'waits',
    needs: { kind: 'time', until, environments, why: { of: 'quiet', said, since: last } },
    detail: said,
  };

  async function isVouched({ guide }: Work, text: string): Promise<boolean> {
    if (answers.confirm.has('verify')) return true;
    const question = 'Is that harmless, so that the old version may go?';
    return (await guide.vouch({ step: 'verify', question, lines: [text] })) === true;
  }
}

/** What could not be looked at: a file that a program reads by itself, a production that nothing can ask. */
async function notSeen(work: Work, asked: ReadonlySet<string>): Promise<{ text: string; isDoubtful: boolean }> {
  const blind = work.rotation.production.filter((name) => !asked.has(name));
  const elsewhere = blind.length === 0 ? null : await placesThatProbe(work, blind);
  const why = elsewhere === null ? 'which has no probe' : `which is probed from ${elsewhere}`;
  const { files, isComplete, unsearched } = await leftovers(work);
  const holders = files.filter(({ kind }) => kind !== 'name');
  const parts = [
    ...(holders.length === 0 ? [] : [`what reads ${placesText(holders)}, which the rotation did not rewrite`]),
    ...(unsearched.length === 0 ? [] : [`${unsearched.map(printable).join(', ')}, too large to be searched`]),
    ...(isComplete ? [] : [`files beyond the first ${MOST_FILES}`]),
    'commands that knox run started on other machines',
    ...(blind.length === 0 ? [] : [`${blind.join(', ')} itself, ${why}`]),
  ];
  return {
    text: parts.length === 0 ? '' : `; not looked at: ${parts.join('; ')}`,
    isDoubtful: holders.length > 0,
  };
}
