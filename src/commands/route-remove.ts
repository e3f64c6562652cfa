/** `knox route remove`: forgets a route, or one of its environments. The file itself is left alone. */
import type { Handler } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import { requireRoute } from '../routes/registrations.ts';
import { askRoute } from './ask-name.ts';
import { describeRoutes } from './route-views.ts';

export const routeRemove: Handler = async (context, args, options) => {
  const given = await askRoute(context, args[0], 'knox route remove ROUTE');
  const environment = options['env'] as string | undefined;
  const { root, project } = await context.place();
  const vault = await context.vault('key');
  vault.requireTrust();
  const { path, removed, gone } = await vault.change(async (change) => {
    if (environment !== undefined) change.requireEnvironment(environment);
    await change.requireIntactWhereGiven();
    const rows = await requireRoute(change, { root, cwd: context.io.cwd, project, given });
    const chosen = rows.filter((row) => environment === undefined || row.environment === environment);
    if (chosen.length === 0) {
      throw errors.route_not_found(
        `${rows[0]!.path} is not registered for ${environment}`,
        `it is for: ${rows.map((row) => row.environment).join(', ')}`,
      );
    }
    const [shown] = await describeRoutes(change, project, [rows[0]!.path]);
    for (const row of chosen) await change.remove('registration', row);
    const environments = chosen.map((row) => row.environment);
    change.log({ action: 'route-remove', route: rows[0]!.path, detail: { environments } });
    return { path: rows[0]!.path, removed: environments, gone: shown! };
  });
  const json = { ...gone, environments: gone.environments.filter((entry) => removed.includes(entry.environment)) };
  return { json, text: `Forgot ${printable(path)} for ${removed.join(', ')}. The file was left as it is.` };
};
