/** What knox itself writes and a person keeps in the project: it tells of secrets by name, and nothing reads them from there. */

/** Keys of the rows of `check --json`, kept as a baseline, and of `audit`, `list`, `schedule` and `rotations`. */
const ROWS = [
  ['code', 'severity', 'secret', 'message', 'hint'],
  ['seq', 'at', 'actor', 'action', 'secret'],
  ['name', 'base', 'version', 'state', 'scope'],
  ['secret', 'kind', 'dueAt', 'overdue'],
  ['id', 'base', 'from', 'to', 'steps'],
];
const DOCUMENTS = [
  ['vault', 'identity', 'head', 'secrets'],
  ['vault', 'identity', 'rotations', 'due', 'findings'],
  ['id', 'base', 'from', 'to', 'steps'],
];

/** Evidence as a page, as a table or as JSON, records and checklists of rotations, and what the lists print as JSON. */
export function isOwnOutput(text: string): boolean {
  if (text.startsWith('<!doctype html>')) return text.includes('<p>Made by knox. ') && text.includes('knox_vault_1_');
  if (text.startsWith('# Rotation of ')) return true;
  if (text.startsWith('row,secret,base,owner,kind,interval_seconds,')) return true;
  return /^\s*[[{]/.test(text) && isOwnJson(text);
}

function isOwnJson(text: string): boolean {
  try {
    const found = JSON.parse(text) as unknown;
    if (Array.isArray(found)) return ROWS.some((keys) => found.length > 0 && found.every((row) => hasAll(row, keys)));
    return DOCUMENTS.some((keys) => hasAll(found, keys));
  } catch {
    return false;
  }
}

function hasAll(value: unknown, keys: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every((key) => Object.hasOwn(value, key));
}
