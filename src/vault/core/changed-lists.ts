/** The lists of a realm that a change has touched, made again from what is stored then, with the nodes and the root above them. */
import { isEqual } from '../../crypto/sodium.ts';
import { ROOT_NODE } from '../../store/store.ts';
import type { DigestRow, ReadTransaction, WriteTransaction } from '../../store/store.ts';
import type { KindName } from '../records/kinds.ts';
import { placesOf } from '../documents/places.ts';
import type { Place } from '../documents/places.ts';
import { kindDigest, nodeDigest, placeDigest, rootDigest, RootList } from '../documents/tree.ts';
import type { ByteList } from '../documents/tree.ts';

export interface Changed {
  /** The realm's id. */
  readonly realm: string;
  /** The root as it was. */
  readonly before: RootList;
  /** A node's list as it was. */
  readonly node: (node: number) => Promise<ByteList>;
  /** Places, and kinds. */
  readonly changed: ReadonlySet<number | string>;
  /** What a list held when it was checked, and what the change has made of it. */
  readonly own: (list: number | string) => ReadonlyMap<string, Uint8Array>;
  readonly damaged: () => Error;
}

export interface Made {
  /** Of the root, hex. */
  readonly digest: string;
  readonly root: RootList;
  /** By their digests, hex. */
  readonly nodes: ReadonlyMap<string, ByteList>;
}

/** So many changed places, and so large a part of all, are read in one walk over the realm. */
const MANY_PLACES = 256;
const LARGE_PART = 1 / 3;

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** @throws vault_damaged */
export async function makeLists(transaction: WriteTransaction, of: Changed): Promise<Made> {
  const { realm, before, changed } = of;
  const root = new RootList(before.nodes.copy());
  for (const [kind, digest] of before.kinds) root.setKind(kind, digest);
  for (const kind of changed) {
    if (typeof kind === 'number') continue;
    const rows = await transaction.digestsOf(realm, kind);
    requireOwn(of, kind, rows);
    root.setKind(kind as KindName, kindDigest(realm, kind, rows));
  }
  const nodes = new Map<number, ByteList>();
  for await (const { place, rows } of changedPlaces(transaction, of)) {
    requireOwn(of, place, rows);
    const node = place >> 8;
    const list = nodes.get(node) ?? (await of.node(node)).copy();
    list.set(place & 0xff, placeDigest(realm, place, rows));
    nodes.set(node, list);
  }
  const known = new Map<string, ByteList>();
  for (const [node, list] of nodes) {
    const bytes = list.write();
    const digest = nodeDigest(realm, node, bytes);
    root.nodes.set(node, digest);
    if (digest === null) await transaction.deleteNode(realm, node);
    else {
      await transaction.putNode(realm, node, bytes);
      known.set(hexOf(digest), list);
    }
  }
  const bytes = root.write();
  await transaction.putNode(realm, ROOT_NODE, bytes);
  return { digest: hexOf(rootDigest(realm, bytes)), root, nodes: known };
}

const NO_DIGEST = new Uint8Array();

/** That a list is stored as it is known, and nothing beside it. */
function requireOwn({ own: ownOf, damaged }: Changed, list: number | string, rows: readonly DigestRow[]): void {
  const own = ownOf(list);
  const isOwn = ({ kind, id, digest }: DigestRow): boolean => isEqual(own.get(`${kind} ${id}`) ?? NO_DIGEST, digest);
  if (rows.length !== own.size || !rows.every(isOwn)) throw damaged();
}

/** What is stored at each place that was changed. */
async function* changedPlaces(transaction: ReadTransaction, of: Changed): AsyncGenerator<Place> {
  const left = new Set([...of.changed].filter((list) => typeof list === 'number'));
  if (await isLargePart(of, left))
    for await (const place of placesOf(transaction, of.realm)) if (left.delete(place.place)) yield place;
  for (const place of left) yield { place, rows: await transaction.digestsAt(of.realm, place) };
}

async function isLargePart({ before, node: listOf }: Changed, changed: ReadonlySet<number>): Promise<boolean> {
  if (changed.size < MANY_PLACES) return false;
  const all = new Set(changed);
  for (const node of before.nodes.bytes()) for (const byte of (await listOf(node)).bytes()) all.add((node << 8) | byte);
  return changed.size >= LARGE_PART * all.size;
}
