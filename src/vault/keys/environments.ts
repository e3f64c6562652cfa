/** Adding and removing environments: each is a realm with a key of its own, sealed to whoever opens everything. */
import { counted } from '../../domain/counted.ts';
import { errors } from '../../errors.ts';
import type { GrantRow } from '../../store/store.ts';
import type { Change } from '../core/change.ts';
import { isGiven, realmNamed, SHARED } from '../documents/manifest.ts';
import type { Manifest, ManifestSlot } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import { carryOver } from './carry-over.ts';
import { newRealm } from './create-vault.ts';
import { keysWith, nextManifest, requireAdmin, sealedSlot } from './next-manifest.ts';

/**
 * The new one is the last of the vault's order. What was set alike in all others holds there too.
 * @throws environment_exists, not_granted where the key does not administer
 */
export async function addEnvironment(change: Change, name: string, production: boolean): Promise<void> {
  requireAdmin(change);
  const { manifest } = change;
  if (realmNamed(manifest, name) !== null)
    throw errors.environment_exists(`the environment ${name} already exists`, 'see them: knox env list');
  const others = change.environmentNames();
  const { realm, key } = newRealm(name, production);
  const shared = realmNamed(manifest, SHARED)!;
  const realms = [...manifest.realms.filter(({ id }) => id !== shared.id), realm, shared];
  const opensAll = (slot: ManifestSlot): boolean => slot.realms === null;
  const { slots, grants } = sealAnew(change, { ...manifest, realms }, opensAll, new Map([[name, key]]));
  await change.putManifest({
    manifest: nextManifest(change, { realms, slots }),
    grants,
    newKeys: new Map([[realm.id, key]]),
  });
  await carryOver(change, name, others);
  change.log({ action: 'env-add', environment: name, detail: { production } });
}

/**
 * Takes an environment away that holds nothing any more. What counted and recorded there goes with it; the log keeps the history.
 * @throws environment_in_use, not_granted, environment_not_found
 */
export async function removeEnvironment(change: Change, name: string): Promise<void> {
  requireAdmin(change);
  await refuseInUse(change, name);
  const { manifest } = change;
  const realm = realmNamed(manifest, name)!;
  const realms = manifest.realms.filter(({ id }) => id !== realm.id);
  const left = manifest.slots.map((slot) =>
    slot.realms === null ? slot : { ...slot, realms: slot.realms.filter((id) => id !== realm.id) },
  );
  const had = new Set(manifest.slots.filter((slot) => isGiven(slot, realm)).map(({ id }) => id));
  const { slots, grants } = sealAnew(change, { ...manifest, realms, slots: left }, ({ id }) => had.has(id), new Map());
  await change.putManifest({
    manifest: nextManifest(change, {
      realms,
      slots,
      formerRealms: [...manifest.formerRealms, { id: realm.id, name, removed: change.seq }],
    }),
    grants,
    newKeys: new Map(),
  });
  change.log({ action: 'env-remove', environment: name });
}

/** Everything that some slots open, sealed to them again: what was added is with it, what was taken away is not. */
function sealAnew(
  { ring }: Change,
  manifest: Manifest,
  isConcerned: (slot: ManifestSlot) => boolean,
  fresh: ReadonlyMap<string, Uint8Array>,
) {
  const grants = new Map<string, readonly GrantRow[]>();
  const keys = keysWith(ring!, fresh);
  const slots = manifest.slots.map((slot) => {
    if (!isConcerned(slot)) return slot;
    const sealed = sealedSlot(manifest, slot, keys);
    grants.set(slot.id, sealed.rows);
    return sealed.slot;
  });
  return { slots, grants };
}

/** @throws environment_in_use, environment_not_found, not_granted, vault_damaged */
export async function refuseInUse(view: View, name: string): Promise<void> {
  view.requireEnvironment(name);
  view.ring!.realmKey(name);
  if (view.environmentNames().length === 1)
    throw errors.environment_in_use(`${name} is the only environment`, 'add another one first: knox env add NAME');
  const holding = (await view.all('name', name)).filter(({ value }) => value !== null);
  if (holding.length > 0) {
    throw errors.environment_in_use(
      `${name} still holds ${counted(holding.length, 'value')}`,
      `see them: knox list --env ${name}`,
      `delete them: knox delete NAME -e ${name}`,
    );
  }
  const routes = await view.all('route', name);
  if (routes.length > 0) {
    throw errors.environment_in_use(
      `${routes.map(({ path }) => path).join(', ')} is registered for ${name}`,
      `unregister it: knox route remove ROUTE -e ${name}`,
    );
  }
  if ((await view.all('rotation', name)).some(({ endedAt }) => endedAt === null))
    throw errors.environment_in_use(`a rotation of ${name} is in progress`, 'finish it first: knox rotations');
}
