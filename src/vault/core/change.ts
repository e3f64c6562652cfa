/**
 * One change of a vault: records that are put or removed, and the one audit entry that says so, in one transaction. A record carries the
 * number of that entry. Each realm that changed gets new lists and a new seal; the head is signed by the slot that did it.
 */
import { encryptValue } from '../../crypto/envelope.ts';
import { CHAIN_START, entryHash, signEntry } from '../../crypto/audit-chain.ts';
import { randomId } from '../../crypto/sodium.ts';
import type { Plaintext } from '../../domain/plaintext.ts';
import { errors } from '../../errors.ts';
import type { GrantRow, WriteTransaction } from '../../store/store.ts';
import type { PartialCopy } from './copy-facts.ts';
import { isFarAhead } from '../log/ahead.ts';
import { encodeEntry } from '../log/audit-entry.ts';
import type { EntryText, RealmStep } from '../log/audit-entry.ts';
import type { ProvenTail } from '../log/chain.ts';
import { aboutOf, encodeRecord, idOf, KINDS_OF_RECORDS } from '../records/kinds.ts';
import type { Content, KindName, Placed, Stored, ValueRecord } from '../records/kinds.ts';
import type { ValueFacts } from '../records/value.ts';
import { isManifest } from '../documents/document-shape.ts';
import { isSealed, sealedPart, signedHead } from '../documents/head.ts';
import type { Head, RealmPart } from '../documents/head.ts';
import type { KeyRing } from '../documents/key-ring.ts';
import { hashOfManifest, realmNamed, signedManifest } from '../documents/manifest.ts';
import type { Manifest, ManifestRealm } from '../documents/manifest.ts';
import { damagedRealm } from './read-record.ts';
import { RealmState } from './realm-state.ts';
import type { Known } from './known-lists.ts';
import { ROOT_NODE } from '../../store/store.ts';
import { emptyRoot, placeOf, recordDigest } from '../documents/tree.ts';
import { View } from './view.ts';
import type { Look } from './view.ts';

/** Who and when, for the entry. */
export interface Doer {
  readonly actor: string;
  readonly now: Date;
  /** The clock's time is taken, although the entry before is from its future: that was accepted (keeping/accept-clock.ts). */
  readonly isClockTaken?: boolean;
}

/** The clock's time, or that of the entry before where it is later by no more than a day. */
export function entryTime({ at }: Pick<Head, 'at'>, { now, isClockTaken = false }: Pick<Doer, 'now' | 'isClockTaken'>) {
  const clock = now.toISOString();
  return clock < at && !isClockTaken && !isFarAhead(at, now) ? at : clock;
}

/** What the change makes of the manifest: built once it is known which entry will put it. */
export interface NewManifest {
  readonly manifest: Manifest;
  /** For each slot whose sealed keys change, all of them. */
  readonly grants: ReadonlyMap<string, readonly GrantRow[]>;
  /** Keys of realms that the manifest in force does not have yet, by the realm's id. */
  readonly newKeys: ReadonlyMap<string, Uint8Array>;
}

export class Change extends View {
  /** The time of the entry: the clock's, or that of the entry before where it is later by no more than a day. */
  readonly at: string;
  readonly actor: string;
  readonly #write: WriteTransaction;
  readonly #keys: KeyRing;
  readonly #named = new Set<string>();
  #text: EntryText | null = null;
  #next: NewManifest | null = null;
  readonly #fresh = new Map<string, RealmState>();

  constructor(
    look: {
      readonly manifest: Manifest;
      readonly head: Head;
      readonly ring: KeyRing;
      readonly transaction: WriteTransaction;
      readonly known?: Known;
      readonly tail?: ProvenTail;
      readonly partial?: PartialCopy | null;
      readonly warn?: Look['warn'];
    },
    doer: Doer,
  ) {
    super({ ...look, clock: doer.now });
    this.#write = look.transaction;
    this.#keys = look.ring;
    this.actor = doer.actor;
    this.at = entryTime(look.head, doer);
  }

  /** The number of the entry that this change will be. */
  get seq(): number {
    return this.head.seq + 1;
  }
  /** The slot that does it. */
  get slot(): KeyRing['slot'] {
    return this.#keys.slot;
  }
  /** What it vouches for commands with. */
  get signingSeed(): Uint8Array {
    return this.#keys.signingSeed;
  }

  /** @throws not_granted */
  requireRealmKeys(realms: readonly string[]): void {
    for (const name of realms) this.#keys.realmKey(name);
  }

  newId(): string {
    return randomId();
  }

  /** What the entry says; said again, the last counts. Where something changed and nothing was said, the change fails. */
  log(text: EntryText): void {
    this.#text = text;
  }

  /** Has the entry name a realm in which it changes nothing. @throws not_granted */
  nameRealm(realm: string): void {
    this.#keys.realmKey(realm);
    this.#named.add(realm);
  }

  /**
   * Puts a record, in the place of the one with the same id where there is one.
   * @throws not_granted where the realm's key is not at hand, vault_damaged
   */
  async put<K extends Exclude<KindName, 'value'>>(kind: K, realm: string, content: Content<K>): Promise<Stored<K>> {
    return this.#put(kind, realm, content, null);
  }

  /** Changes some fields of a record. */
  async update<K extends Exclude<KindName, 'value'>>(
    record: Stored<K> & Placed<K>,
    patch: Partial<Content<K>>,
  ): Promise<Stored<K>> {
    const { kindOf, realm, entry: _entry, ...content } = record;
    return this.#put(kindOf, realm, { ...(content as unknown as Content<K>), ...patch }, null);
  }

  /** Changes dates of a record, of a value too: its ciphertext stays. */
  async redate<K extends KindName>(record: Stored<K>, patch: Partial<Content<K>>): Promise<void> {
    const { kindOf, realm, entry: _entry, ...content } = record as Stored<KindName>;
    const about = aboutOf(kindOf, content as Content<KindName>);
    const row = await this.state(realm).row(kindOf, idOf(kindOf, content as Content<KindName>), about);
    await this.#put(kindOf, realm, { ...content, ...patch }, row?.box ?? null);
  }

  /** @throws not_granted, vault_damaged */
  async remove<K extends KindName>(record: Stored<K> & Placed<K>): Promise<void> {
    const { kindOf, realm } = record;
    const state = this.state(realm);
    const about = aboutOf(kindOf, record);
    const list = about === null ? kindOf : placeOf(about);
    const id = idOf(kindOf, record);
    await state.willChange(list);
    await this.#write.delete({ realm: state.realm.id, kind: kindOf, id });
    state.hasChanged(list, kindOf, id, null);
    this.#named.add(realm);
  }

  async #put<K extends KindName>(kind: K, realm: string, content: Content<K>, box: Uint8Array | null) {
    const state = this.state(realm);
    const about = aboutOf(kind, content);
    const place = about === null ? null : placeOf(about);
    await state.willChange(place ?? kind);
    // Ids that are names are found again; the others are random.
    if (place !== null && KINDS_OF_RECORDS[kind].isNamed)
      await state.takeFromElsewhere(place, kind, idOf(kind, content));
    const key = { vault: this.manifest.vault, realm: state.realm.id, kind, id: idOf(kind, content) };
    const body = encodeRecord(kind, content);
    const digest = recordDigest(key, this.seq, body, box);
    await this.#write.put({ realm: key.realm, kind, id: key.id, place, body, box, entry: this.seq, digest });
    state.hasChanged(place ?? kind, kind, key.id, digest);
    this.#named.add(realm);
    return Object.assign({ ...(content as object) }, { kindOf: kind, realm, entry: this.seq }) as Stored<K>;
  }

  /** Encrypts a value for its place and stores it. The caller's name record says that it is the name's. @throws not_granted */
  async putValue(realm: string, name: string, value: Plaintext, facts: ValueFacts): Promise<ValueRecord> {
    const { id: realmId, key } = this.state(realm).realm;
    const id = this.newId();
    const place = { vault: this.manifest.vault, key, realm: realmId, name, value: id };
    const box = encryptValue(place, value, this.#keyOf(this.state(realm).realm));
    const content = { id, name, key, facts, createdAt: this.at, createdBy: this.actor };
    return this.#put('value', realm, content, box);
  }

  /**
   * Puts a new manifest in force, signed by the root; every realm is sealed again under it, each checked first.
   * @throws not_granted where the key does not administer
   */
  async putManifest(next: NewManifest): Promise<void> {
    if (this.#next !== null) throw errors.bug('two manifests in one change');
    // Nobody could open a vault whose manifest is none.
    if (!isManifest(next.manifest)) throw errors.bug('a manifest that no knox would read');
    void this.#keys.rootSeed;
    await this.requireGrantsIntact();
    this.#next = next;
  }

  /** Has a realm hold nothing, whatever it held, under the key that it has. @throws not_granted */
  async emptyRealm(name: string): Promise<void> {
    this.#keys.realmKey(name);
    const realm = realmNamed(this.manifest, name)!;
    await this.#write.deleteRealm(realm.id);
    const { manifest, head, ring, transaction } = this;
    this.#fresh.set(name, new RealmState(realm, { manifest, head, ring, transaction, known: this.known, isNew: true }));
    this.#named.add(name);
  }

  /** Takes everything of a realm away from this copy or vault. Its part of the head is the caller's to see to. */
  async dropRecords(realm: string): Promise<void> {
    await this.#write.deleteRealm(this.state(realm).realm.id);
  }

  /** Appends the entry and signs the head; returns the new head, or null where nothing was said and nothing changed. */
  async finish(): Promise<Head | null> {
    if (this.#text === null) {
      if (this.#named.size === 0 && this.#next === null) return null;
      throw errors.bug('a change of the vault without an audit entry');
    }
    const { vault } = this.manifest;
    const manifest = this.#next?.manifest ?? this.manifest;
    const manifestHash = await this.#writeManifest();
    const named = this.#namedRealms(manifest);
    const roots = new Map<string, string>();
    for (const realm of named) roots.set(realm.id, await this.#rootOf(realm));

    const { action, secret = null, environment = null, route = null, detail = null } = this.#text;
    const steps = named.map(({ id }): [string, RealmStep] => {
      const { seq = 0, hash = CHAIN_START } = this.head.realms[id] ?? {};
      return [id, { seq, hash, root: roots.get(id)! }];
    });
    const body = encodeEntry({
      at: this.at,
      actor: this.actor,
      slot: this.#keys.slot.id,
      action,
      secret,
      environment,
      route,
      detail,
      generation: manifest.generation,
      manifest: this.#next === null ? null : manifestHash,
      realms: Object.fromEntries(steps),
    });
    const hash = entryHash(vault, this.seq, this.head.hash, body);
    if (this.head.slot === this.#keys.slot.id) await this.#write.unsignEntry(this.head.seq);
    const signature = signEntry(this.#keys.signingSeed, vault, this.seq, hash);
    await this.#write.appendEntry({ seq: this.seq, body, hash, signature });

    const realms: Record<string, RealmPart> = {};
    for (const realm of manifest.realms) {
      const root = roots.get(realm.id);
      const place = { vault, realm: realm.id, manifest: manifestHash };
      const part = this.head.realms[realm.id]!;
      if (root !== undefined) realms[realm.id] = sealedPart(this.#keyOf(realm), place, { seq: this.seq, hash, root });
      else if (this.#next === null) realms[realm.id] = part;
      else {
        const before = { ...place, manifest: this.head.manifest };
        if (!isSealed(this.#keyOf(realm), before, part)) throw damagedRealm(realm.name);
        realms[realm.id] = sealedPart(this.#keyOf(realm), place, part);
      }
    }
    const head: Head = {
      slot: this.#keys.slot.id,
      seq: this.seq,
      at: this.at,
      hash,
      generation: manifest.generation,
      manifest: manifestHash,
      realms,
    };
    await this.#write.putHead(signedHead(head, vault, this.#keys.signingSeed));
    return head;
  }

  /** @returns the hash of the manifest in force from now on, hex */
  async #writeManifest(): Promise<string> {
    if (this.#next === null) return this.head.manifest;
    const { manifest, grants } = this.#next;
    const signed = signedManifest(manifest, this.#keys.rootSeed);
    await this.#write.putManifest(signed);
    for (const [slot, rows] of grants) {
      await this.#write.deleteGrants(slot);
      for (const row of rows) await this.#write.putGrant(row);
    }
    for (const { id } of this.manifest.realms)
      if (!manifest.realms.some((realm) => realm.id === id)) await this.#write.deleteRealm(id);
    return hashOfManifest(signed);
  }

  /** What the entry names: realms that changed; of one that concerns none, all that its writer holds. */
  #namedRealms(manifest: Manifest): ManifestRealm[] {
    const isNew = ({ id }: ManifestRealm): boolean => this.#next?.newKeys.has(id) === true;
    const named = manifest.realms.filter((realm) => this.#named.has(realm.name) || isNew(realm));
    if (named.length > 0) return named;
    return manifest.realms.filter(({ name }) => this.#keys.hasRealm(name));
  }

  /** A realm that this change makes holds nothing but what the change puts there. */
  protected override state(name: string): RealmState {
    const known = this.#fresh.get(name);
    if (known !== undefined) return known;
    const realm = this.#next === null ? null : realmNamed(this.#next.manifest, name);
    if (realm === null || !this.#next!.newKeys.has(realm.id)) return super.state(name);
    const { manifest, head, ring, transaction } = this;
    const state = new RealmState(realm, { manifest, head, ring, transaction, known: this.known, isNew: true });
    this.#fresh.set(name, state);
    return state;
  }

  async #rootOf(realm: ManifestRealm): Promise<string> {
    const state = this.state(realm.name);
    if (state.isChanged) return state.writeLists(this.#write);
    if (this.#fresh.has(realm.name)) {
      const { list, digest } = emptyRoot(realm.id);
      await this.#write.putNode(realm.id, ROOT_NODE, list);
      return Buffer.from(digest).toString('hex');
    }
    // What is sealed anew is checked first. The root stays what it is: a realm whose lists are damaged is no less so under the new seal.
    await state.requireSeal();
    return this.head.realms[realm.id]!.root;
  }

  #keyOf(realm: ManifestRealm): Uint8Array {
    return this.#next?.newKeys.get(realm.id) ?? this.#keys.realmKey(realm.name);
  }
}
