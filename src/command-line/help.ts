/**
 * What knox says of itself, drawn from the declarations. Loaded only where somebody asks for it. A page is drawn for a width of at most 120
 * columns; only an example, which is to be copied, is never broken.
 */
import type { CommandSpec } from './command.ts';
import type { OptionLine } from './option.ts';
import { TASKS } from './task.ts';
import type { Task } from './task.ts';

export interface HelpTable {
  readonly commands: readonly CommandSpec[];
  readonly globals: readonly OptionLine[];
}

/** A term and what it is. */
export type Row = readonly [term: string, about: string];

export const DESCRIPTION =
  'knox keeps secrets in an encrypted vault and rotates them without downtime: the new value beside the old one, step by step, with proof at the end.';

/** A newcomer's first three. */
const FIRST_STEPS: readonly Row[] = [
  ['knox demo', 'watch a whole rotation in a temporary folder'],
  ['knox init', 'make a vault in this folder'],
  ['knox import .env -e ENV', 'store the values of a .env file'],
];

const EVERY_DAY = ['add', 'get', 'list', 'run', 'route add', 'rotate', 'status', 'check'];

/** Words under which commands stand and that are no command themselves. */
export const GROUPS: Readonly<Record<string, string>> = {
  env: 'the environments of the vault',
  key: 'keys: who can open the vault',
  route: 'routes: config files that use secrets',
  source: "where a secret's new values come from",
  setting: 'vault-wide settings',
  notify: 'send notifications to a webhook or command',
  report: 'report what other systems saw',
};

const HELP_OPTION: Row = ['-h, --help', 'show this help'];

/** `knox` alone: fits a terminal of 24 lines of 80 columns. */
export function firstScreen({ commands }: HelpTable, width: number): string {
  const everyDay = EVERY_DAY.map((path): Row => [path, commands.find((spec) => spec.path === path)!.summary]);
  return page(
    wrap(DESCRIPTION, width),
    ['Usage: knox COMMAND [options]'],
    ['Start here:', ...rows(FIRST_STEPS, width)],
    ['Every day:', ...rows(everyDay, width)],
    rows(
      [
        ['knox help', 'all commands, by task'],
        ['knox help COMMAND', 'what a command does and takes, with examples'],
        ['man knox', 'all of it on one page'],
      ],
      width,
      '',
    ),
  );
}

/** `knox help`: every command, by task. */
export function overview({ commands, globals }: HelpTable, width: number): string {
  const column = Math.max(...commands.map(({ path }) => path.length));
  const names = globals.map(({ flags }) => flags.split(' ')[0]!);
  return page(
    ['Usage: knox COMMAND [options]'],
    ...tasksOf(commands).map(({ title, specs }) => [
      `${title}:`,
      ...rows(
        specs.map(({ path, summary }) => [path, summary]),
        width,
        '  ',
        column,
      ),
    ]),
    wrap(`Every command takes: ${names.join(', ')}.`, width),
    rows(
      [
        ['knox help COMMAND', 'what a command does and takes, with examples'],
        ['knox --version', 'the version'],
      ],
      width,
      '',
    ),
  );
}

/** `knox help COMMAND`, for a command or for a word under which commands stand. */
export function helpFor(path: string, { commands, globals }: HelpTable, width: number): string {
  const spec = commands.find((one) => one.path === path);
  const below = commands.filter((one) => one.path.startsWith(`${path} `));
  const verbs = below.map((one): Row => [`knox ${one.path}`, one.summary]);
  const commandRows = verbs.length === 0 ? [] : ['Commands:', ...rows(verbs, width)];
  if (spec === undefined) {
    return page([`Usage: knox ${path} COMMAND [options]`], wrap(sentence(GROUPS[path] ?? path), width), commandRows, [
      `knox help ${below[0]?.path ?? path}   what one of them takes, with examples`,
    ]);
  }
  const { usage, summary, options, examples } = shown(spec);
  const own = new Set(spec.options.map(longOf));
  const others = globals.filter((line) => !own.has(longOf(line))).map(shownOption);
  return page(
    wrap(`Usage: ${usage}`, width),
    wrap(summary, width),
    commandRows,
    options.length === 0 ? [] : ['Options:', ...rows(options, width)],
    ['Global options:', ...rows([...others, HELP_OPTION], width)],
    examples.length === 0 ? [] : ['Examples:', ...examples.map((line) => `  ${line}`)],
  );
}

/** A command in words, as every page about it says them. */
export interface Shown {
  readonly path: string;
  /** `knox add [NAME] [options]` */
  readonly usage: string;
  /** A sentence. */
  readonly summary: string;
  readonly options: readonly Row[];
  readonly examples: readonly string[];
}

export function shown(spec: CommandSpec): Shown {
  const words = [
    'knox',
    spec.path,
    ...(spec.passThrough ? ['[options]', '--'] : []),
    ...spec.arguments.map(placeholder),
  ];
  return {
    path: spec.path,
    usage: [...words, ...(spec.passThrough ? [] : ['[options]'])].join(' '),
    summary: sentence(spec.summary),
    options: spec.options.map(shownOption),
    examples: spec.examples,
  };
}

export function shownOption({ flags, about, isList }: OptionLine): Row {
  return [placeholder(flags), isList === true ? `${about} (repeatable)` : about];
}

/** The same for pages of all commands. */
export function shownTasks(commands: readonly CommandSpec[]): { title: string; commands: readonly Shown[] }[] {
  return tasksOf(commands).map(({ title, specs }) => ({ title, commands: specs.map(shown) }));
}

/** The tasks in their order, each with its commands in the order of the table. */
function tasksOf(commands: readonly CommandSpec[]): { title: string; specs: readonly CommandSpec[] }[] {
  return (Object.keys(TASKS) as Task[]).map((task) => ({
    title: TASKS[task],
    specs: commands.filter((spec) => spec.task === task),
  }));
}

/** `<env>` as the help says it: ENV; `[length]` stays in brackets, since it may be left out. */
function placeholder(notation: string): string {
  return notation
    .replaceAll(/<([^>]+)>/g, (_, word: string) => word.toUpperCase())
    .replaceAll(/\[([^\]]+)\]/g, (_, word: string) => `[${word.toUpperCase()}]`);
}

function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

function longOf({ flags }: OptionLine): string {
  return flags.split(/[ ,]+/).find((part) => part.startsWith('--')) ?? flags;
}

/** Paragraphs with a line between them; empty ones are left out. */
function page(...parts: readonly (readonly string[])[]): string {
  const filled = parts.filter((part) => part.length > 0);
  return `${filled.map((part) => part.join('\n')).join('\n\n')}\n`;
}

/** Longer terms have a line of their own, so that one of them does not take the room of all. */
const WIDEST_TERM = 26;

function rows(all: readonly Row[], width: number, indent = '  ', least = 0): string[] {
  const lengths = all.map(([term]) => term.length).filter((length) => length <= WIDEST_TERM);
  const column = Math.max(least, ...lengths);
  const before = ' '.repeat(indent.length + column + 2);
  return all.flatMap(([term, about]) => {
    const [first = '', ...more] = wrap(about, width - before.length);
    const rest = more.map((line) => before + line);
    return term.length > column
      ? [indent + term, before + first, ...rest]
      : [`${indent}${term.padEnd(column)}  ${first}`, ...rest];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
