/** The part of a realm's tree that its places make, as they are stored: what the lists of nodes must be, and how many records they hold. */
import { ROOT_NODE } from '../../store/store.ts';
import type { NodeRow, ReadTransaction } from '../../store/store.ts';
import { DigestSet } from '../documents/digest-set.ts';
import { placesOf } from '../documents/places.ts';
import { ByteList, placeDigest } from '../documents/tree.ts';
import type { RootList } from '../documents/tree.ts';

export type Nodes = Map<number, ByteList>;

/** @returns the nodes, the records of each kind with their places, and whether every place can be one */
export async function placedIn(transaction: ReadTransaction, realm: string) {
  const nodes: Nodes = new Map();
  const kinds = new Map<string, DigestSet>();
  let isInRange = true;
  for await (const { place, rows } of placesOf(transaction, realm)) {
    for (const { kind, digest } of rows) {
      const ofKind = kinds.get(kind) ?? new DigestSet();
      ofKind.add(place, digest);
      kinds.set(kind, ofKind);
    }
    isInRange &&= place <= 0xffff;
    setPlace(nodes, place, placeDigest(realm, place, rows));
  }
  return { nodes, kinds, isInRange };
}

export function setPlace(nodes: Nodes, place: number, digest: Uint8Array | null): void {
  const list = nodes.get(place >> 8) ?? new ByteList();
  list.set(place & 0xff, digest);
  nodes.set(place >> 8, list);
}

/** Whether the lists of nodes are stored as they were found, and no other is: a record that is looked for alone goes by them. */
export function areStored(stored: readonly NodeRow[], root: RootList, nodes: Nodes): boolean {
  const expected = new Map<number, Uint8Array>([[ROOT_NODE, root.write()]]);
  for (const [node, list] of nodes) if (!list.isEmpty) expected.set(node, list.write());
  return (
    stored.length === expected.size &&
    stored.every(({ node, list }) => Buffer.compare(expected.get(node) ?? Buffer.alloc(0), list) === 0)
  );
}
