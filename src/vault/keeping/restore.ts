/** Putting a copy in a vault's place: what the two say of themselves, that the copy is whole, and the entry that tells of it. */
import { loadSodium } from '../../crypto/sodium.ts';
import { errors } from '../../errors.ts';
import type { ReadTransaction } from '../../store/store.ts';
import type { Change } from '../core/change.ts';
import { readHead } from '../documents/head.ts';
import type { Head } from '../documents/head.ts';
import { readManifest } from '../documents/manifest.ts';
import type { Manifest, ManifestSlot } from '../documents/manifest.ts';
import type { Vault } from '../opening/vault.ts';
import { renewKeys } from '../keys/renew-keys.ts';
import { takeSlots } from '../keys/remove-slot.ts';
import { leadsTo, linksOf } from '../log/links.ts';
import type { Links } from '../log/links.ts';
import type { Spoiled } from '../core/spoiled.ts';
import { verifyAudit } from '../verifying/verify-audit.ts';
import { leftOutOf, partialCopyOf } from '../core/partial-copy.ts';
import type { PartialCopy } from '../core/copy-facts.ts';

/** What a vault says of itself, without a key: signed by whoever it says that it is. */
export interface Standing {
  /** Its id, which stays the same whatever becomes of its keys. */
  readonly vault: string;
  /** `knox_vault_1_…` */
  readonly identity: string;
  readonly manifest: Manifest;
  readonly links: Links;
  readonly head: Pick<Head, 'seq' | 'hash' | 'at'>;
  /** Where it holds some environments alone. */
  readonly partial: PartialCopy | null;
}

/** @throws vault_damaged, audit_broken */
export async function standingOf(transaction: ReadTransaction): Promise<Standing> {
  await loadSodium();
  const { manifest, hash } = readManifest(await transaction.manifest());
  const head = readHead(await transaction.head(), manifest, hash);
  const partial = await partialCopyOf(transaction, manifest.vault, head);
  const links = await linksOf(transaction, manifest);
  return { vault: manifest.vault, identity: manifest.identity, manifest, links, head, partial };
}

/**
 * Everything of a vault, with a key.
 * @param name of the file, for the error
 * @param onProgress entries and records done, of how many
 * @returns what a holder of a realm's key spoiled there: the copy is as whole as the vault was
 * @throws vault_locked, audit_broken
 */
export async function requireWhole(
  vault: Vault,
  name: string,
  onProgress: (done: number, of: number) => Promise<void>,
): Promise<readonly Spoiled[]> {
  vault.requireKeys();
  const { isDamaged, brokenAt, reason, spoiled } = await vault.read((view) => verifyAudit(view, onProgress));
  if (!isDamaged) return spoiled;
  throw errors.audit_broken(
    `${name} is damaged: its audit log does not verify at entry ${brokenAt}: ${reason}`,
    'use another copy',
  );
}

/** `N:HASH`, as `audit verify` prints a head. */
export function headText({ seq, hash }: Pick<Head, 'seq' | 'hash'>): string {
  return `${seq}:${hash}`;
}

/** What lay where the copy is put: null for nothing. */
export type Replaced = Standing | 'unreadable' | null;

export interface Restored {
  readonly head: Pick<Head, 'seq' | 'hash'>;
  /** Keys that the copy had brought back: they are removed again, and all keys were replaced. */
  readonly removed: readonly Pick<ManifestSlot, 'id' | 'label'>[];
  /** Names that they could read. */
  readonly exposed: readonly string[];
}

export interface Restoring {
  /** As the copy was called. */
  readonly file: string;
  readonly replaced: Replaced;
  readonly record: Readonly<Record<string, unknown>> | null;
  /** The highest generation that this machine has seen in that place. */
  readonly seen: number;
}

/**
 * Writes down in the copy that it takes a vault's place, under a manifest that is newer than both: every machine takes who holds a key from
 * it alone. Keys that were removed since the copy was made are removed again, and all keys are replaced, in the same transaction.
 * @param step told how far the making of new keys is
 * @throws not_granted where the key at hand does not administer, or is one of those that were removed
 */
export async function recordRestore(
  vault: Vault,
  { file, replaced, record, seen }: Restoring,
  step: (done: number, of: number) => Promise<void>,
): Promise<Restored> {
  const there = replaced === 'unreadable' ? null : replaced;
  const was = there === null ? { replaced } : standingDetail(there, vault);
  const newer = isSameVault(vault.manifest, there) ? there : null;
  const removed = vault.manifest.slots.filter(({ id }) => newer?.manifest.formerSlots.some((slot) => slot.id === id));
  const own = vault.requireKeys().slot;
  if (removed.some(({ id }) => id === own.id))
    throw errors.not_granted(
      `the key "${own.label}" was removed from this vault since the copy was made`,
      'restore it with a key that the vault still has',
    );
  const generation = Math.max(vault.manifest.generation, newer?.manifest.generation ?? 0, seen) + 1;
  let exposed: readonly string[] = [];
  const work = async (change: Change): Promise<void> => {
    for (const realm of leftOutOf(change)) await change.emptyRealm(realm);
    exposed = await takeSlots(change, removed, { generation });
    const gone = removed.map(({ id, label }) => ({ slot: id, label }));
    const detail = { file, from: headText(change.head), ...was, ...record };
    change.log({ action: 'restore', detail: { ...detail, ...(gone.length === 0 ? {} : { removed: gone }) } });
  };
  if (removed.length === 0) await vault.adopt(work);
  else await renewKeys(vault, { before: work }, step, true);
  const head = await vault.read(async ({ head: { seq, hash } }) => ({ seq, hash }));
  return { head, removed: removed.map(({ id, label }) => ({ id, label })), exposed };
}

/** Whether what lies there goes on from the copy: anybody can make a vault that says of itself that it is this one. */
function isSameVault({ vault, identity }: Manifest, there: Standing | null): boolean {
  return there !== null && there.vault === vault && leadsTo(there.links, identity, there.identity);
}

function standingDetail({ vault: id, identity, head }: Standing, vault: Vault): Record<string, string> {
  return { replaced: headText(head), ...(id === vault.manifest.vault ? {} : { replacedVault: identity }) };
}
