/**
 * `knox delete`: destroys a secret's values, or with -e one of them. Refused while something names it, used it lately or rotates it; a
 * value that nobody ever used is taken back with one confirmation.
 */
import type { Run } from '../../command-line/command.ts';
import { SHARED } from '../../domain/environment-name.ts';
import type { Guards } from '../../domain/guards.ts';
import { runningCommands } from '../../files/running-commands.ts';
import type { RunningCommand } from '../../files/running-commands.ts';
import { requireSecretName } from '../../domain/secret-name.ts';
import { addSeconds } from '../../domain/time.ts';
import { errors, forceHint, stillNamed } from '../../errors.ts';
import { isFarAhead } from '../../vault/log/ahead.ts';
import { deleteValue, deleteVersion } from '../../vault/secrets/delete-version.ts';
import { showSecret } from '../../vault/secrets/describe-secret.ts';
import { nameIn, requireName, requireSecret, standingRecords } from '../../vault/secrets/find-secret.ts';
import { routesByVersion, routeText } from '../../vault/secrets/held-references.ts';
import { isUsedSince, lastingUses, sayUses } from '../../vault/uses/logged-uses.ts';
import type { LoggedUse } from '../../vault/uses/logged-uses.ts';
import type { NameRecord, UseRecord } from '../../vault/records/kinds.ts';
import type { View } from '../../vault/core/view.ts';
import { askSecret } from '../common/ask-name.ts';
import { warnOfOthers } from '../common/not-given.ts';
import type { Delete } from './declared.ts';

/** Used this lately counts as in use. */
const QUIET_SECONDS = 48 * 3600;

export const deleteSecret: Run<Delete> = async (context, { name: given, env: environment }) => {
  const name = await askSecret(context, given, 'knox delete NAME', 'key');
  requireSecretName(name);
  const guards = context.guards();
  const { project } = await context.place();
  const vault = await context.vault('key');
  vault.requireTrust();
  const running = runningCommands(context.stateFolder(), vault.manifest.vault);
  const check = (view: View) => chosen(view, name, environment, { guards, project, running });
  // Asked only for what could be done; looked at again in the change itself.
  await vault.read(check);
  const what = environment === null ? name : `the value of ${name} for ${environment}`;
  if (!(await context.confirm(`Delete ${what}? Its value cannot be recovered.`, `delete ${what}`)))
    throw errors.cancelled('nothing was deleted');
  const { shown, others } = await vault.change(async (change) => {
    const one = await check(change);
    const left = one === null ? await deleteVersion(change, name) : [];
    if (one !== null) await deleteValue(change, one);
    change.log({ action: 'delete', secret: name, environment, detail: guards.record() });
    return { shown: await showSecret(change, name), others: left };
  });
  warnOfOthers(context, 'not deleted', others);
  const note =
    environment !== null && shown.state === 'deleted' ? ' It was the last one, so the secret is deleted.' : '';
  return { json: shown, text: `Deleted ${what}.${note}` };
};

interface Surroundings {
  readonly guards: Guards;
  readonly project: string;
  readonly running: readonly RunningCommand[];
}

/**
 * The record whose value is to be taken back; null for the whole secret.
 * @throws secret_not_found, not_granted, rotation_in_progress, value_missing, still_referenced, still_used
 */
async function chosen(
  view: View,
  name: string,
  environment: string | null,
  { guards, project, running }: Surroundings,
): Promise<NameRecord | null> {
  const first = await requireSecret(view, name);
  const standing = await standingRecords(view, name);
  await refuseRotating(view, standing);
  let one: NameRecord | null = null;
  if (environment !== null) {
    if (environment !== SHARED) view.requireEnvironment(environment);
    refuseShared((await nameIn(view, name, environment)) ?? first, environment);
    view.ring?.realmKey(environment);
    one = await requireName(view, name, environment);
    if (!(await isEverUsed(view, one))) return isShared(one) ? null : one;
    if (isShared(one)) one = null;
  } else view.ring?.realmKey(first.realm);
  const routes = ((await routesByVersion(view)).get(name) ?? []).filter(
    (route) => one === null || route.realm === one.realm,
  );
  if (routes.length > 0) {
    const places = [...new Set(routes.map((route) => routeText(route, project)))];
    guards.refuse('still_referenced', () =>
      stillNamed(name, places, `replace it without downtime: knox rotate ${name}`),
    );
  }
  const lasting = lastingUses(running, view.clock).filter(
    (use) => use.secret === name && (one === null || use.environment === one.realm),
  );
  const uses = [...(await recentUses(view, name, one === null ? view.realmNames() : [one.realm])), ...lasting];
  if (uses.length > 0) {
    const isAhead = uses.every(({ at }) => isFarAhead(at, view.clock));
    const when = isAhead ? 'in the future, so a clock was wrong' : 'in the last 48 hours';
    guards.refuse('still_used', () =>
      errors.still_used(
        `${name} was used ${when}: ${sayUses(uses)}`,
        ...(isAhead ? ['check the clock: knox doctor'] : []),
        `replace it without downtime: knox rotate ${name}`,
        forceHint('still_used'),
      ),
    );
  }
  return one;
}

function isShared({ realm, shared }: NameRecord): boolean {
  return realm === SHARED || shared !== null;
}

/** Its one value is every environment's, so it is not taken back for one of them. */
function refuseShared(record: NameRecord, environment: string): void {
  if (!isShared(record) || environment === SHARED) return;
  throw errors.value_missing(
    `${record.name} has no value of its own for ${environment}: all environments share one`,
    `to delete it for all of them: knox delete ${record.name}`,
  );
}

async function refuseRotating(view: View, standing: readonly NameRecord[]): Promise<void> {
  for (const { realm, base, name } of standing) {
    const { rotation = null } = (await view.find('lineage', realm, base)) ?? {};
    const part = rotation === null ? null : await view.find('rotation', realm, rotation);
    if (part === null || part.endedAt !== null) continue;
    if (!part.secrets.some(({ from, to }) => from === name || to === name)) continue;
    throw errors.rotation_in_progress(
      `${name} is being rotated`,
      `finish it: knox rotate ${base}`,
      `or roll it back: knox rotate ${base} --rollback`,
    );
  }
}

/** Whether any use of this value is known since it was stored; a shared one's are known in every environment. */
async function isEverUsed(view: View, record: NameRecord): Promise<boolean> {
  const value = await view.valueOf(record);
  if (value === null) return true;
  const since = { entry: value.entry, at: value.createdAt };
  const realms = isShared(record) ? view.realmNames() : [record.realm];
  return (await usesIn(view, record.name, realms)).some((use) => isUsedSince(use, since));
}

async function recentUses(view: View, name: string, realms: readonly string[]): Promise<LoggedUse[]> {
  const since = addSeconds(view.clock.toISOString(), -QUIET_SECONDS);
  return (await usesIn(view, name, realms))
    .filter(({ lastAt }) => lastAt >= since)
    .map(({ realm, consumer, lastAt, lastActor, count }) => ({
      at: lastAt,
      secret: name,
      environment: realm,
      consumer,
      actor: lastActor,
      count,
    }));
}

async function usesIn(view: View, name: string, realms: readonly string[]): Promise<UseRecord[]> {
  const found: UseRecord[] = [];
  for (const realm of realms) found.push(...(await view.about('use', realm, name)));
  return found;
}
