/** Reads the command line by the table in `command-table.ts`: what was given, as one record, and what does it, which is loaded when it is run. */
import { Command, Option } from 'commander';
import type { CommandSpec, Ready } from './command-line/command.ts';
import { longFlag } from './command-line/option.ts';
import type { OptionLine } from './command-line/option.ts';
import { COMMANDS } from './command-table.ts';
import type { GlobalOptions, OutputStream } from './session.ts';
import { someOf } from './domain/choices.ts';
import { FORCEABLE } from './domain/guards.ts';
import type { KnoxError } from './errors.ts';

export interface Parsed extends Ready {
  readonly globals: GlobalOptions;
}

export const GLOBAL_OPTIONS: readonly OptionLine[] = [
  { flags: '--vault <file>', about: 'the vault to use (default: KNOX_VAULT, else the nearest .knox folder)' },
  { flags: '--key-file <file>', about: 'the key file that unlocks it (default: KNOX_KEY_FILE)' },
  { flags: '--json', about: 'print one JSON document' },
  { flags: '--yes', about: 'answer yes to every confirmation' },
  {
    flags: '--force [guard,...]',
    about: `override these guards; needs --reason: ${FORCEABLE.join(', ')}`,
    choices: someOf(FORCEABLE),
  },
  { flags: '--reason <text>', about: 'why, for the audit log' },
  { flags: '--no-color', about: 'print no colours' },
];

/** Help that was asked for, or, with an error, what belongs to a command line that says too little. */
export interface Help {
  readonly help: string;
  readonly error?: KnoxError;
}

/** @returns what is to be called, or a text. @throws usage */
export async function parseArguments(
  argv: readonly string[],
  io: { readonly stdout: OutputStream; readonly now: () => Date },
): Promise<Parsed | Help> {
  // Asked by the scripts of shells at each TAB: what is typed there is theirs to judge, and no command line yet.
  if (argv[0] === COMPLETE) {
    const { completing } = await import('./commands/tools/completion.ts');
    const given = { words: argv.slice(argv[1] === '--' ? 2 : 1) };
    const complete = completing({ commands: COMMANDS, globals: GLOBAL_OPTIONS });
    return { given, run: (context) => complete(context, given), globals: {} };
  }
  const words = wordsOf(argv);
  if (words.length === 0 || HELP.has(words[0]!)) return { help: await helpOf(null, io) };
  if (words[0] === 'help') return { help: await helpOf('help', io) };
  const missing = await refuseUnknown(words);
  if (missing !== null) return { help: await helpOf(words[0]!, io), error: missing };
  let chosen: Parsed | null = null;
  let asked: string | null = null;
  const program = new Command('knox')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .configureHelp({ formatHelp: (about) => ((asked = pathOf(about)), '') })
    .showSuggestionAfterError(true)
    .enablePositionalOptions();
  if (words[0]!.startsWith('-')) program.option('-V, --version');
  for (const spec of COMMANDS) {
    if (isCommandWord(words[0]!) && spec.path.split(' ')[0] !== words[0]) continue;
    declare(program, spec, async (args, values) => {
      const { vault, keyFile, json, color, yes, force, reason } = values as GlobalOptions;
      // A command to which key files are given as well has them as its own option.
      const given = { vault, keyFile: Array.isArray(keyFile) ? undefined : keyFile, json, color, yes, force, reason };
      const globals = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      // Whatever the command is, a reason is recorded as it stands.
      if (reason !== undefined) (await import('./domain/refuse-literal.ts')).refuseLiteral('--reason', reason);
      chosen = { ...(await spec.read(args, values, { now: io.now() })), globals };
    });
  }
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    const { code } = error as { code?: unknown };
    // What is left of a line with --version, which the launcher answers, asks for nothing.
    if (code === 'commander.helpDisplayed' || code === 'commander.help') return { help: await helpOf(asked, io) };
    if (typeof code !== 'string' || !code.startsWith('commander.')) throw error;
    const { parsingError } = await import('./command-line-errors.ts');
    throw parsingError(code, (error as Error).message, words);
  }
  return chosen ?? { help: await helpOf(null, io) };
}

/** The line as commander gets it: global options behind the command, and help for one command in one form. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const words = hoistGlobals(argv);
  if (words[0] !== 'help') return words;
  const about = words.slice(1).filter((word) => !word.startsWith('-') && word !== 'help');
  return about.length === 0 ? ['help'] : [...about, '--help'];
}

/** @param path a command or a group; `help` for all of them; null for where to start */
async function helpOf(path: string | null, io: { readonly stdout: OutputStream }): Promise<string> {
  const { firstScreen, helpFor, overview } = await import('./command-line/help.ts');
  const table = { commands: COMMANDS, globals: GLOBAL_OPTIONS };
  const width = Math.max(40, Math.min(io.stdout.columns || 80, 120));
  if (path === null || path === '') return firstScreen(table, width);
  return path === 'help' ? overview(table, width) : helpFor(path, table, width);
}

/** The words that a command was declared under; empty for the program's own. */
function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}

/** @returns the error where a word stands alone under which commands stand. @throws usage where there is no such command */
async function refuseUnknown(words: readonly string[]): Promise<KnoxError | null> {
  const [first = '', second = ''] = words;
  const paths = COMMANDS.map(({ path }) => path);
  const isGroup = isGroupWord(first);
  const isKnown = isGroup ? HELP.has(second) || paths.includes(`${first} ${second}`) : isCommandWord(first);
  const isOption = first.startsWith('-');
  if (isKnown || (isOption && !isGlobal(first))) return null;
  const { commandMissing, unknownCommand } = await import('./command-line-errors.ts');
  if (isOption) throw commandMissing(null);
  if (!isGroup) throw unknownCommand(first, null);
  if (second === '' || second.startsWith('-')) return commandMissing(first);
  throw unknownCommand(second, first);
}

const COMPLETE = '__complete';
const HELP: ReadonlySet<string> = new Set(['--help', '-h']);

function isCommandWord(word: string): boolean {
  return COMMANDS.some(({ path }) => path.split(' ')[0] === word);
}

function isGlobal(word: string): boolean {
  return GLOBAL_OPTIONS.some(({ flags }) => flags.split(' ')[0] === word.split('=')[0]);
}

/** Whether commands stand under the word, which is none itself. */
function isGroupWord(word: string): boolean {
  return COMMANDS.some(({ path }) => path.startsWith(`${word} `)) && COMMANDS.every(({ path }) => path !== word);
}

/** The word that says which command it is, also behind global options. */
export function commandWord(argv: readonly string[]): string | undefined {
  return hoistGlobals(argv).find((word) => !word.startsWith('-'));
}

/** Global options may stand before the command too, and within it: they are moved behind it, where every command declares them. */
function hoistGlobals(words: readonly string[]): string[] {
  const first = takeGlobals(words);
  const isGroup = first.rest[0] !== undefined && isGroupWord(first.rest[0]);
  const second = takeGlobals(first.rest.slice(1));
  const rest = isGroup && second.rest.length > 0 ? [first.rest[0]!, ...second.rest] : first.rest;
  const moved = isGroup && second.rest.length > 0 ? [...first.taken, ...second.taken] : first.taken;
  const split = rest.indexOf('--');
  return split === -1 ? [...rest, ...moved] : [...rest.slice(0, split), ...moved, ...rest.slice(split)];
}

/** The global options, with their values, that stand at the beginning. */
function takeGlobals(words: readonly string[]): {
  readonly taken: readonly string[];
  readonly rest: readonly string[];
} {
  const valued = new Set(GLOBAL_OPTIONS.filter(({ flags }) => /[<[]/.test(flags)).map(longFlag));
  const single = new Set(GLOBAL_OPTIONS.filter(({ flags }) => !/[<[]/.test(flags)).map(longFlag));
  let at = 0;
  while (at < words.length) {
    const word = words[at]!;
    if (single.has(word) || (valued.has(word.split('=')[0]!) && word.includes('='))) at += 1;
    else if (valued.has(word) && at + 1 < words.length) at += 2;
    else break;
  }
  return { taken: words.slice(0, at), rest: words.slice(at) };
}

function declare(
  program: Command,
  spec: CommandSpec,
  chosen: (args: string[], values: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  const [group, verb] = spec.path.split(' ') as [string, string | undefined];
  let parent = program;
  let name = group;
  if (verb !== undefined) {
    parent = program.commands.find((command) => command.name() === group) ?? program.command(group).helpCommand(false);
    name = verb;
  }
  const hasGroup = verb === undefined && program.commands.some((command) => command.name() === group);
  const command = hasGroup ? program.commands.find((candidate) => candidate.name() === group)! : parent.command(name);
  // An option behind a verb belongs to the verb, where the group is a command of its own (`audit verify --json`).
  command.allowExcessArguments(false).enablePositionalOptions();
  if (spec.passThrough) command.passThroughOptions();
  for (const argument of spec.arguments) command.argument(argument);
  for (const { flags, isList } of spec.options) {
    const option = new Option(flags);
    if (isList === true) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  const own = new Set(spec.options.map(longFlag));
  for (const line of GLOBAL_OPTIONS) if (!own.has(longFlag(line))) command.addOption(new Option(line.flags));
  command.action(async () => {
    refuseSwallowed(command);
    await chosen(command.args, command.opts());
  });
}

/** Another option stands where the value of one was left out: `-e --json`. */
function refuseSwallowed(command: Command): void {
  const flags = new Set(command.options.flatMap(({ short, long }) => [short, long]));
  for (const option of command.options) {
    const given: unknown = command.opts()[option.attributeName()];
    const values: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (option.required && values.some((value) => typeof value === 'string' && flags.has(value)))
      command.error(`option '${option.flags}' argument missing`, { code: 'commander.optionMissingArgument' });
  }
}
