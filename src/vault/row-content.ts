/**
 * What the columns of a row may say. A tag proves who wrote a row, not that it was knox: without a key nothing is proved, and every key of
 * the vault can write the rows under the vault key. What is no time, no list or no known word is damage, never a crash further on.
 */
import { KINDS } from '../domain/kinds.ts';
import { parseSecretName } from '../domain/secret-name.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { TableName } from '../store/tables.ts';
import { TABLES } from '../store/tables.ts';

type Check = (cell: unknown) => boolean;
type Json = Readonly<Record<string, unknown>>;

/** 100 years, the longest that a duration can be. */
const LONGEST_SECONDS = 36_525 * 86_400;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const isText: Check = (cell) => typeof cell === 'string';
const isTime: Check = (cell) => typeof cell === 'string' && TIME.test(cell) && !Number.isNaN(Date.parse(cell));
const isSeconds: Check = (cell) => typeof cell === 'number' && cell >= 0 && cell <= LONGEST_SECONDS;
const isName: Check = (cell) => typeof cell === 'string' && parseSecretName(cell) !== null;
const isStepId: Check = (cell) => typeof cell === 'string' && Object.hasOwn(STEP_TEXTS, cell);
const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const orNull =
  (check: Check): Check =>
  (cell) =>
    cell === null || check(cell);
const isOneOf =
  (...words: readonly string[]): Check =>
  (cell) =>
    words.includes(cell as string);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** JSON as text. */
function json(check: Check): Check {
  return (cell) => {
    try {
      return check(JSON.parse(cell as string));
    } catch {
      return false;
    }
  };
}

const isFacts: Check = (value) =>
  isRecord(value) &&
  (value['sameAs'] === undefined || isListOf(isText)(value['sameAs'])) &&
  (value['handle'] ?? '') === String(value['handle'] ?? '');
const isHost: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(isText);
const isTextRecord: Check = (value) => isRecord(value) && Object.values(value).every(isText);
const isStep: Check = (value) =>
  isRecord(value) &&
  isStepId(value['id']) &&
  isOneOf('todo', 'done', 'skipped')(value['state']) &&
  orNull(isTime)(value['at']) &&
  [value['by'], value['detail']].every(orNull(isText));
const isLeft: Check = (value) =>
  isRecord(value) && orNull(isText)(value['path']) && isText(value['said']) && isListOf(isText)(value['environments']);
const isWhy: Check = (value) =>
  isRecord(value) &&
  isText(value['of']) &&
  [value['between'], value['on']].every((part) => isText(part ?? '')) &&
  [value['said'], value['name']].every((part) => isText(part ?? '')) &&
  [value['environments'], value['projects']].every((part) => isListOf(isText)(part ?? [])) &&
  isListOf(isLeft)(value['left'] ?? []);
const isNeeds: Check = (value) =>
  isRecord(value) &&
  isStepId(value['step']) &&
  orNull(isTime)(value['until']) &&
  isListOf(isText)(value['environments']) &&
  isText(value['kind']) &&
  isText(value['next'] ?? '') &&
  (value['why'] === undefined || isWhy(value['why']));

const CONTENT: { readonly [Table in TableName]?: Readonly<Record<string, Check>> } = {
  lineage: { base: isName },
  secret: {
    name: isName,
    state: isOneOf('pending', 'live', 'withdrawn', 'deleted'),
    scope: isOneOf('environments', 'shared'),
    kind: isOneOf(...KINDS),
    every: orNull(isSeconds),
  },
  value: { facts: json(isFacts) },
  registration: {
    headers: json(isListOf(isText)),
    names: json(isListOf(isText)),
    hosts: json(isListOf(isHost)),
    timeout: orNull(isSeconds),
  },
  source: { options: json(isTextRecord) },
  rotation: {
    state: isOneOf('active', 'waiting', 'failed', 'done', 'rolled-back', 'aborted'),
    window: isSeconds,
    quarantine: isSeconds,
    options: json(isRecord),
    steps: json(isListOf(isStep)),
    needs: orNull(json(isNeeds)),
  },
  rotation_secret: { base: isName, from_name: isName, to_name: isName },
  rotation_environment: {
    from_name: isName,
    to_name: isName,
    steps: json(isListOf(isStepId)),
    terms: json(isRecord),
  },
  current: { base: isName, name: isName },
  rotation_route: { originals: orNull(json(isListOf(orNull(isText)))) },
  notification: { kind: isOneOf('webhook', 'command'), events: json(isListOf(isText)) },
  setting: { value: json(isText) },
};

const CHECKS = Object.fromEntries(
  Object.entries(TABLES).map(([table, { columns }]) => {
    const own = CONTENT[table as TableName] ?? {};
    const times = Object.keys(columns).filter((column) => /(?:^|_)at$|^wait_until$/.test(column));
    return [table, [...Object.entries(own), ...times.map((column) => [column, orNull(isTime)] as const)]];
  }),
) as unknown as { readonly [Table in TableName]: readonly (readonly [column: string, check: Check])[] };

/** Whether a row, whose columns have the types of the format, says what one of its table can say. */
export function isWellFormed(table: TableName, row: object): boolean {
  return CHECKS[table].every(([column, check]) => check((row as Json)[column]));
}
