/** `knox route check`: whether every registered file is there and every placeholder in it resolves. Sends nothing, decrypts nothing. */
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { atLeast, findingView } from '../../findings/finding.ts';
import type { Finding } from '../../findings/finding.ts';
import { routeFindings } from '../../findings/route-findings.ts';
import type { Target } from '../../output/view.ts';
import { requireRoute, routesOfProject } from '../../routes/route-records.ts';
import type { RouteRecord } from '../../vault/records/kinds.ts';
import type { RouteCheck } from './declared.ts';

export const routeCheck: Run<RouteCheck> = async (context, { routes: args, env: environment, failOn }) => {
  const { root, project } = await context.place();
  const vault = await context.vault('look');
  const { findings, count } = await vault.look(async (view) => {
    if (environment !== null) view.requireEnvironment(environment);
    const chosen: RouteRecord[] = [];
    for (const given of args) chosen.push(...(await requireRoute(view, { root, cwd: context.io.cwd, project, given })));
    const all = args.length === 0 ? await routesOfProject(view, project) : chosen;
    const looked = all
      .filter((row) => environment === null || row.realm === environment)
      .toSorted((left, right) => (left.path < right.path ? -1 : 1));
    return { findings: await routeFindings(view, root, looked), count: looked.length };
  });
  if (findings.length === 0)
    context.say(
      count === 0 ? 'No route is registered. Register a file: knox route add FILE -e ENV' : 'No problems found.',
    );
  return {
    json: findings.map(findingView),
    draw: (target) => page(findings, target),
    exit: atLeast(findings, failOn ?? 'error').length > 0 ? 3 : 0,
  };
};

function page(findings: readonly Finding[], { isTerminal, style }: Target): string {
  if (!isTerminal) {
    return findings
      .map(({ severity, code, route, environment, message, hint }) =>
        [severity, code, printable(route ?? ''), environment ?? '', printable(message), printable(hint)].join('\t'),
      )
      .join('\n');
  }
  const lines: string[] = [];
  for (const [route, own] of Map.groupBy(findings, (one) => one.route ?? '')) {
    lines.push(style.heading(printable(route)));
    for (const { severity, code, environment, message, hint } of own) {
      const tone = severity === 'error' ? 'error' : 'warn';
      lines.push(`  ${style[tone](severity)} ${code} ${style.dim(environment ?? '')}`);
      lines.push(`    ${printable(message)}`, `    ${style.symbols.arrow} ${printable(hint)}`);
    }
  }
  return lines.join('\n');
}
