/**
 * Going back: `--rollback` until the old value was revoked, `--abort` before anything was rewritten. A rollback is written down before
 * the first file is touched, so that one that was cut off is finished before anything else.
 */
import { errors } from '../errors.ts';
import { findRootFile, replaceRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import { parseTemplate, rewriteNames } from '../templates/template.ts';
import type { Change } from '../vault/change.ts';
import { deleteValue } from '../vault/delete-version.ts';
import { concernedRoutes, mineOf, namesOf } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { hookRoute } from './hook-route.ts';
import { rewriteSettings } from './rewrite-settings.ts';
import { enableOld } from './revoke.ts';
import { consumedPlaces, replacedPlaces, revokeFresh } from './sources.ts';
import type { Work } from './types.ts';

/** Whether a rollback was begun and not finished. */
export function isRollingBack({ rotation }: Work): boolean {
  return rotation.options.rollback !== undefined;
}

/** @throws no_way_back, hook_failed, file_changed, io */
export async function rollBack(work: Work): Promise<void> {
  const { rotation, vault, answers, guide } = work;
  if (rotation.isDone('delete-old') || rotation.rows.environments.some(({ revoked_at: at }) => at !== null)) {
    throw noWayBack(rotation);
  }
  await requireUnconsumed(work);
  if (!isRollingBack(work)) {
    const rollback = { reason: answers.guards.reason, at: vault.now().toISOString() };
    const options = JSON.stringify({ ...rotation.options, rollback });
    await rotation.change({ action: 'rotation-rollback', detail: { reason: answers.guards.reason } }, (change) =>
      rotation.putTerms(change, { options }, { state: 'active', needs: null }),
    );
  }
  const routes = await vault.read((view) => concernedRoutes(view, rotation, work.root, work.project));
  const moved = routes.filter(({ environment }) => rotation.environments.includes(environment));
  const restored = await restoreFiles(work, moved);
  for (const path of restored) guide.note(`Put the old name back into ${path}`);
  await moveBack(work, moved);
  await enableOld(work);
  await deployAgain(work);
  await revokeNew(work);
  await end(work, 'rolled-back');
}

/** The new credential lives on where it was made, unless somebody says that it shall not. */
async function revokeNew(work: Work): Promise<void> {
  const { rotation, guide, answers } = work;
  if (rotation.rows.versions.every(({ state }) => state !== 'live')) return;
  const places = await replacedPlaces(work);
  if (places.every(({ kind }) => kind === 'generate')) return;
  const to = rotation.secrets.map(({ to_name: name }) => name).join(', ');
  const question = `Revoke ${to} at its source as well?`;
  const isAsked =
    answers.confirm.has('delete-old') ||
    (await guide.vouch({ step: 'delete-old', question, lines: ['The new credential lives on where it was made.'] })) ===
      true;
  if (!isAsked) {
    guide.note(`${to} lives on at its source; revoke it there when nobody needs it any more`);
    return;
  }
  const revoked = await revokeFresh(work);
  if (revoked.length > 0) guide.note(`Revoked ${to} at its source for ${revoked.join(', ')}`);
}

function noWayBack({ secrets }: Work['rotation']) {
  const { from_name: from, base } = secrets[0]!;
  return errors.no_way_back(
    `the value of ${from} was revoked: there is nothing to go back to`,
    `go forward: knox rotate ${base}`,
  );
}

/** Whether there is something to take back, and a way. */
export async function canRollBack(work: Work): Promise<boolean> {
  const { environments, routes } = work.rotation.rows;
  const isBegun =
    environments.some(({ updated_at: at }) => at !== null) || routes.some(({ planned_at: at }) => at !== null);
  const isRevoked = environments.some(({ revoked_at: at }) => at !== null);
  return isBegun && !isRevoked && (await consumedPlaces(work)).length === 0;
}

/** @throws no_way_back where the provider used up the old value when it gave the new one */
async function requireUnconsumed(work: Work): Promise<void> {
  const consumed = await consumedPlaces(work);
  if (consumed.length === 0) return;
  const { from_name: from, base } = work.rotation.secrets[0]!;
  throw errors.no_way_back(
    `the provider used up the value of ${from} for ${consumed.join(', ')} when it gave the new one: there is nothing to go back to`,
    `go forward: knox rotate ${base}`,
  );
}

/** @throws no_way_back where something was rewritten already, or the old value was revoked */
export async function abort(work: Work): Promise<void> {
  const { rotation } = work;
  if (rotation.isRevoked) throw noWayBack(rotation);
  await requireUnconsumed(work);
  const isBegun =
    rotation.rows.environments.some(({ updated_at: at }) => at !== null) ||
    rotation.rows.routes.some(({ planned_at: at }) => at !== null);
  if (isBegun) {
    throw errors.no_way_back(
      'files were rewritten already, so this rotation can not just be ended',
      `take it back: knox rotate ${rotation.secrets[0]!.base} --rollback`,
    );
  }
  await end(work, 'aborted');
}

/** Puts the old names back, each file once, also into one that is no route any more. @returns paths that were written */
async function restoreFiles(work: Work, routes: readonly Concerned[]): Promise<string[]> {
  const { rotation, vault, project, root } = work;
  const files = new Map<string, Readable>();
  for (const route of routes) if (route.file !== null) files.set(route.path, { ...route, file: route.file });
  const names = await vault.read((view) => namesOf(view, rotation));
  for (const row of rotation.rows.routes) {
    if (row.project !== project || row.originals === null || row.path.startsWith('@') || files.has(row.path)) continue;
    const file = findRootFile(root, row.path);
    if (file === null) continue;
    const template = parseTemplate(file.bytes);
    files.set(row.path, {
      path: row.path,
      environment: row.environment,
      file,
      template,
      mine: mineOf(template, names),
    });
  }
  const restored: string[] = [];
  for (const route of files.values()) {
    const before = restore(work, route);
    if (before === null) continue;
    replaceRootFile(route.file, before);
    restored.push(route.path);
  }
  return restored;
}

type Readable = Pick<Concerned, 'path' | 'environment' | 'template' | 'mine'> & { readonly file: RootFile };

/** The route's text with the names that it had, or null where nothing of the rotation stands in it. */
function restore(
  { rotation, project }: Work,
  { path, environment, template, mine }: Pick<Concerned, 'path' | 'environment' | 'template' | 'mine'>,
): Uint8Array | null {
  const text = rotation.route(project, path, environment)?.originals ?? null;
  if (text === null) return null;
  const originals = JSON.parse(text) as (string | null)[];
  const isAsWritten = originals.length === mine.length;
  const names = new Map<number, string>();
  for (const [order, { index, placeholder, secret }] of mine.entries()) {
    if (placeholder.name !== secret.to_name) continue;
    // A person may have added or taken away a placeholder since: then every new name becomes the old version's.
    const name = isAsWritten ? originals[order] : secret.from_name;
    if (name !== null && name !== undefined) names.set(index, name);
  }
  return names.size === 0 ? null : rewriteNames(template, (_placeholder, index) => names.get(index) ?? null).output;
}

/** One change: inline routes, what the routes name, the environments' records and where they are. */
async function moveBack(work: Work, routes: readonly Concerned[]): Promise<void> {
  const { rotation } = work;
  if (routes.length === 0 && rotation.rows.environments.every(({ updated_at: at }) => at === null)) return;
  await rotation.change({ action: 'rotation-moved-back' }, async (change) => {
    for (const route of routes) await moveRouteBack(work, change, route);
    for (const known of rotation.rows.environments) {
      if (known.updated_at === null) continue;
      const { entry: _entry, tag: _tag, ...row } = known;
      await change.put('rotation_environment', { ...row, updated_at: null, tested_at: null });
      const { lineage, environment } = row;
      const current = await change.findOne('current', { lineage, environment });
      if (current === null || current.secret !== row.to_secret) continue;
      const { entry: _e, tag: _t, ...kept } = current;
      const { from_secret: secret, from_name: name } = row;
      await change.put('current', { ...kept, secret, name, previous: null, moved_at: change.at });
    }
  });
}

async function moveRouteBack(work: Work, change: Change, route: Concerned): Promise<void> {
  const { registration, template } = route;
  const output = restore(work, route);
  const isInline = registration.template !== null;
  const { placeholders } = output === null ? template : parseTemplate(output);
  const names = JSON.stringify([...new Set(placeholders.map(({ name }) => name))]);
  const { entry: _entry, tag: _tag, ...row } = registration;
  const text = isInline && output !== null ? Buffer.from(output).toString('utf8') : row.template;
  const old = new Map(work.rotation.secrets.map(({ to_name: to, from_name: from }) => [to, from]));
  const settings = rewriteSettings(row, (name) => old.get(name) ?? null);
  await change.put('registration', { ...row, names, template: text, ...settings });
}

/** Production first: that is where it hurts. Each that had been deployed is deployed again, with the old version. */
async function deployAgain(work: Work): Promise<void> {
  const { rotation, vault, guide } = work;
  const routes = await vault.read((view) => concernedRoutes(view, rotation, work.root, work.project));
  for (const environment of [...rotation.production, ...rotation.preProduction]) {
    for (const route of routes.filter((known) => known.environment === environment)) {
      const { deploy_command: command } = route.registration;
      const known = rotation.route(work.project, route.path, environment);
      if (command === null || known === null || known.deploy_started_at === null) continue;
      guide.note(`Deploying ${route.path} for ${environment} with the old version`);
      await hookRoute(work, route, command);
      await rotation.change({ action: 'rotation-deployed', environment, route: route.path }, async (change) => {
        const { entry: _entry, tag: _tag, ...row } = rotation.route(work.project, route.path, environment)!;
        await change.put('rotation_route', { ...row, deploy_started_at: null, deployed_at: null });
      });
    }
  }
}

/** A version that was created is withdrawn and kept; one that was only being prepared was never there. */
async function end({ rotation, answers }: Work, state: 'rolled-back' | 'aborted'): Promise<void> {
  const { reason } = answers.guards;
  await rotation.change({ action: `rotation-${state}`, detail: { reason } }, async (change) => {
    for (const secret of rotation.secrets) {
      const version = await change.get('secret', secret.to_secret);
      if (version === null) continue;
      if (version.state === 'pending') {
        for (const value of await change.find('value', { secret: version.id })) {
          await deleteValue(change, version, value);
        }
        await change.remove('secret', version);
      } else {
        const { entry: _entry, tag: _tag, ...row } = version;
        await change.put('secret', { ...row, state: 'withdrawn', withdrawn_at: change.at });
      }
      await unpin(change, rotation.row.started_at, secret);
    }
    await rotation.put(change, { state, needs: null, wait_until: null, ended_at: change.at, end_reason: reason });
  });
}

/** Where this rotation was the first to say which version an environment is on, the newest live one counts again. */
async function unpin(
  change: Change,
  startedAt: string,
  { lineage, from_secret: from }: { lineage: string; from_secret: string },
): Promise<void> {
  for (const row of await change.find('current', { lineage })) {
    const isOwn = row.secret === from && row.previous === null && row.moved_at >= startedAt;
    if (isOwn && change.ring?.hasEnvironment(row.environment) === true) await change.remove('current', row);
  }
}
