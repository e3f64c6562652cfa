/** What knox cannot deploy again when a rotation is taken back: it is named. */
import type { PlacedRoute } from './read-rotation.ts';
import type { Work } from './types.ts';

type Place = Pick<PlacedRoute, 'path' | 'environment'>;

/** What was deployed with the new value and was registered no more when it should have been deployed again. */
export async function sayForgotten({ rotation, vault, project, guide }: Work): Promise<void> {
  for (const route of rotation.routes().filter(({ deployStartedAt }) => deployStartedAt !== null)) {
    const { path, environment } = route;
    const registered = await vault.read((view) => view.all('route', environment));
    if (registered.some((known) => known.project === route.project && known.path === path)) continue;
    const where = route.project === project ? '' : ` of the project "${route.project}"`;
    guide.warn(
      'deploy_by_hand',
      `${path}${where} was deployed for ${environment} with the new value and is no longer registered: deploy it again yourself, with the old name`,
    );
  }
}

export function sayByHand(guide: Work['guide'], { path, environment }: Place): void {
  guide.warn(
    'deploy_by_hand',
    `${path} has no deploy command: deploy it again for ${environment} yourself, with the old name`,
  );
}
