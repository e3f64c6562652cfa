/**
 * One change of a vault: rows that are put or removed, and the one audit entry that says so, in one transaction. A row carries the
 * number of that entry; the head is signed anew with the digests of what the change touched.
 */
import { encryptValue } from '../crypto/envelope.ts';
import { entryHash, manifestHash } from '../crypto/audit-chain.ts';
import { sealGrant } from '../crypto/grant.ts';
import { decodeKeyText } from '../crypto/key-text.ts';
import { randomId } from '../crypto/sodium.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import type { SlotRecord, WriteTransaction } from '../store/store.ts';
import { TABLES } from '../store/tables.ts';
import type { Row, StoredRow, TableName } from '../store/tables.ts';
import { encodeEntry } from './audit-entry.ts';
import type { EntryText } from './audit-entry.ts';
import { signedHead } from './head.ts';
import type { Head } from './head.ts';
import type { KeyRing } from './key-ring.ts';
import { keyRecord, SHARED, signedManifest } from './manifest.ts';
import type { Manifest, ManifestSlot } from './manifest.ts';
import { ownerOf } from './row-guard.ts';
import type { Owner } from './row-guard.ts';
import { slotDigest } from './slot-digest.ts';
import { Known, View } from './view.ts';

/** Who and when, for the entry. */
export interface Doer {
  readonly actor: string;
  readonly now: Date;
  /** The clock's time is taken, although the entry before is from its future: that was accepted (accept-clock.ts). */
  readonly isClockTaken?: boolean;
}

export class Change extends View {
  /** The time of the entry: never before that of the entry before, unless it is the one that says that a clock was ahead. */
  readonly at: string;
  readonly actor: string;
  readonly #write: WriteTransaction;
  readonly #keys: KeyRing;
  readonly #rows = new Map<TableName, Set<string>>();
  readonly #touched = new Set<Owner>();
  readonly #made: string[] = [];
  readonly #gone: string[] = [];
  #text: EntryText | null = null;
  #manifest: Manifest | null = null;
  #hasNewSlots = false;

  constructor(
    manifest: Manifest,
    head: Head,
    ring: KeyRing,
    transaction: WriteTransaction,
    doer: Doer,
    known: Known = new Known(),
  ) {
    super(manifest, head, ring, transaction, doer.now, known);
    this.#write = transaction;
    this.#keys = ring;
    this.actor = doer.actor;
    const now = doer.now.toISOString();
    this.at = now < head.at && doer.isClockTaken !== true ? head.at : now;
  }

  /** The number of the entry that this change will be. */
  get seq(): number {
    return this.head.seq + 1;
  }

  /** @throws not_granted */
  requireEnvironmentKeys(environments: readonly string[]): void {
    for (const name of environments) this.#keys.environmentKey(name);
  }

  newId(): string {
    return randomId();
  }

  /** What the entry says. A change says it exactly once. */
  log(text: EntryText): void {
    this.#text = text;
  }

  get hasLog(): boolean {
    return this.#text !== null;
  }

  /** Notes that a named thing was made or deleted (see `AuditEntry.made`). */
  noteMade(thing: string): void {
    this.#made.push(thing);
  }
  noteGone(thing: string): void {
    this.#gone.push(thing);
  }

  async put<N extends TableName>(table: N, row: Row<N>): Promise<StoredRow<N>> {
    // In the entry, a leading dash says that a row was removed.
    if (row.id.startsWith('-')) throw errors.bug(`a row's id begins with a dash: ${row.id}`);
    await this.#requireTouchable(table, row);
    const stored = { ...row, entry: this.seq, tag: this.guard!.tag(table, row, this.seq) } as StoredRow<N>;
    await this.#write.put(table, stored);
    this.#note(table, row.id, row);
    return stored;
  }

  /** @throws not_granted where the row is of an environment that this key was not given */
  async remove(table: TableName, row: { id: string }): Promise<void> {
    const owner = ownerOf(table, row);
    if (owner !== null) this.#keys.environmentKey(owner);
    await this.#requireTouchable(table, row);
    await this.#write.delete(table, row.id);
    this.#note(table, `-${row.id}`, row);
  }

  /** Takes a value out of a copy that is for other environments alone: whoever makes it need not have been given this one. */
  async dropValue(row: StoredRow<'value'>): Promise<void> {
    await this.#write.delete('value', row.id);
    this.#note('value', `-${row.id}`, row);
  }

  /** A small table's digest is made anew at the end: what it would then vouch for must be intact before the first change. */
  async #requireTouchable(table: TableName, row: object): Promise<void> {
    if (!TABLES[table].small) return;
    const owner = ownerOf(table, row);
    await this.requireIntact(owner === null ? [] : [owner]);
  }

  /** Notes what became of a row. Put and removed in one change, the last of it counts. */
  #note(table: TableName, id: string, row: object): void {
    this.whole.delete(table);
    const opposite = id.startsWith('-') ? id.slice(1) : `-${id}`;
    const ids = this.#rows.get(table) ?? new Set();
    ids.delete(id);
    ids.delete(opposite);
    ids.add(id);
    this.#rows.set(table, ids);
    if (TABLES[table].small) this.#touched.add(ownerOf(table, row));
  }

  /** Encrypts a value for its place and stores it. */
  async putValue(
    secret: Row<'secret'>,
    environment: string,
    value: Plaintext,
    facts: object,
  ): Promise<StoredRow<'value'>> {
    const id = this.newId();
    const record = keyRecord(this.manifest, environment);
    if (record === null) throw errors.environment_not_found(`this vault has no environment "${environment}"`);
    const place = {
      vault: this.manifest.vault,
      key: record.key,
      secret: secret.id,
      name: secret.name,
      environment: environment === SHARED ? '' : environment,
      value: id,
    };
    const box = encryptValue(place, value, this.#keys.environmentKey(environment));
    this.noteMade(`value:${secret.name}:${environment}`);
    return this.put('value', {
      id,
      secret: secret.id,
      environment,
      key: record.key,
      box,
      // Which version of which lineage it is, under the environment's key: rows of secrets lie under the vault's.
      facts: JSON.stringify({ ...facts, lineage: secret.lineage, version: secret.version }),
      created_at: this.at,
      created_by: this.actor,
    });
  }

  /** Puts a new manifest in force, signed by the root. @throws not_granted */
  async putManifest(manifest: Manifest): Promise<void> {
    await this.#requireSlots();
    await this.#write.putManifest(signedManifest(manifest, this.#keys.rootSeed));
    this.#manifest = manifest;
  }

  /** Seals a key to a slot. The slot must stand in the manifest that this change leaves. */
  async putGrant(slot: ManifestSlot, keyId: string, environment: string, key: Uint8Array): Promise<void> {
    const publicKey = decodeKeyText('public', slot.publicKey);
    if (!(publicKey instanceof Uint8Array)) throw errors.vault_damaged(`the public key of "${slot.label}" is damaged`);
    await this.#requireSlots();
    const binding = { vault: this.manifest.vault, key: keyId, environment, slot: slot.id };
    await this.#write.putGrant({ slot: slot.id, key: keyId, sealed: sealGrant(binding, key, publicKey) });
  }

  /** Takes a sealed key away again. */
  async removeGrant(slot: ManifestSlot, keyId: string): Promise<void> {
    await this.#requireSlots();
    await this.#write.deleteGrant(slot.id, keyId);
  }

  /** Puts what a slot is unlocked with. */
  async putSlot(record: SlotRecord): Promise<void> {
    await this.#requireSlots();
    await this.#write.putSlot(record);
  }

  /** Takes a slot away, and its grants with it. */
  async removeSlot(slot: ManifestSlot): Promise<void> {
    await this.#requireSlots();
    await this.#write.deleteSlot(slot.id);
  }

  /** As for the small tables: what the head's new digest will vouch for must be intact before the first change. */
  async #requireSlots(): Promise<void> {
    if (this.#hasNewSlots) return;
    await this.requireSlotsIntact();
    this.#hasNewSlots = true;
  }

  /** Makes the key of a new environment known to this change, so that its (empty) digest enters the head. */
  addEnvironmentKey(name: string, key: Uint8Array): void {
    this.guard!.addEnvironment(name, key);
    this.intact.add(name);
    this.#touched.add(name);
  }

  /** Appends the entry and signs the head; returns the new head, or null where nothing was said and nothing changed. */
  async finish(): Promise<Head | null> {
    if (this.#text === null) {
      if (this.#rows.size === 0 && this.#manifest === null) return null;
      throw errors.bug('a change of the vault without an audit entry');
    }
    const { action, secret = null, environment = null, route = null, detail = null } = this.#text;
    const body = encodeEntry({
      at: this.at,
      actor: this.actor,
      key: this.#keys.slot.id,
      action,
      secret,
      environment,
      route,
      detail,
      rows: Object.fromEntries([...this.#rows].map(([table, ids]) => [table, [...ids]])),
      made: this.#made,
      gone: this.#gone,
    });
    const hash = entryHash(this.manifest.vault, this.seq, this.head.hash, body);
    await this.#write.appendEntry({ seq: this.seq, body, hash, signature: null });

    const environments: Record<string, string> = { ...this.head.environments };
    const kept = new Set([...(this.#manifest ?? this.manifest).environments.map((known) => known.name), SHARED]);
    for (const name of Object.keys(environments)) if (!kept.has(name)) delete environments[name];
    let { vault } = this.head;
    for (const owner of this.#touched) {
      if (owner === null) vault = await this.guard!.digest(this.#write, null);
      else if (kept.has(owner)) environments[owner] = await this.guard!.digest(this.#write, owner);
    }
    const signed = this.#manifest === null ? null : await this.#write.manifest();
    const head: Head = {
      seq: this.seq,
      at: this.at,
      hash,
      manifest:
        signed === null ? this.head.manifest : Buffer.from(manifestHash(signed.body, signed.signature)).toString('hex'),
      slots: this.#hasNewSlots ? await slotDigest(this.#write, this.manifest.vault) : this.head.slots,
      vault,
      environments,
    };
    await this.#write.putHead(signedHead(head, this.manifest.vault, this.#keys.auditSeed));
    return head;
  }
}
