/**
 * Walking the audit chain. Every hash is computed again from the bytes it covers: the hash that stands beside an entry is only believed
 * where the chain up to the signed head bears it out.
 */
import { CHAIN_START, entryHash } from '../crypto/audit-chain.ts';
import { isEqual } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { EntryRecord, ReadTransaction } from '../store/store.ts';
import type { Head } from './head.ts';

const BATCH = 500;

type Entries = Pick<ReadTransaction, 'entries'>;

function broken(seq: number) {
  return errors.audit_broken(
    `audit entry ${seq} is missing, damaged or was changed`,
    'find out more: knox audit verify',
  );
}

/**
 * The entries from the head's down to the first, each proved by the one above it.
 * @throws audit_broken
 */
export async function* provenDown(source: Entries, vault: string, head: Head): AsyncGenerator<EntryRecord> {
  let above: EntryRecord | null = null;
  for (let next = head.seq; next >= 1;) {
    const records = await source.entries(next, 1, BATCH);
    if (records.length === 0) throw broken(next);
    for (const record of records) {
      if (record.seq !== next) throw broken(next);
      if (above === null) {
        if (Buffer.from(record.hash).toString('hex') !== head.hash) throw broken(next);
      } else {
        prove(vault, above, record.hash);
        yield above;
      }
      above = record;
      next -= 1;
    }
  }
  if (above === null) return;
  prove(vault, above, CHAIN_START);
  yield above;
}

function prove(vault: string, record: EntryRecord, previous: Uint8Array): void {
  if (!isEqual(entryHash(vault, record.seq, previous, record.body), record.hash)) throw broken(record.seq);
}

/**
 * Whether the log that ends in this head holds entry `seq` with this hash (hex).
 * @throws audit_broken where the entries after it do not lead to the head
 */
export async function holdsEntry(
  transaction: ReadTransaction,
  vault: string,
  head: Head,
  seq: number,
  hash: string,
): Promise<boolean> {
  if (seq > head.seq) return false;
  const known = await transaction.entry(seq);
  if (known === null || Buffer.from(known.hash).toString('hex') !== hash) return false;
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
  if (Buffer.from(previous).toString('hex') !== head.hash) throw broken(head.seq);
  return true;
}
