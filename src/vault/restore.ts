/** Putting a copy in a vault's place: what the two say of themselves, that the copy is whole, and the entry that tells of it. */
import { loadSodium } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { ReadTransaction } from '../store/store.ts';
import { readHead } from './head.ts';
import type { Head } from './head.ts';
import { readManifest } from './manifest.ts';
import { partialCopyOf } from './partial-copy.ts';
import type { PartialCopy } from './partial-copy.ts';
import type { Vault } from './vault.ts';
import { verifyAudit } from './verify-audit.ts';

/** What a vault says of itself, without a key: signed by whoever it says that it is. */
export interface Standing {
  /** Its id, which stays the same whatever becomes of its keys. */
  readonly vault: string;
  /** `knox_vault_1_…` */
  readonly identity: string;
  readonly head: Pick<Head, 'seq' | 'hash' | 'at'>;
  /** Where it holds the values of some environments alone. */
  readonly partial: PartialCopy | null;
}

/** @throws vault_damaged, audit_broken */
export async function standingOf(transaction: ReadTransaction): Promise<Standing> {
  await loadSodium();
  const { manifest } = readManifest(await transaction.manifest());
  const head = readHead(await transaction.head(), manifest.vault, manifest.audit.publicKey);
  const partial = await partialCopyOf(transaction, manifest.vault, head);
  return { vault: manifest.vault, identity: manifest.identity, head, partial };
}

/**
 * Everything of a vault, with a key.
 * @param name of the file, for the error
 * @param onProgress entries and rows done, of the entries there are
 * @throws vault_locked, audit_broken
 */
export async function requireWhole(
  vault: Vault,
  name: string,
  onProgress: (done: number, of: number) => Promise<void>,
): Promise<void> {
  vault.requireKeys();
  const { brokenAt, reason } = await vault.read((view) => verifyAudit(view, onProgress));
  if (brokenAt === null) return;
  throw errors.audit_broken(
    `${name} is not whole: its audit log does not verify at entry ${brokenAt}: ${reason}`,
    'take another copy',
  );
}

/** `N:HASH`, as `audit verify` prints a head. */
export function headText({ seq, hash }: Pick<Head, 'seq' | 'hash'>): string {
  return `${seq}:${hash}`;
}

/**
 * Writes down in the copy that it takes a vault's place.
 * @param replaced what lay there; null for nothing
 * @returns the new head
 */
export async function recordRestore(
  vault: Vault,
  {
    file,
    replaced,
    record,
  }: {
    readonly file: string;
    readonly replaced: Standing | 'unreadable' | null;
    readonly record: Readonly<Record<string, unknown>> | null;
  },
): Promise<Pick<Head, 'seq' | 'hash'>> {
  const was = replaced === null || replaced === 'unreadable' ? { replaced } : standingDetail(replaced, vault);
  await vault.adopt(async (change) => {
    const from = headText(change.head);
    change.log({ action: 'restore', detail: { file, from, ...was, ...record } });
  });
  return vault.read(async ({ head: { seq, hash } }) => ({ seq, hash }));
}

function standingDetail({ vault: id, identity, head }: Standing, vault: Vault): Record<string, string> {
  return { replaced: headText(head), ...(id === vault.manifest.vault ? {} : { replacedVault: identity }) };
}
