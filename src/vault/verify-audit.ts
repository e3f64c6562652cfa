/**
 * `audit verify`: the chain from the first entry to the head, then every row of every table against the log. Without a key the chain,
 * the head and the manifest are checked, and that each row names the entry that put it; with a key, the tags of the rows as well.
 * Memory stays flat but for one number a live row.
 */
import { CHAIN_START, entryHash } from '../crypto/audit-chain.ts';
import { isKnoxError } from '../errors.ts';
import type { EntryRecord } from '../store/store.ts';
import { pageLimit, TABLE_NAMES } from '../store/tables.ts';
import type { StoredRow, TableName } from '../store/tables.ts';
import { parseEntry } from './audit-entry.ts';
import type { AuditEntry } from './audit-entry.ts';
import { readLink, REKEY } from './links.ts';
import { SHARED } from './manifest.ts';
import type { View } from './view.ts';

export interface AuditReport {
  /** Entries that are proved, counted from the first. */
  readonly entries: number;
  /** Hash (hex) of the last of them. */
  readonly head: string;
  /** `knox_vault_1_…` */
  readonly identity: string;
  /** Number of the audit entry that does not verify, or that a row contradicts; null where all is well. */
  readonly brokenAt: number | null;
  /** One sentence; null where all is well. */
  readonly reason: string | null;
  /** Rows whose tag verified, and rows whose key is not at hand. */
  readonly verifiedRows: number;
  readonly unverifiedRows: number;
}

const BATCH = 500;

/** Ends the walk at the first thing that is wrong. */
class Broken extends Error {
  readonly at: number;
  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

/** Which entry last put each live row, by table and id. */
type Expected = Map<TableName, Map<string, number>>;

interface Walk {
  /** The identity that the links seen so far lead to; null before the first. */
  identity: string | null;
  links: number;
  entries: number;
  /** Hex. */
  head: string;
  verifiedRows: number;
  unverifiedRows: number;
}

/** @param onProgress entries and rows done, of the entries there are. @throws only what the store throws */
export async function verifyAudit(
  view: View,
  onProgress?: (done: number, of: number) => Promise<void>,
): Promise<AuditReport> {
  const walk: Walk = { identity: null, links: 0, entries: 0, head: CHAIN_START, verifiedRows: 0, unverifiedRows: 0 };
  let broken: { at: number; reason: string } | null = null;
  try {
    const expected = await walkChain(view, walk, onProgress);
    await checkRows(view, walk, expected);
    await checkDigests(view);
  } catch (error) {
    broken = brokenBy(error, walk);
  }
  return {
    entries: walk.entries,
    head: walk.head,
    identity: view.manifest.identity,
    brokenAt: broken?.at ?? null,
    reason: broken?.reason ?? null,
    verifiedRows: walk.verifiedRows,
    unverifiedRows: walk.unverifiedRows,
  };
}

/** Damage that shows in the middle of the walk is what it looks for; anything else is not its to judge. */
function brokenBy(error: unknown, walk: Walk): { at: number; reason: string } {
  if (error instanceof Broken) return { at: error.at, reason: error.message };
  const isDamage = isKnoxError(error) && (error.code === 'vault_damaged' || error.code === 'audit_broken');
  if (!isDamage) throw error;
  return { at: Math.max(walk.entries, 1), reason: error.message };
}

async function walkChain(
  view: View,
  walk: Walk,
  onProgress?: (done: number, of: number) => Promise<void>,
): Promise<Expected> {
  const { head, manifest } = view;
  const expected: Expected = new Map(TABLE_NAMES.map((table) => [table, new Map()]));
  while (walk.entries < head.seq) {
    const records = await view.entryRecords(walk.entries + 1, head.seq, BATCH);
    if (records.length === 0) throw new Broken(walk.entries + 1, `audit entry ${walk.entries + 1} is missing`);
    for (const record of records) {
      const seq = walk.entries + 1;
      if (record.seq !== seq) throw new Broken(seq, `audit entry ${seq} is missing`);
      if (entryHash(manifest.vault, seq, walk.head, record.body) !== record.hash) {
        throw new Broken(seq, `audit entry ${seq} was changed, or the one before it`);
      }
      if (seq === head.seq && record.hash !== head.hash) {
        throw new Broken(seq, `audit entry ${seq} is not the one that the signed head names`);
      }
      const entry = parseEntry(record);
      follow(manifest.vault, walk, record, entry);
      replay(expected, entry);
      walk.entries = seq;
      walk.head = record.hash;
    }
    await onProgress?.(walk.entries, head.seq);
  }
  const beyond = [
    ...(await view.entryRecords(head.seq + 1, Number.MAX_SAFE_INTEGER, 1)),
    ...(await view.entryRecords(Number.MIN_SAFE_INTEGER, 0, 1)),
  ];
  if (beyond.length > 0)
    throw new Broken(beyond[0]!.seq, `audit entry ${beyond[0]!.seq} lies outside of the signed log`);
  const isOther = walk.identity !== null && walk.identity !== manifest.identity;
  if (isOther || (await view.signedEntries()).length !== walk.links)
    throw new Broken(head.seq, "the log's links do not lead to the vault's identity");
  return expected;
}

/** Each link must take over from the identity that the one before led to. */
function follow(vault: string, walk: Walk, record: EntryRecord, { action, detail, seq }: AuditEntry): void {
  if (seq === 1 && typeof detail?.['identity'] === 'string') walk.identity = detail['identity'];
  if (record.signature === null && action !== REKEY) return;
  const link = readLink(vault, record);
  if (link === null || (walk.identity !== null && link.previous !== walk.identity))
    throw new Broken(seq, `audit entry ${seq} is no link from the vault's earlier identity`);
  walk.identity = link.identity;
  walk.links += 1;
}

function replay(expected: Expected, record: AuditEntry): void {
  const changed = record.rows;
  for (const table in changed) {
    const ids = changed[table as TableName]!;
    const rows = expected.get(table as TableName);
    if (rows === undefined) throw new Broken(record.seq, `audit entry ${record.seq} names a table that no vault has`);
    for (const id of ids) {
      if (id.startsWith('-')) rows.delete(id.slice(1));
      else rows.set(id, record.seq);
    }
  }
}

async function checkRows(view: View, walk: Walk, expected: Expected): Promise<void> {
  for (const table of TABLE_NAMES) {
    const rows = expected.get(table)!;
    let after = '';
    let found = 0;
    for (;;) {
      const page = await view.page(table, after, pageLimit(table));
      if (page.length === 0) break;
      for (const row of page) {
        if (row.id <= after) throw new Broken(row.entry, `the rows of the table "${table}" are out of order`);
        after = row.id;
        checkRow(view, walk, table, row, rows.get(row.id));
        rows.delete(row.id);
        found += 1;
      }
    }
    const missing = rows.entries().next();
    if (missing.done !== true) {
      const [id, entry] = missing.value;
      throw new Broken(entry, `row ${id} of the table "${table}", put by audit entry ${entry}, is missing`);
    }
    if ((await view.count(table)) !== found) {
      throw new Broken(view.head.seq, `the table "${table}" holds rows that its index does not lead to`);
    }
  }
}

function checkRow(view: View, walk: Walk, table: TableName, row: StoredRow<TableName>, put: number | undefined): void {
  const name = `row ${row.id} of the table "${table}"`;
  if (put === undefined) throw new Broken(row.entry, `${name} was put by no audit entry`);
  if (row.entry !== put) {
    throw new Broken(put, `${name} is not as audit entry ${put} left it: it names entry ${row.entry}`);
  }
  const state = view.stateOf(table, row);
  if (state === 'broken') throw new Broken(put, `${name} was changed since audit entry ${put} put it`);
  if (state === 'verified') walk.verifiedRows += 1;
  else walk.unverifiedRows += 1;
}

/** What the head says of the small tables, the slots and the environments. */
async function checkDigests(view: View): Promise<void> {
  const { environments, seq } = view.head;
  const names = [...view.environmentNames(), SHARED];
  if (Object.keys(environments).toSorted().join() !== names.toSorted().join()) {
    throw new Broken(seq, 'the signed head names other environments than the manifest');
  }
  try {
    await view.requireSlotsIntact();
    if (view.isVerified) await view.requireIntact(names.filter((name) => view.ring?.hasEnvironment(name)));
  } catch (error) {
    if (isKnoxError(error) && error.code === 'vault_damaged') throw new Broken(seq, error.message);
    throw error;
  }
}
