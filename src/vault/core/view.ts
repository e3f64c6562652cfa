/**
 * A vault inside one transaction. Records come back checked wherever their realm's key is at hand: what is read is whole and the newest that
 * the head knows. Without the key they are as the file says, and `isVerified` is false. Values are decrypted here and nowhere else.
 */
import type { WarningCode } from '../../domain/reference/warnings.ts';
import { decryptValue } from '../../crypto/envelope.ts';
import { hash } from '../../crypto/sodium.ts';
import type { Plaintext } from '../../domain/plaintext.ts';
import { alteredVault, damagedVault, isKnoxError, needsKey, unknownEnvironment } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';
import type { EntryRow, ReadTransaction } from '../../store/store.ts';
import { asAccepted } from '../log/ahead.ts';
import type { AuditEntry } from '../log/audit-entry.ts';
import { ProvenTail, provenDown, realmDown } from '../log/chain.ts';
import { leadsTo, linksOf } from '../log/links.ts';
import type { PartialCopy } from './copy-facts.ts';
import { grantsHash } from '../documents/grants.ts';
import { aboutOf, KINDS_OF_RECORDS } from '../records/kinds.ts';
import type { Content, KindName, NameRecord, Stored, ValueRecord } from '../records/kinds.ts';
import type { Head } from '../documents/head.ts';
import type { KeyRing } from '../documents/key-ring.ts';
import { environmentNames, realmNamed, SHARED } from '../documents/manifest.ts';
import type { Manifest } from '../documents/manifest.ts';
import { Known } from './known-lists.ts';
import { RealmState } from './realm-state.ts';
import type { PassedOver } from './read-record.ts';
import { deleteOrder, passedText, spoiledValue } from './spoiled.ts';

/** Kinds of which one record is found by what it is called, without knowing what it is about. */
export type Findable = 'name' | 'lineage' | 'route' | 'source' | 'receiver' | 'rotation' | 'incident';
/** Kinds that are about a name. */
export type About = 'name' | 'value' | 'lineage' | 'use' | 'refusal';

/** Everything that a look is taken with. */
export interface Look {
  readonly manifest: Manifest;
  readonly head: Head;
  /** The keys at hand, or null where the vault is looked at without a key. */
  readonly ring: KeyRing | null;
  readonly transaction: ReadTransaction;
  readonly clock: Date;
  readonly known?: Known;
  readonly tail?: ProvenTail;
  /** Where the vault is a copy that holds some realms alone. */
  readonly partial?: PartialCopy | null;
  /** Called with what is ignored where much is read. */
  readonly warn?: ((code: WarningCode, message: string) => void) | undefined;
}

export class View {
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing | null;
  /** This machine's clock: windows and ages are reckoned by it, never by another's entry. */
  readonly clock: Date;
  protected readonly transaction: ReadTransaction;
  /** Where the vault is a copy that holds some realms alone: of the others there is nothing to read. */
  readonly partial: PartialCopy | null;
  readonly #known: Known;
  readonly #tail: ProvenTail;
  readonly #warn: (code: WarningCode, message: string) => void;
  readonly #realms = new Map<string, RealmState>();
  /** Asked for at each name of a large change. */
  #environments: readonly string[] | null = null;
  #names: readonly string[] | null = null;
  #readable: readonly string[] | null = null;

  constructor(look: Look) {
    const {
      manifest,
      head,
      ring,
      transaction,
      clock,
      known = new Known(),
      tail = new ProvenTail(),
      partial = null,
      warn = () => undefined,
    } = look;
    this.manifest = manifest;
    this.head = head;
    this.ring = ring;
    this.transaction = transaction;
    this.clock = clock;
    this.partial = partial;
    this.#known = known;
    this.#tail = tail;
    this.#warn = warn;
  }

  /** The time of this look. */
  get now(): Date {
    return this.clock;
  }

  /** Whether there is a key, so that what it opens is verified. */
  get isVerified(): boolean {
    return this.ring !== null;
  }

  /** Names of the environments, in the vault's order; `shared` is not among them. */
  environmentNames(): readonly string[] {
    return (this.#environments ??= environmentNames(this.manifest));
  }
  /** The same with `shared`, which comes last. */
  realmNames(): readonly string[] {
    return (this.#names ??= [...this.environmentNames(), SHARED]);
  }
  /** Whether a realm's key is at hand. */
  canRead(realm: string): boolean {
    return this.ring?.hasRealm(realm) === true && !this.isLeftOut(realm);
  }
  /** Whether the vault is a copy that was made without this realm. */
  isLeftOut(realm: string): boolean {
    return this.partial !== null && !this.partial.environments.includes(realm);
  }
  /** Realms whose key is at hand, `shared` last. */
  readableRealms(): readonly string[] {
    return (this.#readable ??= this.realmNames().filter((realm) => this.canRead(realm)));
  }

  /** @throws environment_not_found */
  isProduction(environment: string): boolean {
    const known = environment === SHARED ? null : realmNamed(this.manifest, environment);
    if (known === null) throw this.#unknown(environment);
    return known.production;
  }
  requireEnvironment(environment: string): void {
    this.isProduction(environment);
  }

  #unknown(environment: string): KnoxError {
    return unknownEnvironment(environment, `it has: ${this.environmentNames().join(', ')}`);
  }

  /** @param name an environment, or `shared` @throws environment_not_found */
  protected state(name: string): RealmState {
    const held = this.#realms.get(name);
    if (held !== undefined) return held;
    const realm = realmNamed(this.manifest, name);
    if (realm === null) throw this.#unknown(name);
    const { manifest, head, ring, transaction } = this;
    // What lies in a copy of a realm that it was made without was put there.
    const isNew = this.isLeftOut(name);
    const onPassed = (record: PassedOver): void => this.#warn('record_damaged', passedText(record));
    const of = { manifest, head, ring, transaction, known: this.#known, isNew, onPassed };
    const state = new RealmState(realm, of);
    this.#realms.set(name, state);
    return state;
  }
  /** A realm's id, of one that this very change makes too. @throws environment_not_found */
  realmId(name: string): string {
    return this.state(name).realm.id;
  }
  protected get known(): Known {
    return this.#known;
  }

  /** One record, or null. @throws vault_damaged */
  get<K extends Findable>(kind: K, realm: string, id: string): Promise<Stored<K> | null> {
    return this.state(realm).get(kind, id, KINDS_OF_RECORDS[kind].about === null ? null : id);
  }

  /** The same among many: one with invalid content is ignored, with a warning. @throws vault_damaged */
  find<K extends Findable>(kind: K, realm: string, id: string): Promise<Stored<K> | null> {
    return this.state(realm).get(kind, id, KINDS_OF_RECORDS[kind].about === null ? null : id, true);
  }

  /** All records of a kind that are about a name (a lineage's: its base), in one realm. @throws vault_damaged */
  async about<K extends About>(kind: K, realm: string, name: string): Promise<Stored<K>[]> {
    const isAbout = (content: Content<K>): boolean => aboutOf<KindName>(kind, content) === name;
    return this.state(realm).about(kind, name, isAbout);
  }

  /** Every record of a kind in one realm, ordered by id. @throws vault_damaged */
  all<K extends KindName>(kind: K, realm: string): Promise<Stored<K>[]> {
    return this.state(realm).all(kind);
  }

  /** Every record of a kind in every realm, in the vault's order, `shared` last: verified where `canRead` says so. @throws vault_damaged */
  async across<K extends KindName>(kind: K): Promise<Stored<K>[]> {
    const found: Stored<K>[] = [];
    for (const realm of this.realmNames()) found.push(...(await this.all(kind, realm)));
    return found;
  }

  /** One record a realm, in the vault's order. */
  async getAcross<K extends Findable>(kind: K, id: string, realms: readonly string[] = this.realmNames()) {
    const found: Stored<K>[] = [];
    for (const realm of realms) {
      // Waiting for what is known already would take longer than all else here.
      const seen = this.state(realm).seen(kind, id);
      const record = seen === undefined ? await this.find(kind, realm, id) : seen;
      if (record !== null) found.push(record);
    }
    return found;
  }

  /** What is stored of a value beside its ciphertext. @param name a record that has a `value` @throws vault_damaged */
  async valueOf(name: NameRecord): Promise<ValueRecord | null> {
    if (name.value === null) return null;
    const value = await this.state(name.realm).get('value', name.value, name.name);
    if (value?.name !== name.name) throw missingValue(name);
    return value;
  }

  /** @throws vault_locked, not_granted, vault_damaged */
  async decrypt(value: ValueRecord): Promise<Plaintext> {
    const plaintext = await this.#opened(value);
    if (plaintext !== null) return plaintext;
    throw alteredVault(spoiledValue(value.name, value.realm));
  }

  /**
   * A value that is one of many: null where it does not open, with a warning. Only who has the realm's key can have put it there.
   * @throws vault_locked, not_granted, vault_damaged
   */
  async decryptIfWhole(value: ValueRecord): Promise<Plaintext | null> {
    const plaintext = await this.#opened(value);
    if (plaintext === null) this.#tellSpoiled(value);
    return plaintext;
  }

  /** The same of what a name holds; null too where it holds nothing. */
  async decryptHeld(name: NameRecord): Promise<Plaintext | null> {
    if (name.value === null) return null;
    const value = await this.state(name.realm).get('value', name.value, name.name, true);
    if (value?.name === name.name) return this.decryptIfWhole(value);
    this.#tellSpoiled(name);
    return null;
  }

  #tellSpoiled({ name, realm }: Pick<ValueRecord, 'name' | 'realm'>): void {
    const text = `${spoiledValue(name, realm)}: it is ignored; to delete it: ${deleteOrder(name, realm)}`;
    this.#warn('value_damaged', text);
  }

  /** @returns null where the box does not open as this value */
  async #opened(value: ValueRecord): Promise<Plaintext | null> {
    if (this.ring === null) throw needsKey();
    const key = this.ring.realmKey(value.realm);
    const realm = realmNamed(this.manifest, value.realm)!;
    const box = await this.#box(value);
    const place = {
      vault: this.manifest.vault,
      key: value.key,
      realm: realm.id,
      name: value.name,
      value: value.id,
    };
    return value.key === realm.key ? decryptValue(place, box, key) : null;
  }

  /** Work on one realm of several: where that one is damaged there is a warning, and the others continue. @returns null then */
  async unlessDamaged<T>(realm: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!isKnoxError(error) || error.code !== 'vault_damaged') throw error;
      this.#warn('realm_damaged', `${error.message}: ignored for ${realm}`);
      return null;
    }
  }

  /** BLAKE2b-256 (hex) of a value's ciphertext: what an environment takes up of a shared one. */
  async boxHash(value: ValueRecord): Promise<string> {
    return Buffer.from(hash(await this.#box(value))).toString('hex');
  }

  async #box(value: ValueRecord): Promise<Uint8Array> {
    const row = await this.state(value.realm).row('value', value.id, value.name);
    if (row?.box === undefined || row.box === null) throw missingValue(value);
    return row.box;
  }

  /** That nothing is missing, older or foreign in these realms, whose keys are at hand. @throws vault_damaged */
  async requireWhole(realms: readonly string[]): Promise<void> {
    for (const realm of realms) await this.state(realm).requireWhole();
  }

  /** That the keys sealed to every slot are those that the manifest names. Needs no key. @throws vault_damaged */
  async requireGrantsIntact(): Promise<void> {
    for (const slot of this.manifest.slots) {
      const found = grantsHash(this.manifest.vault, slot.id, await this.transaction.grants(slot.id));
      if (found === slot.grants) continue;
      throw damagedVault(`the keys sealed to "${slot.label}" were changed, removed or replaced by older ones`);
    }
  }

  /** How many records there are of a kind in a realm, counted in the table itself. */
  count(realm: string, kind: KindName): Promise<number> {
    return this.transaction.count(realmNamed(this.manifest, realm)!.id, kind);
  }

  /** Everything as it lies there, unproved: for whoever verifies all of it. */
  get rows(): ReadTransaction {
    return this.transaction;
  }

  /** One entry of the audit log as it is stored. */
  entryRow(seq: number): Promise<EntryRow | null> {
    return this.transaction.entry(seq);
  }
  entryRows(from: number, to: number, limit: number): Promise<EntryRow[]> {
    return this.transaction.entries(from, to, limit);
  }

  /** Whether that is the vault's identity, or an earlier one that leads to it. */
  async isIdentity(identity: string): Promise<boolean> {
    return leadsTo(await linksOf(this.transaction, this.manifest), identity, this.manifest.identity);
  }

  /** Entries of the audit log as they were written, newest first, proved by the head. @throws audit_broken */
  async *recordedDown(): AsyncGenerator<AuditEntry> {
    for await (const row of provenDown(this.transaction, this.manifest.vault, this.head, this.#tail))
      yield this.#tail.entryOf(row);
  }

  /** The same for a person to read: none is later than the one which says that a clock was ahead until then. @throws audit_broken */
  entriesDown(): AsyncGenerator<AuditEntry> {
    return asAccepted(this.recordedDown());
  }

  /**
   * Entries that name a realm, newest first, along the realm's own chain, which hangs from its seal: nobody without its key adds or hides one.
   * @throws audit_broken
   */
  realmEntriesDown(realm: string): AsyncGenerator<AuditEntry> {
    const { id } = realmNamed(this.manifest, realm)!;
    return realmDown(this.transaction, this.manifest.vault, id, this.head.realms[id]!);
  }
}

function missingValue({ name, realm }: { readonly name: string; readonly realm: string }): KnoxError {
  return alteredVault(`the value of ${name} for ${realm} is missing`);
}
