/**
 * Step 9: the old value is revoked where it was made, seen to be dead, and its version deleted. Here a person revokes: knox asks the
 * probes whether the old value is refused, and deletes nothing while one of them still lets it in.
 */
import { providerForName } from '../../domain/providers.ts';
import { addSeconds, momentText, secondsBetween } from '../../domain/time.ts';
import { untilText } from '../../domain/duration.ts';
import { errors } from '../../errors.ts';
import { deleteVersion } from '../../vault/delete-version.ts';
import { concernedRoutes } from '../concerned.ts';
import type { Concerned } from '../concerned.ts';
import { sendProbes } from '../probe-routes.ts';
import type { Probed } from '../probe-routes.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { sayUses } from '../../vault/logged-uses.ts';
import { oldUsesSince } from '../usage.ts';

export const deleteOld: Step = { id: 'delete-old', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault } = work;
  const old = await vault.read((view) => view.get('secret', rotation.secrets[0]!.from_secret));
  if (old?.state === 'deleted') return { kind: 'done', detail: rotation.step('delete-old').detail ?? 'deleted' };
  requireMoved(work);
  await refuseReferenced(work);
  await refuseUsed(work);
  const quarantined = quarantine(work);
  if (quarantined !== null) return quarantined;
  const proof = await proveDead(work);
  if ('kind' in proof) return proof;
  await remove(work, proof);
  const names = rotation.secrets.map(({ from_name: name }) => name).join(', ');
  return { kind: 'done', detail: `${names} deleted; ${proof.text}` };
}

/** Each production environment says for itself, under its own key, that it was moved. */
function requireMoved({ rotation }: Work): void {
  const behind = rotation.environments.filter((name) => !rotation.isUpdated(name));
  if (behind.length > 0)
    throw errors.still_referenced(
      `${behind.join(', ')} was not moved to the new version`,
      'see: knox rotations --json',
    );
}

async function refuseReferenced(work: Work): Promise<void> {
  const { rotation, vault, answers, root, project } = work;
  const places = await vault.read(async (view) => {
    const leaving = new Set(rotation.secrets.map(({ from_name: name }) => name));
    const here = (await concernedRoutes(view, rotation, root, project)).filter(({ mine }) =>
      mine.some(({ placeholder }) => placeholder.at === null && leaving.has(placeholder.name)),
    );
    const elsewhere = (await view.find('registration')).filter(
      (route) => route.project !== project && (JSON.parse(route.names) as string[]).some((name) => leaving.has(name)),
    );
    return [...new Set([...here, ...elsewhere].map(({ path, environment }) => `${path} for ${environment}`))];
  });
  if (places.length === 0) return;
  const { base, from_name: from } = rotation.secrets[0]!;
  answers.guards.refuse('still_referenced', () =>
    errors.still_referenced(
      `${from} is still named by ${places.join(', ')}`,
      'put the new name there, or forget the route: knox route remove ROUTE',
      `then: knox rotate ${base}`,
    ),
  );
}

async function refuseUsed({ rotation, vault, answers }: Work): Promise<void> {
  const uses = await vault.read((view) => oldUsesSince(view, rotation, 'verify'));
  if (uses.length === 0) return;
  answers.guards.refuse('still_used', () =>
    errors.still_used(
      `the old version was used since it was verified: ${sayUses(uses)}`,
      'find out who still asks for it, and give them the new name',
      'or: --force still_used --reason TEXT',
    ),
  );
}

function quarantine({ rotation, vault }: Work): Outcome | null {
  const from = rotation.step('verify').at ?? rotation.row.started_at;
  const until = addSeconds(from, rotation.row.quarantine);
  const now = vault.now().toISOString();
  if (rotation.row.quarantine === 0 || now >= until) return null;
  const next = `The old value stays in quarantine until ${momentText(until)} (${untilText(secondsBetween(now, until))}), then: knox rotate ${rotation.secrets[0]!.base}`;
  return { kind: 'waits', needs: { kind: 'time', until, environments: rotation.production, next } };
}

interface Proof {
  /** For the record: how it is known. */
  readonly text: string;
  /** By environment: the probe that was refused. */
  readonly refused: ReadonlyMap<string, string>;
}

/** What the probes say of the old value, and else a person. */
async function proveDead(work: Work): Promise<Proof | Outcome> {
  const { rotation, answers, guide } = work;
  const { base, from_name: from } = rotation.secrets[0]!;
  const hints = howToRevoke(base, from);
  for (;;) {
    const probed = await probeOld(work);
    if (probed.length === 0) break;
    const alive = probed.filter(({ result }) => !result.isRefused);
    if (alive.length === 0) return refusedBy(probed);
    const said = alive.map(({ route, result }) => `${route.path} for ${route.environment} (${result.message})`);
    const isLetIn = alive.some(({ result }) => result.isPassed);
    const what = isLetIn
      ? `the old value still passes the probe of`
      : 'the old value was neither let in nor refused by';
    const answer = await guide.vouch({
      step: 'delete-old',
      question: 'Is it revoked now, and shall knox try again?',
      lines: [`${what} ${said.join(', ')}`, ...hints],
    });
    if (answer === true) continue;
    const error = errors.probe_failed(
      `${what} ${said.join(', ')}: ${from} is not dead yet`,
      ...hints,
      `then: knox rotate ${base}`,
    );
    return { kind: 'failed', error, next: `${hints[0]}, then: knox rotate ${base}` };
  }
  if (rotation.row.source === 'generate') {
    const isSaid = answers.isYes || answers.confirm.has('delete-old');
    if (isSaid || (await guide.vouch(deletion(from))) === true)
      return { text: 'unproven: no probe could tell that the old value is dead', refused: new Map() };
  } else if (
    answers.confirm.has('delete-old') ||
    (await guide.vouch({ step: 'delete-old', question: `Did you revoke the value of ${from}?`, lines: hints })) === true
  ) {
    return { text: 'vouched for: a person revoked the old value', refused: new Map() };
  }
  const next = `${hints[0]}, then: knox rotate ${base} --confirm delete-old`;
  return { kind: 'waits', needs: { kind: 'confirm', until: null, environments: rotation.environments, next } };
}

function deletion(from: string) {
  return {
    step: 'delete-old',
    question: `Delete ${from} for good?`,
    lines: ['No probe can tell whether its value is still let in somewhere: the record will say unproven.'],
  } as const;
}

function howToRevoke(base: string, from: string): string[] {
  const provider = providerForName(base);
  const page = provider?.keysPage ?? null;
  const where = page === null ? 'where it was made' : `at ${page}`;
  const how = provider?.howToRevoke ?? null;
  return [`Revoke the value of ${from} ${where}`, ...(how === null ? [] : [how])];
}

/** Sends the probes with the old value, for each environment that got a new one. */
async function probeOld(work: Work): Promise<Probed[]> {
  const { rotation, vault, root, project } = work;
  const routes = await vault.read((view) => concernedRoutes(view, rotation, root, project));
  const probed: Probed[] = [];
  for (const secret of rotation.secrets) {
    const instead = new Map([[secret.lineage, secret.from_secret]]);
    const own = routes.filter((route) => isReplaced(work, route, secret.lineage));
    probed.push(...(await sendProbes(work, own, instead)));
  }
  return probed;
}

function isReplaced({ rotation }: Work, { environment, mine }: Concerned, lineage: string): boolean {
  const record = rotation.record(lineage, environment);
  return record !== null && record.is_kept === 0 && mine.some(({ secret }) => secret.lineage === lineage);
}

function refusedBy(probed: readonly Probed[]): Proof {
  const refused = new Map(
    probed.map(({ route, result }) => [route.environment, `refused by the probe of ${route.path}: ${result.message}`]),
  );
  return { text: `dead: ${[...refused].map(([place, how]) => `${place} ${how}`).join('; ')}`, refused };
}

async function remove({ rotation, answers }: Work, proof: Proof): Promise<void> {
  const names = rotation.secrets.map(({ from_name: name }) => name);
  await rotation.change(
    {
      action: 'rotation-delete',
      secret: names[0]!,
      detail: { deleted: names, proof: proof.text, ...answers.guards.record() },
    },
    async (change) => {
      for (const known of rotation.rows.environments) {
        const { entry: _entry, tag: _tag, ...row } = known;
        const how = row.is_kept === 1 ? 'kept' : (proof.refused.get(row.environment) ?? proof.text);
        await change.put('rotation_environment', { ...row, revoked_at: change.at, proof: how });
      }
      for (const secret of rotation.secrets) {
        const version = await change.get('secret', secret.from_secret);
        if (version !== null && version.state !== 'deleted') await deleteVersion(change, version);
      }
    },
  );
}
