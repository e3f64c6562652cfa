/**
 * A colleague's own program: it has a key of the vault, the file, older copies of it, and knox's own rooms. It writes what it likes into any
 * table, makes every list anew, and signs entries and heads; what it cannot make is a seal of a realm whose key it was not given.
 */
import { CHAIN_START, entryHash, signEntry } from '../../src/crypto/audit-chain.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { ROOT_NODE } from '../../src/store/store.ts';
import type { WriteTransaction } from '../../src/store/store.ts';
import { readHead, sealedPart, signedHead } from '../../src/vault/documents/head.ts';
import type { Head, RealmPart } from '../../src/vault/documents/head.ts';
import { KeyRing } from '../../src/vault/documents/key-ring.ts';
import { readManifest, realmNamed } from '../../src/vault/documents/manifest.ts';
import type { Manifest } from '../../src/vault/documents/manifest.ts';
import {
  ByteList,
  kindDigest,
  nodeDigest,
  placeDigest,
  placeOf,
  recordDigest,
  rootDigest,
  RootList,
} from '../../src/vault/documents/tree.ts';
import { encodeEntry } from '../../src/vault/log/audit-entry.ts';
import { aboutOf, decodeRecord, encodeRecord, idOf, LISTED } from '../../src/vault/records/kinds.ts';
import type { Content, KindName } from '../../src/vault/records/kinds.ts';
import { publicTextOf } from '../../src/vault/trust/unlock.ts';
import type { OpenVault, TestVault } from './vault.ts';

/** What a part of the head is to say; what is left out stays as it is. */
export type ForgedParts = Readonly<Record<string, Partial<RealmPart>>>;

export class Colleague {
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing;
  readonly transaction: WriteTransaction;

  private constructor(manifest: Manifest, head: Head, ring: KeyRing, transaction: WriteTransaction) {
    this.manifest = manifest;
    this.head = head;
    this.ring = ring;
    this.transaction = transaction;
  }

  /** Works on a file with the secret of a key, in one transaction and past the vault's own rules. */
  static async in<T>(file: string, secret: Uint8Array, work: (colleague: Colleague) => Promise<T>): Promise<T> {
    const store = await SqliteStore.open(file);
    try {
      return await store.write(5, async (transaction) => {
        const { manifest, hash } = readManifest(await transaction.manifest());
        const head = readHead(await transaction.head(), manifest, hash);
        const slot = manifest.slots.find(({ publicKey }) => publicKey === publicTextOf(secret))!;
        const ring = new KeyRing(manifest, slot, secret, await transaction.grants(slot.id));
        return work(new Colleague(manifest, head, ring, transaction));
      });
    } finally {
      await store.close();
    }
  }

  /** The same on a vault that a test made. */
  static at<T>(made: TestVault, options: OpenVault, work: (colleague: Colleague) => Promise<T>): Promise<T> {
    return Colleague.in(options.file ?? made.file, (options.key ?? made.key).secret, work);
  }

  /** The same from another head: going on after one that was forged, or from further back. */
  from(head: Partial<Head>): Colleague {
    return new Colleague(this.manifest, { ...this.head, ...head }, this.ring, this.transaction);
  }

  /** Number of the entry that this is going to be. */
  get seq(): number {
    return this.head.seq + 1;
  }
  idOf(realm: string): string {
    return realmNamed(this.manifest, realm)!.id;
  }

  /** What a record of any realm says. */
  async get<K extends KindName>(kind: K, realm: string, id: string): Promise<Content<K>> {
    const row = await this.transaction.get({ realm: this.idOf(realm), kind, id });
    return decodeRecord(kind, id, row!.body);
  }
  async all<K extends KindName>(kind: K, realm: string): Promise<Content<K>[]> {
    const rows = await this.transaction.page(this.idOf(realm), kind, '', 1000);
    return rows.map(({ id, body }) => decodeRecord(kind, id, body));
  }

  /** Puts a record into any realm, with the digest that belongs to it. */
  async put<K extends KindName>(kind: K, realm: string, content: Content<K>, box: Uint8Array | null = null) {
    const id = idOf(kind, content);
    const about = aboutOf(kind, content);
    const key = { vault: this.manifest.vault, realm: this.idOf(realm), kind, id };
    const body = encodeRecord(kind, content);
    const digest = recordDigest(key, this.seq, body, box);
    const place = about === null ? null : placeOf(about);
    await this.transaction.put({ realm: key.realm, kind, id, place, body, box, entry: this.seq, digest });
  }
  async remove(kind: KindName, realm: string, id: string): Promise<void> {
    await this.transaction.delete({ realm: this.idOf(realm), kind, id });
  }

  /** Makes all lists of a realm anew, of whatever lies there. @returns the root, hex */
  async relist(realm: string): Promise<string> {
    const id = this.idOf(realm);
    const root = new RootList();
    for (const kind of LISTED) root.setKind(kind, kindDigest(id, kind, await this.transaction.digestsOf(id, kind)));
    const nodes = new Map<number, ByteList>();
    for (let place = 0; place <= 0xffff;) {
      const [first] = await this.transaction.digestsFrom(id, place);
      if (first === undefined) break;
      place = first.place!;
      const list = nodes.get(place >> 8) ?? new ByteList();
      list.set(place & 0xff, placeDigest(id, place, await this.transaction.digestsAt(id, place)));
      nodes.set(place >> 8, list);
      place += 1;
    }
    for (const { node } of await this.transaction.nodes(id)) await this.transaction.deleteNode(id, node);
    for (const [node, list] of nodes) {
      await this.transaction.putNode(id, node, list.write());
      root.nodes.set(node, nodeDigest(id, node, list.write()));
    }
    await this.transaction.putNode(id, ROOT_NODE, root.write());
    return Buffer.from(rootDigest(id, root.write())).toString('hex');
  }

  /**
   * Appends an entry and signs a head. Realms whose key is at hand are sealed truly.
   * @param named realms that the entry names, with the root that it says they have
   * @param parts for the head, in place of what would be there
   * @param slot in whose name
   */
  async finish(
    named: Readonly<Record<string, string>>,
    {
      parts = {},
      slot = this.ring.slot.id,
      action = 'set',
      secret = null,
      detail = null,
      at = this.head.at,
    }: {
      readonly parts?: ForgedParts;
      readonly slot?: string;
      readonly action?: string;
      readonly secret?: string | null;
      readonly detail?: Readonly<Record<string, unknown>> | null;
      readonly at?: string;
    } = {},
  ): Promise<Head> {
    const { vault } = this.manifest;
    const steps = Object.entries(named).map(([realm, root]) => {
      const { seq = 0, hash = CHAIN_START } = this.head.realms[this.idOf(realm)] ?? {};
      return [this.idOf(realm), { seq, hash, root }] as const;
    });
    const body = encodeEntry({
      at,
      actor: 'admin@hq',
      slot,
      action,
      secret,
      environment: null,
      route: null,
      detail,
      generation: this.manifest.generation,
      manifest: null,
      realms: Object.fromEntries(steps),
    });
    const hash = entryHash(vault, this.seq, this.head.hash, body);
    if (this.head.slot === slot) await this.transaction.unsignEntry(this.head.seq);
    const seed = this.ring.signingSeed;
    await this.transaction.appendEntry({
      seq: this.seq,
      body,
      hash,
      signature: signEntry(seed, vault, this.seq, hash),
    });
    const realms: Record<string, RealmPart> = { ...this.head.realms };
    for (const [realm, root] of Object.entries(named)) {
      const id = this.idOf(realm);
      const part = { seq: this.seq, hash, root };
      realms[id] = this.ring.hasRealm(realm)
        ? sealedPart(this.ring.realmKey(realm), { vault, realm: id, manifest: this.head.manifest }, part)
        : { ...part, seal: realms[id]!.seal };
    }
    for (const [realm, part] of Object.entries(parts)) {
      const id = this.idOf(realm);
      realms[id] = { ...realms[id]!, ...part };
    }
    const head: Head = { ...this.head, slot, seq: this.seq, at, hash, realms };
    await this.transaction.putHead(signedHead(head, vault, seed));
    return head;
  }
}
