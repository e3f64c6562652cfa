/** Taking a key's access away: the slot becomes a former one, and what it could read is marked and due. */
import { errors } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import { isGiven, realmNamed, SHARED } from '../documents/manifest.ts';
import type { FormerSlot, Manifest, ManifestSlot } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import type { NameRecord } from '../records/kinds.ts';
import { nextManifest, requireAdmin } from './next-manifest.ts';

/** Whoever administers opens everything: while one is left, so is somebody for every value. @throws last_key */
export function refuseLast({ slots }: Manifest, leaving: readonly ManifestSlot[]): void {
  if (slots.some((slot) => slot.admin && !isOneOf(leaving, slot))) return;
  throw errors.last_key(
    `"${leaving.find(({ admin }) => admin)?.label}" is the last key that may add and remove keys`,
    'give another one that right first: knox key add --admin',
  );
}

/**
 * @param isRekeyed whether all keys are replaced in the same transaction
 * @returns the names that they could read
 * @throws last_key, not_granted
 */
export async function removeSlots(
  change: Change,
  leaving: readonly ManifestSlot[],
  isRekeyed: boolean,
): Promise<string[]> {
  const exposed = await takeSlots(change, leaving);
  const said = leaving.map(({ id, label }) => ({ slot: id, label }));
  const detail = { ...(said.length === 1 ? said[0]! : { slots: said }), exposed: exposed.length, rekeyed: isRekeyed };
  change.log({ action: 'key-remove', detail });
  return exposed;
}

/**
 * The same as part of a change that says itself what it does.
 * @param more what else the manifest is to say
 */
export async function takeSlots(
  change: Change,
  leaving: readonly ManifestSlot[],
  more: Partial<Manifest> = {},
): Promise<string[]> {
  requireAdmin(change);
  const { manifest } = change;
  refuseLast(manifest, leaving);
  const exposed = new Set<string>();
  for (const slot of leaving) for (const name of await markExposed(change, slot)) exposed.add(name);
  const next = nextManifest(change, {
    slots: manifest.slots.filter((slot) => !isOneOf(leaving, slot)),
    formerSlots: [...manifest.formerSlots, ...leaving.map((slot) => former(change, slot))],
  });
  const grants = new Map(leaving.map(({ id }) => [id, []]));
  await change.putManifest({ manifest: { ...next, ...more }, grants, newKeys: new Map() });
  return [...exposed].toSorted();
}

function isOneOf(slots: readonly ManifestSlot[], { id }: ManifestSlot): boolean {
  return slots.some((slot) => slot.id === id);
}

function former(change: Change, slot: ManifestSlot): FormerSlot {
  const { id, label, publicKey, realms, admin, added } = slot;
  return { id, label, publicKey, realms, admin, added, removed: change.seq };
}

/** In every realm by itself, so that each says of its own value that it has to be changed. */
async function markExposed(change: Change, slot: ManifestSlot): Promise<string[]> {
  const exposed: string[] = [];
  for (const realm of change.readableRealms()) {
    const bases = new Set<string>();
    for (const record of await readableIn(change, slot, realm)) {
      const { id, label } = slot;
      await change.update(record, { exposed: [...record.exposed, { slot: id, label, at: change.at }] });
      bases.add(record.base);
      exposed.push(record.name);
    }
    for (const base of bases) {
      const lineage = await change.unlessDamaged(realm, () => change.find('lineage', realm, base));
      if (lineage === null || (lineage.dueAt !== null && lineage.dueAt <= change.at)) continue;
      await change.update(lineage, { dueAt: change.at });
    }
  }
  return exposed;
}

/** Records of a realm whose value a slot opens: the realm's own, or the shared one that it took up. */
async function readableIn(view: View, slot: ManifestSlot, realm: string): Promise<NameRecord[]> {
  const opens = (name: string): boolean => isGiven(slot, realmNamed(view.manifest, name)!);
  const opensOwn = opens(realm);
  const opensShared = opens(SHARED);
  if (!opensOwn && !opensShared) return [];
  // Whoever spoiled an environment is not kept in by that.
  return ((await view.unlessDamaged(realm, () => view.all('name', realm))) ?? []).filter(
    ({ value, shared }) => (value !== null && opensOwn) || (shared !== null && opensShared),
  );
}

/** Names of which a slot opens a value, as far as the realms at hand tell. */
export async function readableNames(view: View, slot: ManifestSlot): Promise<string[]> {
  const names = new Set<string>();
  for (const realm of view.readableRealms())
    for (const { name } of await readableIn(view, slot, realm)) names.add(name);
  return [...names].toSorted();
}
