/**
 * One entry of the audit log. Its body is JSON, stored as the exact bytes that are hashed: who did what to what, never a value nor a
 * digest of one, and the rows that the entry changed, so that every row can be held against the log.
 */
import { errors } from '../errors.ts';
import type { EntryRecord } from '../store/store.ts';
import type { TableName } from '../store/tables.ts';

/** What a change says of itself. */
export interface EntryText {
  readonly action: string;
  readonly secret?: string | null;
  readonly environment?: string | null;
  readonly route?: string | null;
  /** Anything that can be said in the clear. */
  readonly detail?: Readonly<Record<string, unknown>> | null;
}

export interface AuditEntry extends Required<EntryText> {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly actor: string;
  /** Slot id of the key, or null. */
  readonly key: string | null;
  /** Ids of the rows that this entry put or removed, by table; a removed row's id begins with `-`. */
  readonly rows: Readonly<Partial<Record<TableName, readonly string[]>>>;
  /** Things made and deleted: `secret:NAME`, `value:NAME:ENVIRONMENT`. */
  readonly made: readonly string[];
  readonly gone: readonly string[];
}

export function encodeEntry(entry: Omit<AuditEntry, 'seq'>): string {
  return JSON.stringify(entry);
}

/** @throws audit_broken where the body is no entry */
export function parseEntry(record: EntryRecord): AuditEntry {
  try {
    const entry = JSON.parse(record.body) as AuditEntry;
    if (!isWhole(entry)) throw new TypeError('shape');
    return Object.assign(entry, { seq: record.seq });
  } catch {
    throw errors.audit_broken(`audit entry ${record.seq} is damaged`, 'find out more: knox audit verify');
  }
}

/** Every key of the vault can write entries: one that is not knox's is damage, never a crash. A log may have millions of them. */
function isWhole(entry: Readonly<Record<keyof AuditEntry, unknown>>): boolean {
  const { action, at, actor, key, secret, environment, route, detail, rows, made, gone } = entry;
  if (typeof action !== 'string' || typeof at !== 'string' || typeof actor !== 'string') return false;
  if (!isTextOrNull(key) || !isTextOrNull(secret) || !isTextOrNull(environment) || !isTextOrNull(route)) return false;
  if (Number.isNaN(Date.parse(at)) || !(detail === null || isRecord(detail)) || !isRecord(rows)) return false;
  for (const table in rows) if (!areTexts(rows[table])) return false;
  return areTexts(made) && areTexts(gone);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
