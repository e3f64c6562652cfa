/**
 * What one realm holds, as it stands in a transaction, and how much of it was checked. With the realm's key: the seal first, then the lists
 * from the root down to the record, so that what is read is what the newest entry of the realm left, whole. Without it nothing is proved.
 *
 * What was checked under a digest holds wherever that digest is named again: `Known` keeps it over transactions.
 */
import { isEqual } from '../../crypto/sodium.ts';
import { ROOT_NODE } from '../../store/store.ts';
import type { DigestRow, ReadTransaction, RecordRow, WriteTransaction } from '../../store/store.ts';
import { LISTED } from '../records/kinds.ts';
import type { Content, KindName, Stored } from '../records/kinds.ts';
import { DigestSet } from '../documents/digest-set.ts';
import { isSealed } from '../documents/head.ts';
import type { Head } from '../documents/head.ts';
import type { KeyRing } from '../documents/key-ring.ts';
import type { Manifest, ManifestRealm } from '../documents/manifest.ts';
import {
  ByteList,
  kindDigest,
  nodeDigest,
  placeDigest,
  placeOf,
  recordDigest,
  rootDigest,
  RootList,
} from '../documents/tree.ts';
import { makeLists } from './changed-lists.ts';
import { ByKind } from './by-kind.ts';
import type { Known } from './known-lists.ts';
import { areStored, placedIn, setPlace } from './placed-records.ts';
import { damagedRealm, isInPlace, oddRecord, readRecord } from './read-record.ts';
import type { PassedOver } from './read-record.ts';
import { firstPage, nextPage } from './page-size.ts';

const hexOf = (bytes: Uint8Array | null): string => (bytes === null ? '' : Buffer.from(bytes).toString('hex'));

/** A record, and how it lies there. */
export interface Walked<K extends KindName> {
  readonly row: RecordRow;
  readonly record: Stored<K>;
}

const MOST_SEEN = 1000;
/** What is not there takes less room. */
const MOST_ABSENT = 100_000;
const NO_PLACE = -1;
const NOTHING: ReadonlyMap<string, Uint8Array> = new Map();

export class RealmState {
  readonly realm: ManifestRealm;
  /** Whether the realm's key is at hand, so that everything read is verified. */
  readonly isVerified: boolean;
  readonly #manifest: Manifest;
  readonly #head: Head;
  readonly #ring: KeyRing | null;
  readonly #transaction: ReadTransaction;
  readonly #known: Known;
  readonly #isNew: boolean;
  readonly #onPassed: (record: PassedOver) => void;
  #root: RootList | null = null;
  readonly #nodes = new Map<number, ByteList>();
  /** Lists of places and kinds that were checked: by place or kind, then the digests by `kind id`. */
  readonly #lists = new Map<number | string, Map<string, Uint8Array>>();
  /** Records that were read in this transaction, one at a time, and those that are not there. */
  readonly #seen = new ByKind<object>(MOST_SEEN);
  readonly #absent = new ByKind<null>(MOST_ABSENT);
  /** The same of whole kinds. */
  readonly #all = new Map<KindName, readonly object[]>();
  /** Lists that this transaction has changed: what they hold now is its own doing. */
  readonly #changed = new Set<number | string>();
  /** The records of each kind that have a place, once the lists of all of them were seen. */
  #whole: Map<string, DigestSet> | null = null;

  constructor(
    realm: ManifestRealm,
    of: {
      readonly manifest: Manifest;
      readonly head: Head;
      readonly ring: KeyRing | null;
      readonly transaction: ReadTransaction;
      readonly known: Known;
      /** It holds nothing: it is made in this very transaction, or the vault is a copy that was made without it. */
      readonly isNew?: boolean;
      /** Called with each record that is ignored. */
      readonly onPassed?: ((record: PassedOver) => void) | undefined;
    },
  ) {
    this.realm = realm;
    this.#manifest = of.manifest;
    this.#head = of.head;
    this.#ring = of.ring;
    this.#transaction = of.transaction;
    this.#known = of.known;
    this.#isNew = of.isNew === true;
    this.#onPassed = of.onPassed ?? (() => undefined);
    this.isVerified = this.#isNew || (of.ring !== null && of.ring.hasRealm(realm.name));
    if (this.#isNew) this.#root = new RootList();
  }

  #damaged() {
    return damagedRealm(this.realm.name);
  }

  /** The seal, and the entry that it names. @throws vault_damaged, not_granted where the realm's key is not at hand */
  async requireSeal(): Promise<void> {
    const part = this.#head.realms[this.realm.id]!;
    const { vault } = this.#manifest;
    const seal = `${this.realm.id} ${this.#head.manifest} ${part.seq} ${part.hash} ${part.root} ${part.seal}`;
    if (!this.#known.seals.has(seal)) {
      const key = this.#ring!.realmKey(this.realm.name);
      if (!isSealed(key, { vault, realm: this.realm.id, manifest: this.#head.manifest }, part)) throw this.#damaged();
      // The log may have been cut or forked below the realm's newest entry.
      if ((await this.#transaction.entry(part.seq))?.hash !== part.hash) throw this.#damaged();
      this.#known.seals.add(seal);
    }
  }

  /** The seal and the root's list. @throws vault_damaged, not_granted where the realm's key is not at hand */
  async root(): Promise<RootList> {
    if (this.#root !== null) return this.#root;
    await this.requireSeal();
    const part = this.#head.realms[this.realm.id]!;
    const known = this.#known.roots.get(part.root);
    if (known !== undefined) return (this.#root = known);
    const bytes = await this.#transaction.node(this.realm.id, ROOT_NODE);
    const root = bytes === null ? null : RootList.read(bytes);
    if (root === null || hexOf(rootDigest(this.realm.id, bytes!)) !== part.root) throw this.#damaged();
    this.#known.roots.set(part.root, root);
    return (this.#root = root);
  }

  /** A node's list, empty where the realm has nothing there. @throws vault_damaged */
  async node(node: number): Promise<ByteList> {
    const held = this.#nodes.get(node);
    if (held !== undefined) return held;
    const digest = (await this.root()).nodes.get(node);
    const known = digest === null ? new ByteList() : this.#known.nodes.get(hexOf(digest));
    if (known !== undefined) {
      this.#nodes.set(node, known);
      return known;
    }
    const bytes = await this.#transaction.node(this.realm.id, node);
    const list = bytes === null ? null : ByteList.read(bytes);
    const found = bytes === null ? null : nodeDigest(this.realm.id, node, bytes);
    if (list === null || found === null || !isEqual(found, digest!)) throw this.#damaged();
    this.#known.nodes.set(hexOf(digest), list);
    this.#nodes.set(node, list);
    return list;
  }

  /** What the list of a place holds, checked: digests by `kind id`. Of one that is empty nothing that lies there is read. @throws vault_damaged */
  async placeList(place: number): Promise<ReadonlyMap<string, Uint8Array>> {
    const held = this.#lists.get(place);
    if (held !== undefined) return held;
    const isEmpty = (await this.node(place >> 8)).get(place & 0xff) === null;
    return isEmpty ? NOTHING : this.#storedPlaceList(place);
  }

  async #storedPlaceList(place: number): Promise<ReadonlyMap<string, Uint8Array>> {
    const expected = (await this.node(place >> 8)).get(place & 0xff);
    const rows = await this.#transaction.digestsAt(this.realm.id, place);
    const found = placeDigest(this.realm.id, place, rows);
    if (!this.#changed.has(place) && hexOf(found) !== hexOf(expected)) throw this.#damaged();
    return this.#keep(place, rows);
  }

  /** The same for a kind that is one list. */
  async kindList(kind: KindName): Promise<ReadonlyMap<string, Uint8Array>> {
    const held = this.#lists.get(kind);
    if (held !== undefined) return held;
    const expected = (await this.root()).kinds.get(kind) ?? null;
    const rows = await this.#transaction.digestsOf(this.realm.id, kind);
    const found = kindDigest(this.realm.id, kind, rows);
    if (!this.#changed.has(kind) && hexOf(found) !== hexOf(expected)) throw this.#damaged();
    return this.#keep(kind, rows);
  }

  #keep(list: number | string, rows: readonly DigestRow[]): Map<string, Uint8Array> {
    const digests = new Map(rows.map(({ kind, id, digest }) => [`${kind} ${id}`, digest]));
    this.#lists.set(list, digests);
    return digests;
  }

  /**
   * Every list of the realm, so that a walk over all records of a kind misses none: place by place, node by node.
   * @throws vault_damaged
   */
  async requireWhole(): Promise<void> {
    if (this.#whole !== null || !this.isVerified) return;
    const root = await this.root();
    for (const kind of LISTED) await this.kindList(kind);
    const { nodes, kinds, isInRange } = await placedIn(this.#transaction, this.realm.id);
    if (!isInRange) throw this.#damaged();
    for (const list of this.#changed)
      if (typeof list === 'number') setPlace(nodes, list, (await this.node(list >> 8)).get(list & 0xff));
    const found = new ByteList();
    for (const [node, list] of nodes) found.set(node, nodeDigest(this.realm.id, node, list.write()));
    if (Buffer.compare(found.write(), root.nodes.write()) !== 0) throw this.#damaged();
    if (!this.#isNew && !areStored(await this.#transaction.nodes(this.realm.id), root, nodes)) throw this.#damaged();
    this.#whole = kinds;
  }

  /**
   * A record as it was read, held against its list where that can be. Of many, one that is in its place and has invalid content
   * is ignored, with a warning: it keeps nobody from the others.
   * @throws vault_damaged
   */
  #taken<K extends KindName>(kind: K, row: RecordRow, digests: ReadonlyMap<string, Uint8Array> | null) {
    if (this.isVerified) {
      const expected = digests === null ? row.digest : digests.get(`${kind} ${row.id}`);
      if (expected === undefined || !isEqual(this.digestOf(kind, row), expected)) throw this.#damaged();
    }
    const record = readRecord(kind, this.realm.name, row);
    return record !== null && (!this.isVerified || isInPlace(record, row)) ? record : this.#passed(kind, row.id);
  }

  /** @throws vault_damaged where the realm's key is not at hand, so that nobody is known to have put it there */
  #passed(kind: KindName, id: string): null {
    if (!this.isVerified) throw oddRecord(kind, this.realm.name);
    this.#onPassed({ realm: this.realm.name, kind, id });
    return null;
  }

  digestOf(kind: KindName, { id, entry, body, box }: Pick<RecordRow, 'id' | 'entry' | 'body' | 'box'>): Uint8Array {
    return recordDigest({ vault: this.#manifest.vault, realm: this.realm.id, kind, id }, entry, body, box);
  }

  /**
   * One record, or null: that it is not there is proved by its list.
   * @param about the name that it is about, for a kind that has places
   * @param isOneOfMany whether one with invalid content is ignored
   * @throws vault_damaged
   */
  async get<K extends KindName>(
    kind: K,
    id: string,
    about: string | null,
    isOneOfMany = false,
  ): Promise<Stored<K> | null> {
    const before = this.seen(kind, id);
    if (before !== undefined) return before;
    const row = await this.#rowOrOdd(kind, id, about);
    if (row === null) {
      this.#absent.set(kind, id, null);
      return null;
    }
    const record = row === 'odd' ? null : readRecord(kind, this.realm.name, row);
    if (record === null && isOneOfMany) return this.#passed(kind, id);
    if (record === null) throw oddRecord(kind, this.realm.name);
    this.#seen.set(kind, id, record);
    return record;
  }

  /** The same where this transaction has asked for it before; else undefined. */
  seen<K extends KindName>(kind: K, id: string): Stored<K> | null | undefined {
    return (this.#seen.get(kind, id) as Stored<K> | undefined) ?? this.#absent.get(kind, id);
  }

  /** The same as it lies there. */
  async row(kind: KindName, id: string, about: string | null): Promise<RecordRow | null> {
    const row = await this.#rowOrOdd(kind, id, about);
    if (row === 'odd') throw oddRecord(kind, this.realm.name);
    return row;
  }

  /** @returns `odd` for one that hangs in the list of another place than its own */
  async #rowOrOdd(kind: KindName, id: string, about: string | null): Promise<RecordRow | 'odd' | null> {
    const row = await this.#transaction.get({ realm: this.realm.id, kind, id });
    if (!this.isVerified) return row;
    const digests = about === null ? await this.kindList(kind) : await this.placeList(placeOf(about));
    const expected = digests.get(`${kind} ${id}`);
    if (expected === undefined && row === null) return null;
    if (expected === undefined && about !== null && row !== null && (await this.#hangsElsewhere(kind, row)))
      return 'odd';
    if (expected === undefined || row === null || !isEqual(this.digestOf(kind, row), expected)) throw this.#damaged();
    return row;
  }

  async #hangsElsewhere(kind: KindName, row: RecordRow): Promise<boolean> {
    if (row.place === null || row.place < 0 || row.place > 0xffff) return false;
    const digest = (await this.placeList(row.place)).get(`${kind} ${row.id}`);
    return digest !== undefined && isEqual(this.digestOf(kind, row), digest);
  }

  /** All records of a kind that are about a name. */
  async about<K extends KindName>(kind: K, name: string, isAbout: (content: Content<K>) => boolean) {
    const place = placeOf(name);
    const digests = this.isVerified ? await this.placeList(place) : null;
    const rows = await this.#transaction.at(this.realm.id, place, kind);
    if (digests !== null) {
      const listed = [...digests.keys()].filter((key) => key.startsWith(`${kind} `));
      if (listed.length !== new Set(rows.map(({ id }) => id)).size) throw this.#damaged();
    }
    const found: Stored<K>[] = [];
    for (const row of rows) {
      const stored = this.#taken(kind, row, digests);
      if (stored !== null && isAbout(stored)) found.push(stored);
    }
    return found;
  }

  /** Every record of a kind, ordered by id; read once. */
  async all<K extends KindName>(kind: K): Promise<Stored<K>[]> {
    const known = this.#all.get(kind) as readonly Stored<K>[] | undefined;
    if (known !== undefined) return [...known];
    const found: Stored<K>[] = [];
    for await (const page of this.walk(kind)) for (const { record } of page) found.push(record);
    this.#all.set(kind, found);
    return [...found];
  }

  /**
   * The same a page at a time, with each record as it lies there: a walk over a large realm stays flat in memory. What it has come by may be
   * put again meanwhile.
   */
  async *walk<K extends KindName>(kind: K): AsyncGenerator<Walked<K>[]> {
    const isListed = LISTED.includes(kind);
    const digests = this.isVerified && isListed ? await this.kindList(kind) : null;
    if (!isListed) await this.requireWhole();
    const placed = isListed || !this.isVerified ? null : (this.#whole?.get(kind) ?? new DigestSet());
    const met = new DigestSet();
    let limit = firstPage(kind);
    let after = '';
    let seen = 0;
    for (;;) {
      const rows = await this.#transaction.page(this.realm.id, kind, after, limit);
      if (rows.length === 0) break;
      const page: Walked<K>[] = [];
      for (const row of rows) {
        if (row.id <= after && after !== '') throw this.#damaged();
        after = row.id;
        const record = this.#taken(kind, row, digests);
        if (record !== null) page.push({ row, record });
        // A row may say another place than the index that the lists were read from: that is damage, and not a record in the wrong place.
        if (placed !== null) met.add(row.place ?? NO_PLACE, row.digest);
      }
      seen += rows.length;
      yield page;
      if (rows.length < limit) break;
      limit = nextPage(kind, rows);
    }
    // A record without a place is in no list, and none that is in a list may be passed over.
    const isWhole = placed === null ? seen === digests?.size : met.isSame(placed);
    if (this.isVerified && !isWhole) throw this.#damaged();
  }

  /**
   * Says that this transaction changes a list: a place, or a kind. What the new list will vouch for is checked before the first change.
   * @throws not_granted, vault_damaged
   */
  async willChange(list: number | KindName): Promise<void> {
    if (!this.#changed.has(list)) {
      if (!this.#isNew) this.#ring!.realmKey(this.realm.name);
      if (typeof list === 'string') await this.kindList(list);
      else if (!this.#lists.has(list)) await this.#beginPlaceList(list);
      this.#changed.add(list);
    }
    this.#whole = null;
    this.#all.clear();
  }

  /** What is stored at a place that is empty shows when the list is made: nothing may lie there but what this transaction puts. */
  async #beginPlaceList(place: number): Promise<void> {
    if ((await this.placeList(place)) === NOTHING) this.#lists.set(place, new Map());
  }

  /**
   * A record with this id may hang in the list of another place, where no knox puts it. It is taken from that list: it is put in its own place.
   * Call after `willChange`.
   */
  async takeFromElsewhere(place: number, kind: KindName, id: string): Promise<void> {
    if (this.#isNew || this.#lists.get(place)!.has(`${kind} ${id}`)) return;
    const row = await this.#transaction.get({ realm: this.realm.id, kind, id });
    if (row === null || !(await this.#hangsElsewhere(kind, row))) return;
    await this.willChange(row.place!);
    this.hasChanged(row.place!, kind, id, null);
  }

  /** What was put there, or taken away, after `willChange`. @param digest null for what was taken away */
  hasChanged(list: number | KindName, kind: KindName, id: string, digest: Uint8Array | null): void {
    const key = `${kind} ${id}`;
    this.#seen.delete(kind, id);
    this.#absent.delete(kind, id);
    const digests = this.#lists.get(list)!;
    if (digest === null) digests.delete(key);
    else digests.set(key, digest);
  }

  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** Makes the changed lists again, and writes them. @returns the digest of the root, hex */
  async writeLists(transaction: WriteTransaction): Promise<string> {
    const { digest, root, nodes } = await makeLists(transaction, {
      realm: this.realm.id,
      before: await this.root(),
      node: (node) => this.node(node),
      changed: this.#changed,
      own: (list) => this.#lists.get(list)!,
      damaged: () => this.#damaged(),
    });
    for (const [known, list] of nodes) this.#known.nodes.set(known, list);
    this.#known.roots.set(digest, root);
    return digest;
  }
}
