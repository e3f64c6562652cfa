/** Reading a file of names and values: one format a reader, every problem with its line. No message ever holds a value. */
import type { IMPORT_FORMATS } from '../domain/choices.ts';
import type { WarningCode } from '../domain/reference/warnings.ts';
import { decodeText } from './decode-text.ts';
import { readDotenv } from './read-dotenv.ts';
import { readTree } from './read-tree.ts';
import { foreignFile, foreignValue } from '../domain/foreign-value.ts';
import type { Foreign } from '../domain/foreign-value.ts';
import { nameText } from './name-text.ts';
import type { ReadEntry } from './entries.ts';
import { readDifferently } from '../templates/template.ts';
import { errors } from '../errors.ts';

export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface ReadOptions {
  readonly format: ImportFormat;
  readonly file: string;
  readonly prefix: string;
  /** What stands between the names of nested objects, or null where they are refused. */
  readonly flatten: string | null;
  readonly expand: boolean;
  readonly skipEmpty: boolean;
  readonly warn: (code: WarningCode, message: string) => void;
}

/** What a file is to be read as: what was given, else by its name. */
export function importFormat(given: ImportFormat | null, file: string): ImportFormat {
  const ending = /\.(json|ya?ml)$/i.exec(file)?.[1]?.toLowerCase();
  return given ?? (ending === undefined ? 'dotenv' : ending === 'json' ? 'json' : 'yaml');
}

/** @throws invalid_value listing every line that is wrong: what cannot be read, names that stand twice, empty values */
export async function readValues(bytes: Uint8Array, options: ReadOptions): Promise<ReadEntry[]> {
  refuseForeignFile(bytes, options.file);
  const text = decodeText(bytes, options.file);
  const { entries, problems, doubtful } =
    options.format === 'dotenv' ? readDotenv(text) : { ...(await readTree(text, options.flatten)), doubtful: [] };
  refuseForeign(entries, text, options.file);
  const seen = new Map<string, number>();
  const kept: ReadEntry[] = [];
  const all = [...problems];
  for (const entry of entries) {
    const { name, value, line } = entry;
    const before = seen.get(name);
    seen.set(name, line);
    if (before !== undefined) all.push({ line, message: `repeats ${nameText(name)} from line ${before}` });
    else if (value !== '') kept.push(entry);
    else if (!options.skipEmpty)
      all.push({ line, message: `has no value for ${nameText(name)} (--skip-empty skips it)` });
  }
  if (all.length > 0) {
    const lines = all
      .toSorted((left, right) => left.line - right.line)
      .map(({ line, message }) => `${options.file}:${line} ${message}`);
    throw errors.invalid_value(lines.join('\n'), 'nothing was imported');
  }
  // What the file calls its names is what its values and its reader know.
  const called = (some: readonly ReadEntry[]) => some.map((entry) => ({ ...entry, name: options.prefix + entry.name }));
  if (options.expand) return called(expanded(kept, options.file));
  for (const { code, message } of readDifferently(options.file, doubtful)) options.warn(code, message);
  warnOfVariables(kept, options);
  return called(kept);
}

/** @throws invalid_value naming the tool */
function refuseForeignFile(bytes: Uint8Array, file: string): void {
  const foreign = foreignFile(bytes);
  if (foreign !== null) throw errors.invalid_value(`${file} is ${foreign.what}`, ...foreignHints(foreign, file));
}

/** @throws invalid_value listing every line, with the tool */
function refuseForeign(entries: readonly ReadEntry[], text: string, file: string): void {
  const found = entries.flatMap(({ name, value, line }) => {
    const foreign = foreignValue(value);
    return foreign === null ? [] : [{ foreign, text: `${file}:${line} ${nameText(name)} is ${foreign.what}` }];
  });
  const [first] = found;
  if (first !== undefined)
    throw errors.invalid_value(found.map((one) => one.text).join('\n'), ...foreignHints(first.foreign, file));
  const sops = /\bENC\[AES256_GCM,/.exec(text);
  if (sops === null) return;
  const line = text.slice(0, sops.index).split('\n').length;
  const foreign = foreignValue(text.slice(sops.index))!;
  throw errors.invalid_value(`${file}:${line} is ${foreign.what}`, ...foreignHints(foreign, file));
}

function foreignHints({ command, hint }: Foreign, file: string): string[] {
  const typed = command === undefined ? [] : [`${command.replace('FILE', () => file)} | knox import - -e ENV`];
  return [...typed, ...(hint === undefined ? [] : [hint]), 'nothing was imported'];
}

const VARIABLE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

/** Other readers would put something in: `${NAME}` and, where the file has that name, `$NAME`. */
function warnOfVariables(entries: readonly ReadEntry[], { file, warn }: ReadOptions): void {
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, value, line, isLiteral } of entries) {
    if (isLiteral === true) continue;
    const found = [...value.matchAll(VARIABLE)].find(([, braced, bare]) => braced !== undefined || names.has(bare!));
    if (found !== undefined)
      warn('not_expanded', `${file}:${line} ${nameText(name)} keeps ${found[0]} as written; --expand inserts values`);
  }
}

/** A value cannot be longer; and names that lead to names further than that lead in a circle, or nowhere. */
const LONGEST = 1 << 20;
const DEEPEST = 100;

/** `$NAME` and `${NAME}` of the same file, each name read once; a name that is not in the file is an error, never empty. */
function expanded(entries: readonly ReadEntry[], file: string): ReadEntry[] {
  const known = new Map(entries.map((entry) => [entry.name, entry]));
  const done = new Map<string, string>();
  const tooLong = ({ line, name }: ReadEntry) =>
    errors.invalid_value(`${file}:${line} makes ${name} longer than 1 MiB`, 'drop --expand, or combine less');
  const valueOf = (entry: ReadEntry, path: readonly string[]): string => {
    const before = done.get(entry.name);
    if (before !== undefined) return before;
    let length = 0;
    if (entry.isLiteral === true) return entry.value;
    const whole = entry.value.replace(VARIABLE, (_all, braced?: string, bare?: string) => {
      const name = (braced ?? bare)!;
      const other = known.get(name);
      if (other === undefined)
        throw errors.invalid_value(
          `${file}:${entry.line} names ${name}, which the file does not have`,
          'drop --expand, or add it',
        );
      if (path.includes(name)) throw errors.invalid_value(`${file}:${entry.line} names itself by way of ${name}`);
      if (path.length > DEEPEST)
        throw errors.invalid_value(`${file}:${entry.line} names ${name}, by way of more than ${DEEPEST} others`);
      if (length > LONGEST) throw tooLong(entry);
      const value = valueOf(other, [...path, name]);
      length += value.length;
      return value;
    });
    if (whole.length > LONGEST) throw tooLong(entry);
    done.set(entry.name, whole);
    return whole;
  };
  return entries.map((entry) => ({ ...entry, value: valueOf(entry, [entry.name]) }));
}
