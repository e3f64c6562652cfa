/** What `knox scan` shows. */
import type { Context } from '../../context.ts';
import type { SCAN_FORMATS } from '../../domain/choices.ts';
import { printable } from '../../domain/printable.ts';
import { errors } from '../../errors.ts';
import { ownVersion } from '../../output/version.ts';
import type { Located } from '../../output/located.ts';
import type { Target, View } from '../../output/view.ts';
import type { Leak, Leaks } from '../../scan/leaks.ts';
import { repositoryPaths } from '../common/repository-paths.ts';
import type { Sought } from '../../scan/values.ts';

export type ScanFormat = (typeof SCAN_FORMATS)[number];

export interface Scanned {
  readonly leaks: Leaks;
  readonly sought: Sought;
  readonly format: ScanFormat | null;
  readonly isStaged: boolean;
  /** What paths are relative to. */
  readonly root: string;
}

export async function scanView(context: Context, { leaks, sought, format, isStaged, root }: Scanned): Promise<View> {
  const all = leaks.all;
  if (all.length > 0) context.onClose(() => context.say(`\n${whatToDo(all, isStaged)}`));
  const exit = all.length > 0 ? 3 : undefined;
  const rest = exit === undefined ? incompleteOf(leaks) : { exit };
  if (all.length === 0 && leaks.unreadCount === 0 && sought.patterns.length > 0) {
    const values = sought.owners.length - sought.tooShort.length;
    context.say(`Nothing found: ${counted(values, 'value')}, ${counted(leaks.searched, 'file')}.`);
  }
  if (format !== null) return { text: await formatted(context, format, all, { isStaged, root }), ...rest };
  return { json: all.map(entryOf), draw: (target) => page(all, target), ...rest };
}

/** The JSON of a place. */
function entryOf({ secret, environment, key, form, file, line, column, commit, authoredAt }: Leak) {
  const place = { form, file, line, column, commit, authoredAt };
  if (key !== null) return { code: 'plaintext', severity: 'error', secret: null, environment: null, key, ...place };
  return { code: 'plaintext', severity: 'error', secret, environment, ...place };
}

function incompleteOf(leaks: Leaks): Pick<View, 'error'> {
  if (leaks.unreadCount === 0) return {};
  const what =
    leaks.searched === 0 ? 'nothing could be searched' : 'nothing was found, but not everything was searched';
  return { error: errors.incomplete(what, ...(leaks.cure === null ? [] : [leaks.cure])) };
}

async function formatted(
  context: Context,
  format: ScanFormat,
  all: readonly Leak[],
  { isStaged, root: folder }: Pick<Scanned, 'isStaged' | 'root'>,
): Promise<string> {
  const { root, fromRoot } = await repositoryPaths(context, folder);
  // What is in the history or staged is named from there already.
  const isFromRoot = ({ commit }: Leak): boolean => isStaged || commit !== null;
  const located = all.map((leak) =>
    locatedOf(isFromRoot(leak) ? leak : { ...leak, file: fromRoot(leak.file) }, command(leak)),
  );
  if (format === 'github') return (await import('../../output/github.ts')).githubText(located);
  return (await import('../../output/sarif.ts')).sarifText(located, ownVersion(), root);
}

function locatedOf(leak: Leak, hint: string): Located {
  const { secret, environment, key, form, file, line, column, commit } = leak;
  const where = environment === null ? '' : ` for ${environment}`;
  const when = commit === null ? '' : ` in commit ${commit}`;
  return {
    code: 'plaintext',
    severity: 'error',
    message: `${key === null ? `the value of ${secret}${where}` : nameOf(leak)} stands here (${form})${when}`,
    hint,
    file,
    line,
    column,
  };
}

function page(all: readonly Leak[], { isTerminal, style, moments }: Target): string {
  if (!isTerminal) {
    return all
      .map((leak) => {
        const { file, line, column, environment, form, commit } = leak;
        return [`${printable(file)}:${line}:${column}`, nameOf(leak), form, environment ?? '', commit ?? ''].join('\t');
      })
      .join('\n');
  }
  const lines: string[] = [];
  for (const own of Map.groupBy(all, ({ commit, file }) => `${commit}\0${file}`).values()) {
    const { file, commit, authoredAt } = own[0]!;
    lines.push(style.heading(printable(file)));
    if (commit !== null)
      lines.push(
        style.dim(`  commit ${commit.slice(0, 12)} of ${authoredAt === null ? '?' : moments.day(authoredAt)}`),
      );
    for (const leak of own) {
      const { line, column, environment, form } = leak;
      const name = style.name(nameOf(leak));
      lines.push(
        `  ${style.error(`${line}:${column}`)}  ${name} ${style.dim([environment, form].filter((word) => word !== null).join(', '))}`,
      );
    }
  }
  return lines.join('\n');
}

/** One rotation for each lineage. */
function whatToDo(all: readonly Leak[], isStaged: boolean): string {
  const byBase = [...Map.groupBy(all, ({ base }) => base).values()];
  const lines = byBase.map((own) => `  ${command(own[0]!)}`);
  const hint = isStaged
    ? 'Remove it from the staged changes. If it was ever pushed or shared:'
    : 'Whoever can read these files has the secret. Rotate it:';
  return `${counted(all.length, 'place')}, ${counted(byBase.length, 'secret')}. ${hint}\n${lines.join('\n')}`;
}

/** A secret's name, or which key of the vault it is. */
function nameOf({ secret, key }: Leak): string {
  return key === null ? secret : `the key "${printable(secret)}" of the vault`;
}

function command({ secret, key, file }: Leak): string {
  if (key !== null) return `knox key remove ${key}, once there is another: knox key add --key-file FILE`;
  return `knox rotate ${secret} --compromised --reason ${quoted(`found in ${printable(file)}`)}`;
}

/** For a shell: in double quotes where nothing in it means something there. */
function quoted(text: string): string {
  return /^[A-Za-z0-9 _./:,@%+=-]*$/.test(text) ? `"${text}"` : `'${text.replaceAll("'", () => `'\\''`)}'`;
}

function counted(count: number, word: string): string {
  const grouped = String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${grouped} ${word}${count === 1 ? '' : 's'}`;
}
