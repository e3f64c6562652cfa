/**
 * Every record of a vault against the trees of its realms, and nothing beside them. With a realm's key the seal and the values as well;
 * without it the plain hashes from the head's root down, which whoever signs a head can make for their own records: said as not verified.
 */
import { decryptValue } from '../../crypto/envelope.ts';
import { isEqual } from '../../crypto/sodium.ts';
import { printable } from '../../domain/printable.ts';
import { ROOT_NODE } from '../../store/store.ts';
import type { DigestRow, RecordRow } from '../../store/store.ts';
import { isSealed } from '../documents/head.ts';
import type { ManifestRealm } from '../documents/manifest.ts';
import { DigestSet } from '../documents/digest-set.ts';
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
import { firstPage, nextPage } from '../core/page-size.ts';
import type { View } from '../core/view.ts';
import { Malformed } from '../records/codec.ts';
import { aboutOf, decodeRecord, KIND_NAMES, LISTED, PLACED } from '../records/kinds.ts';
import type { Content, KindName } from '../records/kinds.ts';
import { spoiledValue } from '../core/spoiled.ts';
import type { Spoiled } from '../core/spoiled.ts';
import { Broken } from './broken.ts';

/** How many records were found in order: of realms whose key is at hand, and of the others. */
export interface RowCounts {
  verified: number;
  unverified: number;
  /** What hangs in a tree rightly, and is not what knox writes. */
  readonly spoiled: Spoiled[];
}

/** @throws Broken, vault_damaged */
export async function verifyRecords(
  view: View,
  counts: RowCounts,
  onProgress: (done: number) => Promise<void>,
  areValuesOpened = true,
): Promise<void> {
  const { manifest, head, rows } = view;
  await requireGrants(view);
  const held = manifest.realms.filter(({ name }) => !view.isLeftOut(name));
  const foreign = (await rows.realms()).find((id) => !held.some((realm) => realm.id === id));
  if (foreign !== undefined)
    throw new Broken(head.seq, `there are records of an unknown environment: ${printable(foreign)}`);
  for (const realm of held) {
    const check = new RealmCheck(view, realm, counts.spoiled, areValuesOpened);
    await check.all(async (count) => {
      if (view.canRead(realm.name)) counts.verified += count;
      else counts.unverified += count;
      await onProgress(counts.verified + counts.unverified);
    });
  }
}

/** Keys are sealed to the slots of the manifest, exactly those that it names. */
async function requireGrants(view: View): Promise<void> {
  await view.requireGrantsIntact();
  const known = new Set(view.manifest.slots.map(({ id }) => id));
  const foreign = (await view.rows.grantSlots()).find((slot) => !known.has(slot));
  if (foreign !== undefined)
    throw new Broken(view.head.seq, `a key is sealed to ${printable(foreign)}, which is not a key of this vault`);
}

const BROKEN = Symbol('broken');

class RealmCheck {
  readonly #view: View;
  readonly #realm: ManifestRealm;
  /** The realm's key, where it is at hand. */
  readonly #key: Uint8Array | null;
  readonly #areValuesOpened: boolean;
  readonly #allSpoiled: Spoiled[];
  /** Of this realm, by `kind id`: a record may be read twice. */
  readonly #spoiled = new Map<string, Spoiled>();
  readonly #counts = new Map<string, number>();
  #onCounted: (count: number) => Promise<void> = async () => undefined;

  constructor(view: View, realm: ManifestRealm, spoiled: Spoiled[], areValuesOpened: boolean) {
    this.#allSpoiled = spoiled;
    this.#areValuesOpened = areValuesOpened;
    this.#view = view;
    this.#realm = realm;
    this.#key = view.canRead(realm.name) ? view.ring!.realmKey(realm.name) : null;
  }

  get #part() {
    return this.#view.head.realms[this.#realm.id]!;
  }
  #broken(what: string, at: number = this.#part.seq): Broken {
    return new Broken(at, `${what} of ${this.#realm.name} ${what.endsWith('s') ? 'are' : 'is'} not as the head says`);
  }

  async all(onCounted: (count: number) => Promise<void>): Promise<void> {
    this.#onCounted = onCounted;
    const root = await this.#root();
    for (const kind of LISTED) await this.#kind(kind, root);
    await this.#places(await this.#nodes(root));
    await this.#nothingBeside();
    this.#allSpoiled.push(...this.#spoiled.values());
  }

  /** The seal, then the root's list. */
  async #root(): Promise<RootList> {
    const { vault } = this.#view.manifest;
    const { id, name } = this.#realm;
    const part = this.#part;
    const place = { vault, realm: id, manifest: this.#view.head.manifest };
    if (this.#key !== null && !isSealed(this.#key, place, part))
      throw new Broken(part.seq, `the seal of ${name} is not made with its key`);
    const bytes = await this.#view.rows.node(id, ROOT_NODE);
    const root = bytes === null ? null : RootList.read(bytes);
    if (root === null || toHex(rootDigest(id, bytes!)) !== part.root) throw this.#broken('the root list');
    return root;
  }

  async #nodes(root: RootList): Promise<Map<number, ByteList>> {
    const found = new Map<number, ByteList>();
    for (const { node, list: bytes } of await this.#view.rows.nodes(this.#realm.id)) {
      if (node === ROOT_NODE) continue;
      const list = ByteList.read(bytes);
      const digest = nodeDigest(this.#realm.id, node, bytes);
      // An empty list has no digest, and is not stored.
      if (list === null || digest === null || !isSame(digest, root.nodes.get(node)))
        throw this.#broken(`the list ${node}`);
      found.set(node, list);
    }
    const missing = root.nodes.bytes().find((node) => !found.has(node));
    if (missing !== undefined) throw this.#broken(`the list ${missing}`);
    return found;
  }

  async #kind(kind: KindName, root: RootList): Promise<void> {
    const rows = await this.#view.rows.digestsOf(this.#realm.id, kind);
    if (!isSame(kindDigest(this.#realm.id, kind, rows), root.kinds.get(kind) ?? null))
      throw this.#broken(`the list of ${kind} records`);
    for (const { id, digest } of rows) {
      const row = await this.#view.rows.get({ realm: this.#realm.id, kind, id });
      this.#record(row, { realm: this.#realm.id, kind, id, place: null, digest });
    }
    await this.#counted(kind, rows.length);
  }

  /** What has a place: in the order in which it is stored, and where anything is amiss there, place by place, to find what it is. */
  async #places(nodes: ReadonlyMap<number, ByteList>): Promise<void> {
    let counted = 0;
    const count = async (more: number): Promise<void> => {
      counted += more;
      await this.#onCounted(more);
    };
    const counts = await this.#inOrder(nodes, count);
    if (counts === null) {
      await this.#onCounted(-counted);
      for await (const { place, rows } of this.#lists(nodes)) await this.#place(place, rows);
    } else for (const [kind, found] of counts) this.#counts.set(kind, found);
  }

  /** @returns how many of each kind there are, or null where something is amiss @throws Broken for a list */
  async #inOrder(nodes: ReadonlyMap<number, ByteList>, onCounted: (more: number) => Promise<void>) {
    const [listed, met] = [new DigestSet(), new DigestSet()];
    // The value that each name says is its own, and whose each value says it is.
    const [named, held] = [new DigestSet(), new DigestSet()];
    const counts = new Map<string, number>();
    const take = (row: RecordRow): boolean => {
      const content = this.#recordOrBroken(row);
      if (content === BROKEN) return false;
      const { kind, id, place, digest } = row;
      met.add(kind, place!, id, digest);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (content === null) return true;
      if (kind === 'value') held.add(id, (content as Content<'value'>).name);
      if (kind !== 'name') return true;
      const { name, value } = content as Content<'name'>;
      if (value !== null) named.add(value, name);
      return true;
    };
    for await (const { place, rows } of this.#lists(nodes)) {
      for (const { kind, id, digest } of rows) listed.add(kind, place, id, digest);
    }
    for (const kind of PLACED) {
      let limit = firstPage(kind);
      for (let after = ''; ;) {
        const rows = await this.#view.rows.page(this.#realm.id, kind, after, limit);
        for (const row of rows) {
          if (row.place === null || (row.id <= after && after !== '') || !take(row)) return null;
          after = row.id;
        }
        await onCounted(rows.length);
        if (rows.length < limit) break;
        limit = nextPage(kind, rows);
      }
    }
    const values = await this.#view.rows.valuesByPlace(this.#realm.id);
    const isWhole = met.isSame(listed) && named.isSame(held) && values === (counts.get('value') ?? 0);
    return isWhole ? counts : null;
  }

  #recordOrBroken(row: RecordRow): Content<KindName> | typeof BROKEN | null {
    try {
      return this.#record(row, row);
    } catch (error) {
      if (error instanceof Broken) return BROKEN;
      throw error;
    }
  }

  /** The list of each place, held against the nodes. */
  async *#lists(nodes: ReadonlyMap<number, ByteList>): AsyncGenerator<{ place: number; rows: readonly DigestRow[] }> {
    const expected = [...nodes].flatMap(([node, list]) => list.bytes().map((byte) => (node << 8) | byte));
    let next = 0;
    for (let from = 0; from <= 0xffff;) {
      const rows = await this.#view.rows.digestsFrom(this.#realm.id, from);
      if (rows.length === 0) break;
      for (const [place, own] of Map.groupBy(rows, (row) => row.place)) {
        const digest = place === null ? null : (nodes.get(place >> 8)?.get(place & 0xff) ?? null);
        if (place === null || place !== expected[next] || !isSame(placeDigest(this.#realm.id, place, own), digest))
          throw this.#broken(`the list of the place ${expected[next] ?? place}`);
        next += 1;
        yield { place, rows: own };
        from = place + 1;
      }
    }
    if (next < expected.length) throw this.#broken(`the list of the place ${expected[next]}`);
  }

  async #place(place: number, listed: readonly DigestRow[]): Promise<void> {
    const rows = new Map((await this.#view.rows.at(this.#realm.id, place, null)).map((row) => [keyOf(row), row]));
    const contents = listed.map((one) => ({
      kind: one.kind,
      id: one.id,
      content: this.#record(rows.get(keyOf(one)) ?? null, one),
    }));
    const values = new Map<string, string>();
    for (const { kind, content } of contents) {
      if (kind === 'value' && content !== null)
        values.set((content as Content<'value'>).id, (content as Content<'value'>).name);
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    }
    for (const { kind, id, content } of contents) {
      if (kind !== 'name' || content === null) continue;
      const { name, value } = content as Content<'name'>;
      if (value === null || values.get(value) === name) continue;
      const { entry } = rows.get(keyOf({ kind, id }))!;
      this.#spoil({ kind, id, name, entry, reason: `the value of ${name} for ${this.#realm.name} is missing` });
    }
    await this.#onCounted(listed.length);
  }

  async #counted(kind: string, count: number): Promise<void> {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
    await this.#onCounted(count);
  }

  /**
   * One record against what a list says of it.
   * @returns null where that is just what hangs there, and no knox writes it
   * @throws Broken
   */
  #record(row: RecordRow | null, { kind, id, place, digest }: DigestRow): Content<KindName> | null {
    const what = (): string => `the ${printable(kind)} record ${printable(id)}`;
    const known = KIND_NAMES.find((name) => name === kind);
    if (row === null) throw this.#broken(what());
    const { vault } = this.#view.manifest;
    const { entry, body, box } = row;
    const own = recordDigest({ vault, realm: this.#realm.id, kind, id }, entry, body, box);
    if (!isEqual(own, digest) || !isEqual(row.digest, digest) || row.place !== place)
      throw this.#broken(what(), row.entry);
    const content = known === undefined ? null : this.#decoded(known, id, body);
    const about = content === null ? null : aboutOf(known!, content);
    const isInPlace = content !== null && (about === null ? null : placeOf(about)) === place;
    if (!isInPlace || entry < 1 || entry > this.#part.seq) {
      const reason = `${what()} of ${this.#realm.name} has invalid content`;
      this.#spoil({ kind, id, name: about, entry, reason });
    } else if (known === 'value') this.#value(content as Content<'value'>, row);
    return isInPlace ? content : null;
  }

  /** Without the realm's key nobody is known to have put it there. @throws Broken */
  #spoil(found: Omit<Spoiled, 'realm'>): void {
    if (this.#key === null) throw new Broken(found.entry, found.reason);
    this.#spoiled.set(keyOf(found), { ...found, realm: this.#realm.name });
  }

  #decoded(kind: KindName, id: string, body: string): Content<KindName> | null {
    try {
      return decodeRecord(kind, id, body);
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  }

  #value({ id, name, key }: Content<'value'>, { box, entry }: RecordRow): void {
    if (this.#key === null || !this.#areValuesOpened) return;
    const place = { vault: this.#view.manifest.vault, key, realm: this.#realm.id, name, value: id };
    const isOwn = box !== null && key === this.#realm.key;
    const plaintext = isOwn ? decryptValue(place, box, this.#key) : null;
    if (plaintext === null)
      this.#spoil({ kind: 'value', id, name, entry, reason: spoiledValue(name, this.#realm.name) });
    plaintext?.wipe();
  }

  /** Rows that no list and no index leads to. */
  async #nothingBeside(): Promise<void> {
    let all = 0;
    for (const count of this.#counts.values()) all += count;
    if ((await this.#view.rows.count(this.#realm.id)) !== all)
      throw new Broken(this.#part.seq, `there are records of ${this.#realm.name} that its lists do not lead to`);
  }
}

function keyOf({ kind, id }: Pick<RecordRow, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
function isSame(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left === null || right === null ? left === right : isEqual(left, right);
}
