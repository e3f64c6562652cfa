/** What knox can not deploy again when a rotation is taken back: it is named. */
import type { StoredRow } from '../store/tables.ts';
import type { Work } from './types.ts';

type Place = Pick<StoredRow<'rotation_route'>, 'project' | 'path' | 'environment'>;

export function isSameRoute(one: Place, other: Place): boolean {
  return one.project === other.project && one.path === other.path && one.environment === other.environment;
}

/** What was deployed with the new value and was registered no more when it should have been deployed again. */
export async function sayForgotten({ rotation, vault, project, guide }: Work): Promise<void> {
  const registered = await vault.read((view) => view.find('registration'));
  for (const row of rotation.rows.routes) {
    if (row.deploy_started_at === null || registered.some((known) => isSameRoute(known, row))) continue;
    const where = row.project === project ? '' : ` of the project "${row.project}"`;
    guide.warn(
      'deploy_by_hand',
      `${row.path}${where} was deployed for ${row.environment} with the new value and is registered no more: deploy it again, with the old name`,
    );
  }
}

export function sayByHand(guide: Work['guide'], { path, environment }: Pick<Place, 'path' | 'environment'>): void {
  guide.warn('deploy_by_hand', `${path} has no deploy command: deploy it for ${environment} again, with the old name`);
}
