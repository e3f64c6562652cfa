/** A route that names another version from now on. Whoever moves it vouches for its commands and its address, and so has to have allowed them. */
import { errors } from '../errors.ts';
import { requireHook } from '../routes/hook.ts';
import { fillProbe, requireProbe } from '../routes/probe.ts';
import type { Change } from '../vault/core/change.ts';
import type { RouteRecord } from '../vault/records/kinds.ts';
import type { RouteContent } from '../vault/records/route.ts';
import { textOf, vouchedText, vouchFor } from '../vault/gate/vouch.ts';
import type { Work } from './types.ts';

/** What becomes of a route that names another version. */
export type MovedRoute = Pick<RouteContent, 'template' | 'probe' | 'headers' | 'names'>;

/** Whether what is vouched for becomes another text. */
function isVouchedAnew(record: RouteRecord, moved: Omit<MovedRoute, 'names'>): boolean {
  return vouchedText('route', { ...record, ...moved }) !== textOf(record);
}

/** Before the change, and outside of any: nobody vouches for what may not run or be sent here. @throws untrusted_command */
export async function requireMovable(
  { vault, services, answers, root }: Work,
  record: RouteRecord,
  moved: Omit<MovedRoute, 'names'>,
): Promise<void> {
  if (!isVouchedAnew(record, moved)) return;
  await requireHook(record, 'test', services.gate);
  await requireHook(record, 'deploy', services.gate);
  const probe = await vault.read((view) => fillProbe(view, root, record, answers.guards));
  if (probe !== null) await requireProbe(probe, services.gate);
}

/** Inside a change. @throws file_changed where the route was registered again since it was read */
export async function putMoved(change: Change, record: RouteRecord, moved: MovedRoute): Promise<void> {
  const known = await change.get('route', record.realm, record.id);
  if (known === null || textOf(known) !== textOf(record) || known.template !== record.template)
    throw errors.file_changed(
      `${record.path} was registered again for ${record.realm} meanwhile: nothing was changed there`,
      'run it again',
    );
  if (!isVouchedAnew(known, moved)) return void (await change.update(known, moved));
  const { kindOf: _kind, realm, entry: _entry, vouched: _vouched, ...content } = known;
  await change.put('route', realm, vouchFor(change, 'route', realm, { ...content, ...moved }));
}
