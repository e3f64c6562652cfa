/** What knox itself writes and a person keeps in the project, or has below it: it tells of secrets by name, and nothing reads them from there. */

/** Keys of the rows of `check --json`, kept as a baseline, and of `audit`, `list`, `schedule` and `rotations`. */
const ROWS = [
  ['code', 'severity', 'secret', 'message', 'hint'],
  ['seq', 'at', 'actor', 'action', 'secret'],
  ['name', 'base', 'version', 'state', 'scope'],
  ['secret', 'kind', 'dueAt', 'overdue'],
  ['id', 'base', 'from', 'to', 'steps'],
];
/** A line of a log of uses, and of `audit --format jsonl`. */
const LINES = [
  ['at', 'vault', 'secret', 'environment', 'consumer', 'signature'],
  ['seq', 'at', 'actor', 'action', 'secret'],
];
const DOCUMENTS = [
  ['vault', 'consumer', 'actor', 'uses', 'host', 'pid'],
  ['vault', 'places'],
  ['vault', 'identity', 'head', 'secrets'],
  ['vault', 'identity', 'rotations', 'due', 'findings'],
  ['id', 'base', 'from', 'to', 'steps'],
];

/** Evidence as a page, as a table or as JSON, records and checklists of rotations, and what the lists print as JSON. */
export function isOwnOutput(text: string): boolean {
  if (text.startsWith('<!doctype html>')) return text.includes('<p>Made by knox. ') && text.includes('knox_vault_1_');
  if (text.startsWith('# Rotation of ')) return true;
  if (text.startsWith('row,secret,base,owner,kind,interval_seconds,')) return true;
  if (!/^\s*[[{]/.test(text)) return false;
  return isOwnJson(text) || text.trimEnd().split('\n').every(isOwnLine);
}

function isOwnJson(text: string): boolean {
  const found = parsed(text);
  if (Array.isArray(found)) return found.length > 0 && ROWS.some((keys) => found.every((row) => hasAll(row, keys)));
  return DOCUMENTS.some((keys) => hasAll(found, keys));
}

function isOwnLine(text: string): boolean {
  const found = parsed(text);
  return LINES.some((keys) => hasAll(found, keys));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function hasAll(value: unknown, keys: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every((key) => Object.hasOwn(value, key));
}
