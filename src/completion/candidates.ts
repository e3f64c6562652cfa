/**
 * What may stand where somebody presses TAB: read off the command table, and, where a name of the vault is meant, asked for from there.
 * Words are those of the shell, without the program's own; the last one is the word that is being typed, maybe empty.
 */
import type { CommandSpec } from '../command-line/command.ts';
import type { OptionLine } from '../command-line/option.ts';
import type { Candidate, Names } from './names.ts';
import { valuesFor } from './values.ts';

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell adds of its own: names of files, or of programs. */
  readonly also: 'files' | 'commands' | null;
}

export interface Table {
  readonly commands: readonly CommandSpec[];
  readonly globals: readonly OptionLine[];
}

const NOTHING: Completion = { candidates: [], also: null };
const HELP: OptionLine = { flags: '--help', about: 'show help for the command' };

export async function complete(table: Table, words: readonly string[], names: Names): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const line = readLine(table, words.slice(0, -1));
  if (line.isForeign) return { candidates: [], also: line.rest.length === 0 ? 'commands' : 'files' };
  const isValue = line.pending !== null && (line.pending.flags.includes('<') || !current.startsWith('-'));
  if (isValue) return values(line.pending, current, line, names);
  if (!line.isEnded && current.startsWith('-')) {
    const [flag, typed] = split(current, '=');
    if (typed === null) return { candidates: optionsFor(line, current), also: null };
    const option = optionOf(line.options, flag);
    if (option === undefined) return NOTHING;
    const found = await values(option, typed, line, names);
    return { ...found, candidates: found.candidates.map((one) => ({ ...one, text: `${flag}=${one.text}` })) };
  }
  const verbs = line.rest.length === 0 && !line.isEnded ? nextWords(table, line, current) : [];
  const argument = line.spec === null ? undefined : argumentAt(line.spec, line.rest.length);
  if (argument === undefined) return { candidates: verbs, also: null };
  const own = await values({ flags: argument, about: '' }, current, line, names);
  return { candidates: [...verbs, ...own.candidates], also: own.also };
}

interface Line {
  /** The words of the command so far. */
  readonly path: readonly string[];
  /** Null until they are a whole one. */
  readonly spec: CommandSpec | null;
  readonly options: readonly OptionLine[];
  /** Arguments before the word that is being typed. */
  readonly rest: readonly string[];
  /** Options that were given, by their long name. */
  readonly given: ReadonlySet<string>;
  /** The option whose value is being typed. */
  readonly pending: OptionLine | null;
  /** Behind `--`. */
  readonly isEnded: boolean;
  /** Whether the words belong to another program by now. */
  readonly isForeign: boolean;
}

function readLine(table: Table, words: readonly string[]): Line {
  const path: string[] = [];
  const rest: string[] = [];
  const given = new Set<string>();
  let pending = null as OptionLine | null;
  let isEnded = false;
  const specOf = () => table.commands.find((spec) => spec.path === path.join(' ')) ?? null;
  const optionsOf = () => [...(specOf()?.options ?? []), ...table.globals];
  for (const word of words[0] === 'help' ? words.slice(1) : words) {
    // A value that may be left out is not there where an option follows.
    const isTaken: boolean = pending !== null && (pending.flags.includes('<') || !word.startsWith('-'));
    pending = null;
    if (isTaken) continue;
    if (isEnded) rest.push(word);
    else if (word === '--') isEnded = true;
    else if (word.startsWith('-') && word !== '-') {
      const [flag, typed] = split(word, '=');
      const option = optionOf(optionsOf(), flag);
      if (option === undefined) continue;
      given.add(longOf(option));
      if (typed === null && /[<[]/.test(option.flags)) pending = option;
    } else if (rest.length === 0 && isPath(table, [...path, word])) path.push(word);
    else rest.push(word);
  }
  const spec = specOf();
  const isForeign = spec?.passThrough === true && (isEnded || rest.length > 0);
  return { path, spec, options: optionsOf(), rest, given, pending, isEnded, isForeign };
}

function isPath({ commands }: Table, words: readonly string[]): boolean {
  const start = words.join(' ');
  return commands.some(({ path }) => path === start || path.startsWith(`${start} `));
}

/** The first words of commands, or the verbs of a group. */
function nextWords({ commands }: Table, { path }: Line, current: string): Candidate[] {
  const found = new Map<string, string>();
  for (const spec of commands) {
    const words = spec.path.split(' ');
    const next = words[path.length];
    if (next === undefined || !path.every((word, index) => words[index] === word)) continue;
    const verbs = commands.filter((one) => one.path.startsWith(`${[...path, next].join(' ')} `));
    const about =
      words.length === path.length + 1 ? spec.summary : verbs.map((one) => one.path.split(' ').at(-1)).join(', ');
    if (!found.has(next)) found.set(next, about);
  }
  return [...found].filter(([text]) => text.startsWith(current)).map(([text, about]) => ({ text, about }));
}

function optionsFor({ options, given }: Line, current: string): Candidate[] {
  return [...options, HELP]
    .filter((line) => line.isList === true || !given.has(longOf(line)))
    .flatMap(({ flags, about }) =>
      flags
        .split(/[ ,]+/)
        .filter((flag) => flag.startsWith('--') || current === '-')
        .filter((flag) => flag.startsWith('-') && flag.startsWith(current))
        .map((text) => ({ text, about })),
    );
}

function optionOf(options: readonly OptionLine[], flag: string): OptionLine | undefined {
  return options.find(({ flags }) => flags.split(/[ ,]+/).includes(flag));
}

function longOf({ flags }: OptionLine): string {
  return flags.split(/[ ,]+/).find((flag) => flag.startsWith('--')) ?? flags;
}

function argumentAt({ arguments: declared }: CommandSpec, index: number): string | undefined {
  const last = declared.at(-1);
  return declared[index] ?? (last?.includes('...') === true ? last : undefined);
}

/** @param what an option's flags, or an argument as it is declared */
async function values(line: OptionLine, typed: string, { path }: Line, names: Names): Promise<Completion> {
  const kind = /[<[]([^\]>]+)[\]>]/.exec(line.flags)?.[1]?.replace(/(?<!,)\.\.\.$/, '') ?? '';
  const flag = line.flags.startsWith('-') ? longOf(line) : null;
  const { list, also, separator } = valuesFor(kind, { command: path.join(' '), flag }, line.choices);
  const cut = separator === null ? 0 : typed.lastIndexOf(separator) + 1;
  const before = typed.slice(0, cut);
  if (separator === '=' && cut === 0) return NOTHING;
  const found = await list(names, typed.slice(cut));
  const taken = new Set(before.split(','));
  return {
    candidates: found
      .filter(({ text }) => text.startsWith(typed.slice(cut)) && !taken.has(text))
      .map(({ text, about }) => ({ text: before + text, about })),
    also,
  };
}

function split(text: string, sign: string): [string, string | null] {
  const at = text.indexOf(sign);
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
