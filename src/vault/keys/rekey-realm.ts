/**
 * What one realm holds, under a new key: values are encrypted again, names that took up a shared value name its new ciphertext, and the
 * lists that hang from the seal are made of what stands then. Ids and the numbers of entries stay: what a record says is the same.
 *
 * A value that does not open stays as it is, byte by byte, and so does a record with invalid content: whoever put it there keeps
 * nobody's keys as they are. It names another key than its realm has from then on, so that it never opens.
 */
import { decryptValue, encryptValue } from '../../crypto/envelope.ts';
import { hash } from '../../crypto/sodium.ts';
import { errors } from '../../errors.ts';
import { ROOT_NODE } from '../../store/store.ts';
import type { RecordRow, WriteTransaction } from '../../store/store.ts';
import { realmNamed, SHARED } from '../documents/manifest.ts';
import { placesOf } from '../documents/places.ts';
import { spoiledValue } from '../core/spoiled.ts';
import type { Spoiled } from '../core/spoiled.ts';
import type { RealmState } from '../core/realm-state.ts';
import { ByteList, nodeDigest, placeDigest, recordDigest, rootDigest, RootList } from '../documents/tree.ts';
import { View } from '../core/view.ts';
import type { Look } from '../core/view.ts';
import { encodeRecord } from '../records/kinds.ts';
import type { Content, NameRecord, Stored, ValueRecord } from '../records/kinds.ts';
import type { NewRealm } from './create-vault.ts';

type Progress = (done: number) => Promise<void>;

/** A look at a vault that is verified whole, with the right to write it again. */
export class RealmRenewal extends View {
  /** How many values were encrypted again. */
  values = 0;
  /** What was not, since it does not open. */
  readonly spoiled: Spoiled[] = [];
  readonly #write: WriteTransaction;
  readonly #step: Progress;
  #done = 0;
  /** The new hash of each shared ciphertext, by the old one. */
  readonly #sharedHashes = new Map<string, string>();

  constructor(look: Look, transaction: WriteTransaction, step: Progress) {
    super(look);
    this.#write = transaction;
    this.#step = step;
  }

  /** The realm `shared` comes first. @returns the digest of the realm's root, hex @throws vault_damaged */
  async renew(name: string, fresh: NewRealm): Promise<string> {
    const state = this.state(name);
    const { kinds } = await state.root();
    await this.#each(state, 'value', async (row, record) => {
      const renewed = this.#encrypted(row, record, fresh);
      if (renewed === null) {
        this.#leave(record, fresh);
        return;
      }
      const { key, box } = renewed;
      await this.#put('value', row, { ...contentOf(record), key }, box);
      if (name === SHARED) this.#sharedHashes.set(hashOf(row.box!), hashOf(box));
      this.values += 1;
    });
    await this.#each(state, 'name', async (row, record) => {
      const shared = record.shared === null ? undefined : this.#sharedHashes.get(record.shared);
      if (shared !== undefined) await this.#put('name', row, { ...contentOf(record), shared }, null);
    });
    return this.#putLists(state, kinds);
  }

  /** Every record of a kind, held against the lists that were checked, a page at a time: memory stays flat. */
  async #each<K extends 'value' | 'name'>(
    state: RealmState,
    kind: K,
    work: (row: RecordRow, record: Stored<K>) => Promise<void>,
  ): Promise<void> {
    for await (const page of state.walk(kind)) {
      for (const { row, record } of page) await work(row, record);
      this.#done += page.length;
      await this.#step(this.#done);
    }
  }

  async #put<K extends 'value' | 'name'>(kind: K, row: RecordRow, content: Content<K>, box: Uint8Array | null) {
    const { realm, id, entry } = row;
    const body = encodeRecord(kind, content);
    const digest = recordDigest({ vault: this.manifest.vault, realm, kind, id }, entry, body, box);
    await this.#write.put({ ...row, body, box, digest });
  }

  /** @returns null where the value does not open */
  #encrypted(row: RecordRow, { id, name, key, realm }: ValueRecord, fresh: NewRealm) {
    const known = realmNamed(this.manifest, realm)!;
    const place = { vault: this.manifest.vault, key, realm: known.id, name, value: id };
    const plaintext =
      row.box === null || key !== known.key ? null : decryptValue(place, row.box, this.ring!.realmKey(realm));
    if (plaintext === null) return null;
    const box = encryptValue({ ...place, key: fresh.realm.key }, plaintext, fresh.key);
    plaintext.wipe();
    return { key: fresh.realm.key, box };
  }

  #leave({ id, name, realm, entry, key }: ValueRecord, fresh: NewRealm): void {
    if (key === fresh.realm.key) throw errors.bug('a new key with the id of another one');
    this.spoiled.push({ kind: 'value', id, name, realm, entry, reason: spoiledValue(name, realm) });
  }

  /** @param kinds what is one list each, and stays as it is */
  async #putLists({ realm }: RealmState, kinds: RootList['kinds']): Promise<string> {
    const root = new RootList();
    for (const [kind, digest] of kinds) root.setKind(kind, digest);
    const nodes = new Map<number, ByteList>();
    for await (const { place, rows } of placesOf(this.#write, realm.id)) {
      const list = nodes.get(place >> 8) ?? new ByteList();
      list.set(place & 0xff, placeDigest(realm.id, place, rows));
      nodes.set(place >> 8, list);
    }
    for (const [node, list] of nodes) {
      const bytes = list.write();
      root.nodes.set(node, nodeDigest(realm.id, node, bytes));
      await this.#write.putNode(realm.id, node, bytes);
    }
    const bytes = root.write();
    await this.#write.putNode(realm.id, ROOT_NODE, bytes);
    return Buffer.from(rootDigest(realm.id, bytes)).toString('hex');
  }
}

function contentOf<R extends NameRecord | ValueRecord>(record: R): Omit<R, 'kindOf' | 'realm' | 'entry'> {
  const { kindOf: _kind, realm: _realm, entry: _entry, ...content } = record;
  return content;
}

function hashOf(box: Uint8Array): string {
  return Buffer.from(hash(box)).toString('hex');
}
