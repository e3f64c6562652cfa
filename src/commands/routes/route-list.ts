/** `knox route list`: every route of the vault, those of other projects too. */
import type { Run } from '../../command-line/command.ts';
import { describeRoutes, routesTable } from './route-views.ts';

export const routeList: Run<object> = async (context) => {
  const vault = await context.vault('look');
  const routes = await vault.look((view) => describeRoutes(view, null));
  if (routes.length === 0) context.say('No route is registered. Register a file: knox route add FILE -e ENV');
  return { json: routes, table: routesTable(routes) };
};
