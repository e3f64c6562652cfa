/** `knox check`: everything that is wrong, or soon will be, each with what to type. Needs no key; with one, what is read is verified. */
import { UTC } from '../../domain/moments.ts';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { cannotCombine } from '../../errors.ts';
import { allFindings } from '../../findings/all-findings.ts';
import { parseBaseline } from '../../findings/baseline.ts';
import { atLeast, findingView } from '../../findings/finding.ts';
import type { Finding } from '../../findings/finding.ts';
import { githubText } from '../../output/github.ts';
import type { Located } from '../../output/located.ts';
import { ownVersion } from '../../output/version.ts';
import type { Target, View } from '../../output/view.ts';
import { baseOf } from '../../rotation/find-rotation.ts';
import { paragraph } from '../../terminal/walk-view.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { warnOfUnverified } from '../common/not-given.ts';
import { tellFindings } from '../common/notices.ts';
import { repositoryPaths } from '../common/repository-paths.ts';
import type { Check } from './declared.ts';

export const check: Run<Check> = async (context, given) => {
  const { names: args, baseline } = given;
  const failOn = given.failOn ?? 'error';
  const format = formatOf(context, given);
  const isKnown = baseline === null ? () => false : parseBaseline(await context.readFile(baseline), baseline);
  const { root, project } = await context.place();
  const vault = await context.vault('look');
  // What is sent, or in a program's format, is data.
  const moments = format === 'text' && !given.webhook ? context.moments(context.io.stdout) : UTC;
  const all = await vault.look(async (view) => {
    await warnOfUnverified(context, view);
    const names = new Set<string>();
    for (const name of args) {
      const base = await baseOf(view, name);
      names.add(base);
      for (const lineage of await view.getAcross('lineage', base)) for (const one of lineage.names) names.add(one);
    }
    const { findings } = await allFindings(view, { root, project, moments });
    return args.length === 0 ? findings : findings.filter(({ secret }) => secret !== null && names.has(secret));
  });
  const found = all.filter((one) => !isKnown(one));
  const known = all.length - found.length;
  if (known > 0) context.say(`${known} in ${printable(baseline!)}, not counted.`);
  if (found.length === 0) context.say(known > 0 ? 'No new problems.' : 'No problems found.');
  const exit = atLeast(found, failOn).length > 0 ? 3 : 0;
  const told = given.webhook ? await webhook(context, vault, found) : null;
  return { ...(await viewOf(context, found, format, root)), ...(told === null ? { exit } : { error: told }) };
};

/** @throws usage */
function formatOf({ isJson }: Context, { format }: Check): NonNullable<Check['format']> {
  const found = format ?? (isJson ? 'json' : 'text');
  if (isJson && found !== 'json') throw cannotCombine('--json', 'another --format');
  return found;
}

async function viewOf(
  context: Context,
  found: readonly Finding[],
  format: NonNullable<Check['format']>,
  folder: string,
): Promise<View> {
  const json = found.map(findingView);
  if (format === 'json') return { json, bytes: Buffer.from(`${JSON.stringify(json, null, 2)}\n`) };
  if (format === 'text') return { json, draw: (target) => page(found, target) };
  const { root, fromRoot } = await repositoryPaths(context, folder);
  const located = found.map((one) => {
    const place = locatedOf(one);
    return { ...place, file: place.file === null ? null : fromRoot(place.file) };
  });
  if (format === 'github') return { text: githubText(located) };
  const { sarifText } = await import('../../output/sarif.ts');
  return { text: await sarifText(located, ownVersion(), root) };
}

function locatedOf({ code, severity, message, hint, route, place }: Finding): Located {
  const file = route === null || route.startsWith('@') ? null : route;
  return { code, severity, message, hint, file, line: place?.line ?? null, column: place?.column ?? null };
}

/** Sends them, and says what nobody took: the report is printed all the same. */
async function webhook(context: Context, vault: Vault, found: readonly Finding[]): Promise<unknown> {
  const words = found.length === 1 ? '1 finding' : `${found.length} findings`;
  const worst = found.slice(0, 3).map(({ message }) => message);
  const text = found.length === 0 ? 'knox check: no problems found' : `knox check: ${words}. ${worst.join('; ')}`;
  return tellFindings(context, vault, { event: 'check', text, findings: found.map(findingView) });
}

function page(found: readonly Finding[], target: Target): string {
  if (!target.isTerminal) {
    return found
      .map(({ severity, code, secret, environment, route, message, hint }) =>
        [
          severity,
          code,
          secret ?? '',
          environment ?? '',
          printable(route ?? ''),
          printable(message),
          printable(hint),
        ].join('\t'),
      )
      .join('\n');
  }
  const { style } = target;
  const lines: string[] = [];
  for (const [secret, own] of Map.groupBy(found, (one) => one.secret ?? '')) {
    lines.push(secret === '' ? style.heading('The vault') : style.name(printable(secret)));
    for (const { severity, code, message, hint } of own) {
      const tone = severity === 'info' ? 'dim' : severity === 'error' ? 'error' : 'warn';
      lines.push(`  ${style[tone](severity)} ${code}`);
      lines.push(...paragraph(message, 4, target));
      // Not dim: it is what somebody types next.
      lines.push(...paragraph(`${style.symbols.arrow} ${hint}`, 4, target));
    }
    lines.push('');
  }
  const count = (severity: string, word: string) => {
    const number = found.filter((one) => one.severity === severity).length;
    return `${number} ${word}${number === 1 ? '' : 's'}`;
  };
  const total = [count('error', 'error'), count('warning', 'warning'), count('info', 'hint')].join(', ');
  if (found.length > 0) lines.push(total);
  return lines.join('\n');
}
