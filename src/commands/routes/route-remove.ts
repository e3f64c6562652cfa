/** `knox route remove`: forgets a route, or one of its environments. The file itself is left alone. */
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { notRegistered } from '../../errors.ts';
import { requireRoute } from '../../routes/route-records.ts';
import { askRoute } from '../common/ask-name.ts';
import { describeRoutes } from './route-views.ts';
import type { RouteRemove } from './declared.ts';

export const routeRemove: Run<RouteRemove> = async (context, { route: asked, env: environment }) => {
  const given = await askRoute(context, asked, 'knox route remove ROUTE');
  const { root, project } = await context.place();
  const vault = await context.vault('key');
  vault.requireTrust();
  const { path, removed, left, gone } = await vault.change(async (change) => {
    if (environment !== null) change.requireEnvironment(environment);
    const routes = await requireRoute(change, { root, cwd: context.io.cwd, project, given });
    const chosen = routes.filter(({ realm }) => environment === null || realm === environment);
    const first = routes[0]!;
    if (chosen.length === 0) {
      throw notRegistered(
        first.path,
        environment!,
        `it is registered for: ${routes.map(({ realm }) => realm).join(', ')}`,
      );
    }
    const own = chosen.filter(({ realm }) => change.canRead(realm));
    if (own.length === 0) change.requireRealmKeys([chosen[0]!.realm]);
    const [shown] = await describeRoutes(change, project, [first.path]);
    for (const route of own) await change.remove(route);
    const environments = own.map(({ realm }) => realm);
    change.log({ action: 'route-remove', route: first.path, detail: { environments } });
    const others = chosen.flatMap(({ realm }) => (environments.includes(realm) ? [] : [realm]));
    return { path: first.path, removed: environments, left: others, gone: shown! };
  });
  for (const name of left)
    context.warn('not_granted', `${printable(path)} stays registered for ${name}, which this key was not given`);
  const json = { ...gone, environments: gone.environments.filter((entry) => removed.includes(entry.environment)) };
  return { json, text: `Unregistered ${printable(path)} for ${removed.join(', ')}. The file was not changed.` };
};
