/**
 * `knox delete`: destroys a secret's values, or with -e one of them. Refused while something names it, used it lately or rotates it; a
 * value that nobody ever used is taken back with one confirmation.
 */
import type { Handler } from '../declarations/command-spec.ts';
import { SHARED } from '../domain/environment-name.ts';
import type { Guards } from '../domain/guards.ts';
import { runningCommands } from '../files/running-commands.ts';
import type { RunningCommand } from '../files/running-commands.ts';
import { requireSecretName } from '../domain/secret-name.ts';
import { addSeconds } from '../domain/time.ts';
import { errors } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { isFarAhead } from '../vault/ahead.ts';
import { deleteValue, deleteVersion } from '../vault/delete-version.ts';
import { showSecret } from '../vault/describe-secret.ts';
import { requireSecret, requireValue } from '../vault/find-secret.ts';
import { routesByVersion, routeText } from '../vault/held-references.ts';
import { lastingUses, loggedUses, sayUses } from '../vault/logged-uses.ts';
import type { LoggedUse } from '../vault/logged-uses.ts';
import type { View } from '../vault/view.ts';
import { askSecret } from './ask-name.ts';

/** Used this lately counts as in use. */
const QUIET_SECONDS = 48 * 3600;

type Secret = StoredRow<'secret'>;

export const deleteSecret: Handler = async (context, args, options) => {
  const name = await askSecret(context, args[0], 'knox delete NAME', 'key');
  requireSecretName(name);
  const environment = (options['env'] as string | undefined) ?? null;
  const guards = context.guards();
  const { project } = await context.place();
  const vault = await context.vault('key');
  vault.requireTrust();
  const running = runningCommands(context.stateFolder(), vault.manifest.vault);
  const check = async (view: View): Promise<Secret> => {
    await view.requireIntactWhereGiven();
    const secret = await requireSecret(view, name);
    await refuse(view, secret, environment, { guards, project, running });
    return secret;
  };
  // Asked only for what could be done; looked at again in the change itself.
  await vault.read(check);
  const what = environment === null ? name : `the value of ${name} for ${environment}`;
  if (!(await context.confirm(`Destroy ${what}? Its value can not be brought back`)))
    throw errors.cancelled('nothing was deleted');
  const shown = await vault.change(async (change) => {
    const secret = await check(change);
    const values = await change.find('value', { secret: secret.id });
    const chosen = environment === null ? values : [await requireValue(change, secret, environment)];
    const isWhole = chosen.length === values.length;
    if (isWhole) await deleteVersion(change, secret);
    else for (const value of chosen) await deleteValue(change, secret, value);
    const detail = guards.record();
    change.log({ action: 'delete', secret: name, environment, detail });
    return showSecret(change, (await change.get('secret', secret.id))!);
  });
  const note =
    environment !== null && shown.state === 'deleted' ? ' It was the last one, so the secret is deleted.' : '';
  return { json: shown, text: `Deleted ${what}.${note}` };
};

interface Surroundings {
  readonly guards: Guards;
  readonly project: string;
  readonly running: readonly RunningCommand[];
}

/** @throws rotation_in_progress, value_missing, still_referenced, still_used */
async function refuse(
  view: View,
  secret: Secret,
  environment: string | null,
  { guards, project, running }: Surroundings,
): Promise<void> {
  const { name } = secret;
  await refuseRotating(view, secret);
  if (environment !== null) {
    refuseShared(secret, environment);
    const value = await requireValue(view, secret, environment);
    if (!(await isEverUsed(view, secret, value.environment))) return;
  }
  const routes = ((await routesByVersion(view)).get(secret.id) ?? []).filter(
    (route) => environment === null || route.environment === environment || secret.scope === 'shared',
  );
  if (routes.length > 0) {
    const places = [...new Set(routes.map((route) => routeText(route, project)))].join(', ');
    guards.refuse('still_referenced', () =>
      errors.still_referenced(
        `${name} is still named by ${places}`,
        `replace it without downtime: knox rotate ${name}`,
        'or: --force still_referenced --reason TEXT',
      ),
    );
  }
  const place = environment === null ? null : secret.scope === 'shared' ? SHARED : environment;
  const lasting = lastingUses(running, view.clock).filter(
    (use) => use.secret === name && (place === null || use.environment === place),
  );
  const uses = [...(await recentUses(view, secret, environment)), ...lasting];
  if (uses.length > 0) {
    const isAhead = uses.every(({ at }) => isFarAhead(at, view.clock));
    const when = isAhead ? 'at a time that is still to come, so a clock was wrong' : 'in the last 48 hours';
    guards.refuse('still_used', () =>
      errors.still_used(
        `${name} was used ${when}: ${sayUses(uses)}`,
        ...(isAhead ? ['go by the clock again: knox doctor'] : []),
        `replace it without downtime: knox rotate ${name}`,
        'or: --force still_used --reason TEXT',
      ),
    );
  }
}

/** Its one value is every environment's, so it is not taken back for one of them. */
function refuseShared({ name, scope }: Secret, environment: string): void {
  if (scope !== 'shared' || environment === SHARED) return;
  throw errors.value_missing(
    `${name} has no value of its own for ${environment}: its one value is shared by all environments`,
    `to delete it for all of them: knox delete ${name}`,
  );
}

async function refuseRotating(view: View, { lineage, name, id }: Secret): Promise<void> {
  for (const part of await view.find('rotation_secret', { lineage })) {
    if (part.from_secret !== id && part.to_secret !== id) continue;
    if ((await view.get('rotation', part.rotation))?.ended_at !== null) continue;
    throw errors.rotation_in_progress(
      `${name} is part of a rotation under way`,
      `finish it: knox rotate ${part.base}`,
      `or take it back: knox rotate ${part.base} --rollback`,
    );
  }
}

/** Whether the log knows of any use of this value since it was stored. */
async function isEverUsed(view: View, { name }: Secret, environment: string): Promise<boolean> {
  const made = `value:${name}:${environment}`;
  for await (const use of loggedUses(view, (entry) => entry.made.includes(made))) {
    if (use.secret === name && use.environment === environment) return true;
  }
  return false;
}

async function recentUses(view: View, { name, scope }: Secret, environment: string | null): Promise<LoggedUse[]> {
  const since = addSeconds(view.clock.toISOString(), -QUIET_SECONDS);
  const where = environment === null ? null : scope === 'shared' ? SHARED : environment;
  const found: LoggedUse[] = [];
  for await (const use of loggedUses(view, (entry) => entry.at < since)) {
    if (use.secret === name && use.at >= since && (where === null || use.environment === where)) found.push(use);
  }
  return found;
}
