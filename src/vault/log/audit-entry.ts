/**
 * One entry of the audit log. Its body is JSON, stored as the exact bytes that are hashed: who did what to what, never a value nor a
 * digest of one, and for each realm that it names where that realm's own chain goes on, and what the realm holds after it.
 */
import { brokenAudit } from '../../errors.ts';
import type { EntryRow } from '../../store/store.ts';
import { isTime } from '../records/codec.ts';

/** What a change says of itself. */
export interface EntryText {
  readonly action: string;
  readonly secret?: string | null;
  readonly environment?: string | null;
  readonly route?: string | null;
  /** Anything that can be said in the clear. */
  readonly detail?: Readonly<Record<string, unknown>> | null;
}

/** A realm's chain: the entry that named it before (number 0 and `CHAIN_START` for none), and the digest of its root after this one. */
export interface RealmStep {
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
  /** Hex. */
  readonly root: string;
}

export interface AuditEntry extends Required<EntryText> {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The account's name: a claim. */
  readonly actor: string;
  /** Id of the slot that wrote it, which its signature proves. */
  readonly slot: string;
  readonly generation: number;
  /** Hash (hex) of the manifest that it put; null where it put none. */
  readonly manifest: string | null;
  /** By the realms' ids. */
  readonly realms: Readonly<Record<string, RealmStep>>;
}

export function encodeEntry(entry: Omit<AuditEntry, 'seq'>): string {
  return JSON.stringify(entry);
}

/** @throws audit_broken where the body is not an entry */
export function parseEntry(row: Pick<EntryRow, 'seq' | 'body'>): AuditEntry {
  try {
    const entry = JSON.parse(row.body) as { -readonly [K in keyof AuditEntry]: AuditEntry[K] };
    if (!isWhole(entry)) throw new TypeError('shape');
    entry.seq = row.seq;
    return entry;
  } catch {
    throw brokenAudit(`audit entry ${row.seq} is damaged`);
  }
}

/** Every key of the vault can write entries: one that is not knox's is damage, never a crash. A log may have millions of them. */
function isWhole(entry: Readonly<Record<keyof AuditEntry, unknown>>): boolean {
  const { action, at, actor, slot, secret, environment, route, detail, generation, manifest, realms } = entry;
  if (typeof action !== 'string' || !isTime(at) || typeof actor !== 'string' || typeof slot !== 'string') return false;
  if (!isTextOrNull(secret) || !isTextOrNull(environment) || !isTextOrNull(route) || !isTextOrNull(manifest))
    return false;
  if (!(detail === null || isRecord(detail)) || !Number.isSafeInteger(generation) || !isRecord(realms)) return false;
  for (const id in realms) if (!isStep(realms[id])) return false;
  return true;
}

const HASH_LENGTH = 64;
/** Looking for what does not belong takes half the time of looking for what does. */
const NO_HEX = /[^0-9a-f]/;

function isStep(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { seq, hash, root } = value;
  return Number.isSafeInteger(seq) && (seq as number) >= 0 && isHash(hash) && isHash(root);
}
function isHash(value: unknown): boolean {
  return typeof value === 'string' && value.length === HASH_LENGTH && !NO_HEX.test(value);
}
function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
