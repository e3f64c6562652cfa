/**
 * Text files of the project that name a secret without being registered: the place that nobody remembers. A search by name in the
 * working tree; nothing of what a file holds is kept but its path and line.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';

/** Made by tools or by knox itself: not where a person keeps a configuration. */
const SKIPPED = new Set(['.git', '.hg', '.svn', '.knox', 'node_modules', '.venv', '__pycache__']);
const LARGEST_BYTES = 1_048_576;
/** A vault in a home folder must not have the whole of it read. */
export const MOST_FILES = 20_000;

export interface Mention {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly line: number;
  /** A placeholder will not resolve once the old version is gone; a plain name may be documentation. */
  readonly isPlaceholder: boolean;
}

export interface Mentions {
  readonly found: readonly Mention[];
  /** False where there were more files than could be looked at. */
  readonly isComplete: boolean;
}

/** @param names of every version; @param known paths that are registered */
export function findMentions(root: string, names: readonly string[], known: ReadonlySet<string>): Mentions {
  const word = new RegExp(`(?<![A-Za-z0-9_-])(?:${names.map(escape).join('|')})(?![A-Za-z0-9_-])`);
  const found: Mention[] = [];
  let seen = 0;
  for (const path of filesUnder(root, '')) {
    seen += 1;
    if (seen > MOST_FILES) return { found, isComplete: false };
    if (known.has(path)) continue;
    const mention = mentionIn(join(root, path), path, word);
    if (mention !== null) found.push(mention);
  }
  return { found, isComplete: true };
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

function mentionIn(file: string, path: string, word: RegExp): Mention | null {
  const text = textOf(file);
  const match = text === null ? null : word.exec(text);
  if (text === null || match === null) return null;
  const before = text.slice(0, match.index);
  return {
    path,
    line: before.split('\n').length,
    isPlaceholder: /\{\{[ \t]*secret[ \t]*:[ \t]*$/.test(before.slice(-64)),
  };
}

function textOf(file: string): string | null {
  try {
    if (statSync(file).size > LARGEST_BYTES) return null;
    const bytes = readFileSync(file);
    return bytes.includes(0) ? null : bytes.toString('utf8');
  } catch {
    return null;
  }
}
