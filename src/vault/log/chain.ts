/**
 * Walking the audit chain. Every hash is computed again from the bytes it covers: the hash that stands beside an entry is only believed
 * where the chain up to the signed head bears it out.
 */
import { CHAIN_START, entryHash } from '../../crypto/audit-chain.ts';
import { brokenAudit } from '../../errors.ts';
import type { EntryRow, ReadTransaction } from '../../store/store.ts';
import { parseEntry } from './audit-entry.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { Head } from '../documents/head.ts';
import type { Manifest } from '../documents/manifest.ts';

const BATCH = 500;
/** Where a realm's next entry is no further away, many are read at once. */
const NEAR = 16;

type Entries = Pick<ReadTransaction, 'entries'>;

function broken(seq: number) {
  return brokenAudit(`audit entry ${seq} is missing, damaged or was changed`);
}

/** The most entries that are kept proved: some megabytes. */
const LONGEST_TAIL = 20_000;

/** The newest entries as they were proved before, by one process: a head that leads to the first of them vouches for the rest. */
export class ProvenTail {
  /** Newest first, without a gap. */
  records: readonly EntryRow[] = [];
  /** The hash of the entry below the last of them. */
  below: string = CHAIN_START;
  readonly #parsed = new WeakMap<EntryRow, AuditEntry>();

  /** What a proved record says, read once. */
  entryOf(record: EntryRow): AuditEntry {
    let entry = this.#parsed.get(record);
    if (entry === undefined) this.#parsed.set(record, (entry = parseEntry(record)));
    return entry;
  }

  /** Adds one at the old end, where it belongs there. */
  append(record: EntryRow, below: string): void {
    const last = this.records.at(-1);
    if (this.records.length >= LONGEST_TAIL || last?.seq !== record.seq + 1) return;
    (this.records as EntryRow[]).push(record);
    this.below = below;
  }

  /** Puts newer ones before it, or takes their place where there is a gap. */
  prepend(records: readonly EntryRow[], below: string): void {
    const [first] = this.records;
    const last = records.at(-1);
    if (last === undefined) return;
    if (first !== undefined && first.seq === last.seq - 1) this.records = [...records, ...this.records];
    else if (first === undefined || first.seq < last.seq) {
      this.records = [...records];
      this.below = below;
    }
  }
}

/**
 * The entries from the head's down to the first, each proved by the one above it.
 * @param tail entries that were proved before; it grows by those that are proved now
 * @throws audit_broken
 */
export async function* provenDown(
  source: Entries,
  vault: string,
  head: Head,
  tail: ProvenTail = new ProvenTail(),
): AsyncGenerator<EntryRow> {
  let next = head.seq;
  // What the entry `next` must have as its hash.
  let { hash } = head;
  const [known] = tail.records;
  if (known !== undefined && known.seq <= next) {
    const fresh: EntryRow[] = [];
    for await (const { record, below } of walk(source, vault, { from: next, to: known.seq + 1, hash })) {
      fresh.push(record);
      hash = below;
      yield record;
    }
    if (hash !== known.hash) throw broken(known.seq);
    tail.prepend(fresh, known.hash);
    const proved = tail.records.filter(({ seq }) => seq <= known.seq);
    next = proved.at(-1)!.seq - 1;
    hash = tail.below;
    yield* proved;
  }
  const walked: EntryRow[] = [];
  const isNew = known === undefined;
  try {
    for await (const { record, below } of walk(source, vault, { from: next, to: 1, hash })) {
      if (!isNew) tail.append(record, below);
      else if (walked.length < LONGEST_TAIL) {
        walked.push(record);
        hash = below;
      }
      yield record;
    }
  } finally {
    if (isNew) tail.prepend(walked, hash);
  }
}

/** Entries `from` down to `to`, each with the hash of the one below it, which proves it. @param span.hash that entry `from` must have */
async function* walk(
  source: Entries,
  vault: string,
  { from, to, hash }: { readonly from: number; readonly to: number; readonly hash: string },
): AsyncGenerator<{ record: EntryRow; below: string }> {
  const lowest = Math.max(1, to - 1);
  let above: EntryRow | null = null;
  for (let next = from; next >= lowest;) {
    const records = await source.entries(next, lowest, BATCH);
    if (records.length === 0) throw broken(next);
    for (const record of records) {
      if (record.seq !== next) throw broken(next);
      if (above === null) {
        if (record.hash !== hash) throw broken(next);
      } else {
        prove(vault, above, record.hash);
        yield { record: above, below: record.hash };
      }
      above = record;
      next -= 1;
    }
  }
  if (above === null || above.seq < to) return;
  prove(vault, above, CHAIN_START);
  yield { record: above, below: CHAIN_START };
}

function prove(vault: string, record: EntryRow, previous: string): void {
  if (entryHash(vault, record.seq, previous, record.body) !== record.hash) throw broken(record.seq);
}

/**
 * The entries that name a realm, from the newest that its part of the head names down to its first, each proved by the one above it and by
 * the entry right below it in the log.
 * @param realm its id
 * @throws audit_broken
 */
export async function* realmDown(
  source: Entries,
  vault: string,
  realm: string,
  part: { readonly seq: number; readonly hash: string },
): AsyncGenerator<AuditEntry> {
  const rows = new Map<number, EntryRow>();
  let near = false;
  for (let { seq, hash } = part; seq > 0;) {
    if (!rows.has(seq) || (seq > 1 && !rows.has(seq - 1))) {
      rows.clear();
      const most = near ? BATCH : 2;
      for (const row of await source.entries(seq, Math.max(1, seq - most + 1), most)) rows.set(row.seq, row);
    }
    const row = rows.get(seq);
    const below = seq === 1 ? CHAIN_START : rows.get(seq - 1)?.hash;
    if (row === undefined || row.hash !== hash) throw broken(seq);
    if (below === undefined) throw broken(seq - 1);
    prove(vault, row, below);
    const entry = parseEntry(row);
    const step = Object.hasOwn(entry.realms, realm) ? entry.realms[realm]! : null;
    if (step === null || step.seq >= seq || (step.seq === 0 && step.hash !== CHAIN_START)) throw broken(seq);
    yield entry;
    near = seq - step.seq <= NEAR;
    ({ seq, hash } = step);
  }
}

/**
 * Whether the log that ends in this head holds an entry with that number and hash (hex).
 * @throws audit_broken where the entries after it do not lead to the head
 */
export async function holdsEntry(
  transaction: ReadTransaction,
  vault: string,
  head: Head,
  { seq, hash }: { readonly seq: number; readonly hash: string },
): Promise<boolean> {
  if (seq > head.seq) return false;
  const known = await transaction.entry(seq);
  if (known?.hash !== hash) return false;
  let previous = known.hash;
  for (let next = seq + 1; next <= head.seq;) {
    const records = await transaction.entries(next, head.seq, BATCH);
    if (records.length === 0) throw broken(next);
    for (const record of records) {
      if (record.seq !== next) throw broken(next);
      prove(vault, record, previous);
      previous = record.hash;
      next += 1;
    }
  }
  if (previous !== head.hash) throw broken(head.seq);
  return true;
}

/**
 * Whether a vault holds a head that was seen elsewhere, with all that it left: the log has that entry, the manifest is no older than the
 * entry's, and no realm is older than the newest entry up to there that names it.
 * @throws audit_broken
 */
export async function holdsHead(
  transaction: ReadTransaction,
  { vault, generation }: Pick<Manifest, 'vault' | 'generation'>,
  head: Head,
  seen: { readonly seq: number; readonly hash: string },
): Promise<boolean> {
  if (!(await holdsEntry(transaction, vault, head, seen))) return false;
  const row = await transaction.entry(seen.seq);
  if (row === null || parseEntry(row).generation > generation) return false;
  const oldest = Math.min(...Object.values(head.realms).map(({ seq }) => seq));
  if (oldest >= seen.seq) return true;
  for await (const { record } of walk(transaction, vault, { from: seen.seq, to: oldest + 1, hash: seen.hash })) {
    const entry = parseEntry(record);
    if (Object.keys(entry.realms).some((realm) => entry.seq > (head.realms[realm]?.seq ?? entry.seq))) return false;
  }
  return true;
}
