/** `knox route show`: one route, with what its probes and commands are, and which host gets which secret. */
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import type { Target } from '../../output/view.ts';
import { requireRoute } from '../../routes/route-records.ts';
import type { RouteRecord } from '../../vault/records/kinds.ts';
import { askRoute } from '../common/ask-name.ts';
import { describeRoutes, routeTitle } from './route-views.ts';
import type { RouteView } from './route-views.ts';
import type { RouteShow } from './declared.ts';

export const routeShow: Run<RouteShow> = async (context, asked) => {
  const given = await askRoute(context, asked.route, 'knox route show ROUTE');
  const { root, project } = await context.place();
  const vault = await context.vault('look');
  const { route, rows } = await vault.look(async (view) => {
    const rowsOf = await requireRoute(view, { root, cwd: context.io.cwd, project, given });
    const [found] = await describeRoutes(view, project, [rowsOf[0]!.path]);
    return { route: found!, rows: rowsOf };
  });
  return { json: route, draw: (target) => page(route, rows, project, target) };
};

function page(route: RouteView, rows: readonly RouteRecord[], project: string, { style }: Target): string {
  const lines = [`${style.heading(routeTitle(route, project))}  ${style.dim(route.format)}`];
  lines.push(`  secrets: ${route.secrets.length === 0 ? 'none' : route.secrets.join(', ')}`);
  for (const [index, entry] of route.environments.entries()) {
    lines.push('', `  ${style.name(entry.environment)}`);
    if (entry.probe !== null)
      lines.push(`    probe: ${entry.method} ${printable(entry.probe)} (passes with ${entry.expect})`);
    for (const header of entry.headers) lines.push(`      ${printable(header)}`);
    for (const [base, host] of rows[index]!.hosts) lines.push(`      ${base} is sent to ${printable(host)}`);
    if (entry.testCommand !== null) lines.push(`    test: ${printable(entry.testCommand)}`);
    if (entry.deployCommand !== null) lines.push(`    deploy: ${printable(entry.deployCommand)}`);
    if (entry.probe === null && entry.testCommand === null && entry.deployCommand === null)
      lines.push(style.dim('    no probe and no commands'));
  }
  return lines.join('\n');
}
