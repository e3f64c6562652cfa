/** What follows the manifest in force, and what is sealed to a slot under it. */
import type { Change } from '../core/change.ts';
import type { KeyRing } from '../documents/key-ring.ts';
import { isGiven } from '../documents/manifest.ts';
import type { Manifest, ManifestSlot } from '../documents/manifest.ts';
import type { GrantRow } from '../../store/store.ts';
import { grantsHash, sealKeys } from '../documents/grants.ts';

/** Asked for first, so that whoever may not learns that first, whatever else is wrong. @throws not_granted */
export function requireAdmin({ ring }: Pick<Change, 'ring'>): void {
  void ring!.rootSeed;
}

/** The manifest that a change puts in force. */
export function nextManifest(change: Pick<Change, 'manifest' | 'seq'>, patch: Partial<Manifest>): Manifest {
  const { manifest, seq } = change;
  return { ...manifest, ...patch, generation: manifest.generation + 1, entry: seq };
}

/** The keys that are sealed: those at hand, or new ones. */
export interface Keys {
  readonly rootSeed: Uint8Array;
  /** @param realm its name */
  realmKey(realm: string): Uint8Array;
}

/** A ring, and the keys of realms that it does not know yet. @param fresh by name */
export function keysWith(ring: KeyRing, fresh: ReadonlyMap<string, Uint8Array>): Keys {
  return {
    get rootSeed() {
      return ring.rootSeed;
    },
    realmKey: (realm) => fresh.get(realm) ?? ring.realmKey(realm),
  };
}

/** Seals to a slot everything that it was given. @returns the slot with the hash of it */
export function sealedSlot(
  { vault, root, realms }: Pick<Manifest, 'vault' | 'root' | 'realms'>,
  slot: Omit<ManifestSlot, 'grants'>,
  keys: Keys,
): { readonly slot: ManifestSlot; readonly rows: GrantRow[] } {
  const given = realms.filter((realm) => isGiven(slot, realm));
  const rows = sealKeys(vault, slot, [
    ...(slot.admin ? [{ id: root, realm: '', key: keys.rootSeed }] : []),
    ...given.map(({ id, name, key }) => ({ id: key, realm: id, key: keys.realmKey(name) })),
  ]);
  return { slot: { ...slot, grants: grantsHash(vault, slot.id, rows) }, rows };
}
