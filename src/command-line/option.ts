/**
 * What an option is, as data: its flags, its help, the words that it takes, and how its text is read. From it follow its type, the parser,
 * the help, completion, the manual page and docs/commands.md. A text is read once, here: a command gets values.
 */
import type { Choices } from '../domain/choices.ts';
import { either as orOf, oneOf, someOf } from '../domain/choices.ts';
import { errors } from '../errors.ts';

/** One line of the help. */
export interface OptionLine {
  /** As commander takes them: `-e, --env <env>`. */
  readonly flags: string;
  readonly about: string;
  /** Whether it may be given several times. */
  readonly isList?: boolean;
  /** The words that it takes, where these are a fixed set. */
  readonly choices?: Choices;
}

/** What the text of an option may be read by. */
export interface Reading {
  readonly now: Date;
  /** The option as somebody types it, for an error: `--every`. */
  readonly flag: string;
}

/** Reads one text. @throws usage, invalid_value */
export type Reader<Value> = (text: string, reading: Reading) => Value;
/** A reader is loaded only where its option was given: most commands are called with few. */
export type LazyReader<Value> = () => Promise<Reader<Value>>;

export interface Option<Value> {
  /** One, or two where a flag has its opposite. */
  readonly lines: readonly [OptionLine, ...OptionLine[]];
  /** It is stored in the clear, and may hold no credential. */
  readonly isStored: boolean;
  /** @param raw what commander gives: undefined, a boolean, a text or several @throws usage, invalid_value */
  readonly read: (raw: unknown, reading: Reading) => Promise<Value>;
}

/** A flag: whether it was given. */
export function flag(flags: string, about: string): Option<boolean> {
  return option({ flags, about }, async (raw) => raw === true);
}

/** `--no-NAME`: false where it was given, else true. */
export function unless(flags: string, about: string): Option<boolean> {
  return option({ flags, about }, async (raw) => raw !== false);
}

/** A flag and its opposite; null where neither was given, else the last one counts. */
export function either(on: [string, string], off: [string, string]): Option<boolean | null> {
  const [line, opposite] = [on, off].map(([flags, about]) => ({ flags, about })) as [OptionLine, OptionLine];
  return { lines: [line, opposite], isStored: false, read: async (raw) => (typeof raw === 'boolean' ? raw : null) };
}

/** Any text, as it was typed. */
export function text(flags: string, about: string): Option<string | null> {
  return option({ flags, about }, async (raw) => (typeof raw === 'string' ? raw : null));
}

/** What an option takes is stored in the clear, so that a credential in it is refused. */
export function stored<Value>(taken: Option<Value>): Option<Value> {
  return { ...taken, isStored: true };
}

/** A text that is read. */
export function parsed<Value>(
  flags: string,
  about: string,
  reader: LazyReader<Value>,
  more: Pick<OptionLine, 'choices'> = {},
): Option<Value | null> {
  return option({ flags, about, ...more }, async (raw, reading) =>
    typeof raw === 'string' ? (await reader())(raw, reading) : null,
  );
}

/** Given as often as one likes: the texts in their order. */
export function texts(flags: string, about: string): Option<readonly string[]> {
  return option({ flags, about, isList: true }, async (raw) => (Array.isArray(raw) ? (raw as string[]) : []));
}

/** The same, each text read. */
export function parsedEach<Value>(
  flags: string,
  about: string,
  reader: LazyReader<Value>,
  more: Pick<OptionLine, 'choices'> = {},
): Option<readonly Value[]> {
  return option({ flags, about, isList: true, ...more }, async (raw, reading) => {
    if (!Array.isArray(raw)) return [];
    const read = await reader();
    return (raw as string[]).map((one) => read(one, reading));
  });
}

/** Reads a text that may be left out: null is the option alone. */
export type OptionalReader<Value> = () => Promise<(text: string | null, reading: Reading) => Value>;

/** `--generate [length]`. */
export function optional<Value>(flags: string, about: string, reader: OptionalReader<Value>): Option<Value | null> {
  return option({ flags, about }, async (raw, reading) =>
    raw === true || typeof raw === 'string' ? (await reader())(raw === true ? null : raw, reading) : null,
  );
}

/** The same with its opposite: false where that was given. */
export function optionalOr<Value>(
  [flags, about]: [string, string],
  reader: OptionalReader<Value>,
  [offFlags, offAbout]: [string, string],
): Option<Value | false | null> {
  const { lines, read } = optional(flags, about, reader);
  return {
    lines: [lines[0], { flags: offFlags, about: offAbout }],
    isStored: false,
    read: async (raw, reading) => (raw === false ? false : read(raw, reading)),
  };
}

/** One of a fixed set of words. @throws usage for another */
export function word<const Word extends string>(
  flags: string,
  about: string,
  all: readonly Word[],
): Option<Word | null> {
  return option({ flags, about, choices: oneOf(all) }, async (raw, { flag: named }) =>
    typeof raw === 'string' ? oneOfWords(raw, all, named) : null,
  );
}

/** Some of a fixed set, separated by commas. @throws usage for another */
export function words<const Word extends string>(
  flags: string,
  about: string,
  all: readonly Word[],
): Option<readonly Word[] | null> {
  return option({ flags, about, choices: someOf(all) }, async (raw, { flag: named }) =>
    typeof raw === 'string' ? someOfWords(raw, all, named) : null,
  );
}

/** The same, given as often as one likes. @throws usage for another */
export function manyWords<const Word extends string>(
  flags: string,
  about: string,
  all: readonly Word[],
): Option<readonly Word[]> {
  return option({ flags, about, isList: true, choices: someOf(all) }, async (raw, { flag: named }) =>
    (Array.isArray(raw) ? (raw as string[]) : []).flatMap((one) => someOfWords(one, all, named)),
  );
}

/** A duration, in seconds. @throws usage */
export function duration(flags: string, about: string): Option<number | null> {
  return parsed(flags, about, async () => (await import('../domain/duration.ts')).parseDuration);
}

/** Names separated by commas. @throws usage where a place is empty, or a name stands twice */
export function names(flags: string, about: string): Option<readonly string[] | null> {
  return parsed(flags, about, async () => (await import('../domain/environment-name.ts')).parseNames);
}

/** The option of every command that works on one environment. */
export const ENVIRONMENT = text('-e, --env <env>', 'the environment');

/** The option of every command that gives values out. */
export const USE_LOG = text(
  '--use-log <file>',
  'record uses in this file instead of the vault (default: KNOX_USE_LOG)',
);

/** As somebody types it: the short form where there is one. */
export function typedFlag({ lines }: Option<unknown>): string {
  return lines[0].flags.split(/[ ,]/)[0]!;
}

export function longFlag({ flags }: OptionLine): string {
  return flags.split(/[ ,]+/).find((part) => part.startsWith('--')) ?? flags;
}

/** The name under which commander keeps what was given: `--dry-run` is `dryRun`, `--no-rekey` is `rekey`. */
export function attributeOf({ lines }: Option<unknown>): string {
  return longFlag(lines[0])
    .replace(/^--(no-)?/, '')
    .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function option<Value>(line: OptionLine, read: Option<Value>['read']): Option<Value> {
  return { lines: [line], isStored: false, read };
}

function someOfWords<Word extends string>(given: string, all: readonly Word[], named: string): Word[] {
  return given.split(',').map((one) => oneOfWords(one.trim(), all, named));
}

function oneOfWords<Word extends string>(given: string, all: readonly Word[], named: string): Word {
  const found = all.find((one) => one === given);
  // What was typed may be a value that landed here by mistake: it is not repeated.
  if (found === undefined) throw errors.usage(`${named} takes ${orOf(all)}`, `for example ${named} ${all.at(-1)}`);
  return found;
}
