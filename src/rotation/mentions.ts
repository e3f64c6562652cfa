/**
 * Files of the project that hold an old value, or name a secret without being registered: the place that nobody remembers. Everything under
 * the root is looked at, what git ignores too, since that is where such files lie; nothing of what a file holds is kept but path and line.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { FILE_LIMIT } from '../domain/limits.ts';
import { patternsOf } from '../scan/patterns.ts';
import { Scanner } from '../scan/scanner.ts';
import { isOwnOutput } from './own-output.ts';

/** Made by tools or by knox itself: not where a person keeps a configuration. */
const SKIPPED = new Set(['.git', '.hg', '.svn', '.knox', 'node_modules', '.venv', '__pycache__']);
/** What a build made may hold a value; that it repeats a name from the sources says nothing. */
const BUILT = /^(?:.*\/)?(?:dist|build|target|out|coverage|vendor|\.next|\.nuxt|\.cache)\//;
/** What is larger is data, and would be read at several steps. */
export const LARGEST_BYTES = 256 * 1_048_576;
/** A vault in a home folder must not have the whole of it read. */
export const MOST_FILES = 20_000;

export interface Mention {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly line: number;
  /**
   * `value`: the file holds an old value. `placeholder`: it will not resolve once the old version is gone. `command`: a line that has knox
   * give the value, which will fail then. `name`: a plain word, which may be the name of a variable or documentation.
   */
  readonly kind: 'value' | 'placeholder' | 'command' | 'name';
  /** Of a `value`: places in the list of what was sought. */
  readonly values: readonly number[];
  /** Whether it stands there as it is, not encoded. */
  readonly isPlain: boolean;
  readonly isRegistered: boolean;
}

export interface Mentions {
  readonly found: readonly Mention[];
  /** False where there were more files than could be looked at. */
  readonly isComplete: boolean;
  /** Paths of files that are too large to be looked at. */
  readonly unsearched: readonly string[];
}

export interface Wanted {
  /** Names of versions. */
  readonly names: readonly string[];
  readonly values: readonly Uint8Array[];
  /** Paths that are registered: their names are seen to in another way. */
  readonly registered: ReadonlySet<string>;
  /** What registered routes render to: a file with these bytes was made from one, and is made again. */
  readonly outputs: readonly Uint8Array[];
  /** Folder of the records of rotations, which nothing reads. */
  readonly records: string;
}

/** One for each file, that of the most weight. */
export function findMentions(root: string, wanted: Wanted): Mentions {
  const word = new RegExp(`(?<![A-Za-z0-9_-])(?:${wanted.names.map(escape).join('|')})(?![A-Za-z0-9_-])`);
  const { patterns } = patternsOf(wanted.values);
  const scanner = patterns.length === 0 ? null : new Scanner(patterns);
  const found: Mention[] = [];
  const unsearched: string[] = [];
  let seen = 0;
  for (const path of filesUnder(root, '')) {
    seen += 1;
    if (seen > MOST_FILES) return { found, isComplete: false, unsearched };
    if (path.startsWith(`${wanted.records}/`)) continue;
    const size = sizeOf(join(root, path));
    if (size > LARGEST_BYTES) {
      unsearched.push(path);
      continue;
    }
    const bytes = size > FILE_LIMIT.bytes ? null : bytesOf(join(root, path));
    const isRegistered = wanted.registered.has(path);
    const holds = scanner === null ? null : valueIn(bytes ?? join(root, path), scanner);
    if (holds !== null && bytes !== null && wanted.outputs.some((output) => isOutput(bytes, output))) continue;
    if (holds !== null) found.push({ path, isRegistered, kind: 'value', ...holds });
    else if (bytes !== null && !isRegistered && !BUILT.test(path)) {
      const named = nameIn(bytes, word);
      if (named !== null) found.push({ path, isRegistered, values: [], isPlain: false, ...named });
    }
  }
  return { found, isComplete: true, unsearched };
}

function escape(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&');
}

function* filesUnder(root: string, folder: string): Generator<string> {
  for (const entry of entriesOf(join(root, folder))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* filesUnder(root, path);
    } else if (entry.isFile()) yield path;
  }
}

/** A folder that may not be read holds nothing that this user's services read either. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((left, right) => (left.name < right.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** @param source its bytes, or the path of a file that is too large to be held */
function valueIn(source: Buffer | string, scanner: Scanner): Pick<Mention, 'line' | 'values' | 'isPlain'> | null {
  scanner.begin();
  if (typeof source === 'string') readInto(source, scanner);
  else scanner.push(source);
  const hits = scanner.end();
  const [first] = hits;
  if (first === undefined) return null;
  const values = [...new Set(hits.map(({ owner }) => owner))];
  return { line: first.line, values, isPlain: hits.some(({ form }) => form === 'plain') };
}

/** What cannot be read holds nothing that this user's services read either. */
function readInto(path: string, scanner: Scanner): void {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    for (let count = -1; count !== 0; scanner.advance(count)) count = readSync(file, scanner.space);
  } catch {
    // A file that went away, or one of another user.
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** A shell may have put a line end behind it. */
function isOutput(bytes: Buffer, output: Uint8Array): boolean {
  return (
    bytes.equals(output) ||
    (bytes.length === output.length + 1 && bytes.at(-1) === 10 && bytes.subarray(0, -1).equals(output))
  );
}

/** A placeholder anywhere in the file says more than a command, and that more than a word before it. */
function nameIn(bytes: Buffer, word: RegExp): Pick<Mention, 'line' | 'kind'> | null {
  if (bytes.includes(0)) return null;
  const text = bytes.toString('utf8');
  if (!word.test(text) || isOwnOutput(text)) return null;
  let command: number | null = null;
  let plain: number | null = null;
  let line = 1;
  let begin = 0;
  let end = lineEnd(text, 0);
  for (const { 0: name, index } of text.matchAll(new RegExp(word, 'g'))) {
    for (; end < index; end = lineEnd(text, begin)) {
      line += 1;
      begin = end + 1;
    }
    if (/(?<!\\)\{\{[ \t]*secret[ \t]*:[ \t]*$/.test(text.slice(Math.max(0, index - 64), index))) {
      if (!/^[^}|]*@(?:current|previous)/.test(text.slice(index, index + 256))) return { line, kind: 'placeholder' };
    } else if (COMMAND.test(text.slice(Math.max(begin, index - LONGEST_COMMAND), index))) {
      if (!text.startsWith('@current', index + name.length) && !text.startsWith('@previous', index + name.length))
        command ??= line;
    } else if (name.length >= SHORTEST_WORD) plain ??= line;
  }
  if (command !== null) return { line: command, kind: 'command' };
  return plain === null ? null : { line: plain, kind: 'name' };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** What stands before the name where knox is asked for the value. Each part of it can be read in one way only: a line may hold anything. */
const COMMAND = /\bknox(?:\s+--?\w[\w-]*(?:=\S*| (?!-)\S+)?)*\s+(?:get|run|export)\b/;
/** More of a line is not looked at for it. */
const LONGEST_COMMAND = 4096;
/** A secret called `s` or `key` stands as a word in any text. */
const SHORTEST_WORD = 4;

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

/** @returns null for one that cannot be read */
function bytesOf(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
