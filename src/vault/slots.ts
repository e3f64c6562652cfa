/** Giving a key access to a vault, and taking it away: the slot, its grants, and a manifest signed by the root. */
import { decodeKeyText } from '../crypto/key-text.ts';
import { randomId } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { SlotRecord } from '../store/store.ts';
import type { Change } from './change.ts';
import { isGiven, SHARED } from './manifest.ts';
import type { Manifest, ManifestSlot } from './manifest.ts';
import type { View } from './view.ts';

export interface NewSlot {
  readonly kind: ManifestSlot['kind'];
  readonly label: string;
  /** `knox_pub_1_…` */
  readonly publicKey: string;
  /** Null: all, also those made later. */
  readonly environments: readonly string[] | null;
  readonly admin: boolean;
  /** What a passphrase unlocks it with, made for this id; null for a key file. */
  readonly wrapped: { readonly id: string; readonly record: SlotRecord } | null;
}

/**
 * @throws not_granted where the key at hand may not administer or lacks an environment itself, environment_not_found, usage where that key
 * opens the vault already
 */
export async function addSlot(change: Change, added: NewSlot): Promise<ManifestSlot> {
  const { manifest } = change;
  const same = manifest.slots.find(({ publicKey }) => publicKey === added.publicKey);
  if (same !== undefined) {
    throw errors.usage(
      `that key opens this vault already: "${same.label}" (${same.id})`,
      `to change what it opens: knox key remove ${same.id} --no-rekey, then add it again`,
    );
  }
  const slot: ManifestSlot = {
    id: added.wrapped?.id ?? randomId(),
    kind: added.kind,
    label: added.label,
    publicKey: added.publicKey,
    environments: added.environments,
    admin: added.admin,
    createdAt: change.at,
  };
  const keys = keysOf(change, slot);
  await change.putManifest({ ...manifest, generation: manifest.generation + 1, slots: [...manifest.slots, slot] });
  const { id, kind, createdAt } = slot;
  const empty = { salt: null, memory: null, passes: null, lanes: null, wrapped: null };
  await change.putSlot({ ...empty, ...added.wrapped?.record, id, kind, createdAt });
  for (const { key, environment, bytes } of keys) await change.putGrant(slot, key, environment, bytes);
  const { label, environments, admin } = slot;
  change.log({ action: 'key-add', detail: { slot: id, label, kind, environments: environments ?? 'all', admin } });
  return slot;
}

interface GivenKey {
  readonly key: string;
  readonly environment: string;
  readonly bytes: Uint8Array;
}

/** What is sealed to a slot. */
function keysOf({ manifest, ring }: Change, slot: ManifestSlot): GivenKey[] {
  const keys = ring!;
  const administering = { key: manifest.root.key, environment: '', bytes: keys.rootSeed };
  const given = (slot.environments ?? [SHARED, ...manifest.environments.map(({ name }) => name)]).map((environment) => {
    const bytes = keys.environmentKey(environment);
    const known = manifest.environments.find(({ name }) => name === environment) ?? manifest.shared;
    return { key: known.key, environment, bytes };
  });
  return [
    { key: manifest.vaultKey.key, environment: '', bytes: keys.vaultKey },
    { key: manifest.audit.key, environment: '', bytes: keys.auditSeed },
    ...(slot.admin ? [administering] : []),
    ...given,
  ];
}

/** @param given an id, or a label that one key alone has. @throws key_not_found */
export function findSlot(manifest: Manifest, given: string): ManifestSlot {
  const byId = manifest.slots.find(({ id }) => id === given);
  const byLabel = manifest.slots.filter(({ label }) => label === given);
  if (byId !== undefined) return byId;
  if (byLabel.length === 1) return byLabel[0]!;
  throw errors.key_not_found(
    byLabel.length > 1 ? `${byLabel.length} keys are labelled "${given}"` : `no key of this vault is "${given}"`,
    byLabel.length > 1 ? `name its id: ${byLabel.map(({ id }) => id).join(', ')}` : 'see them: knox key list',
  );
}

/** What would be left that nobody administers or opens. @throws last_key */
export function refuseLast({ slots, environments }: Manifest, leaving: ManifestSlot): void {
  const others = slots.filter(({ id }) => id !== leaving.id);
  if (!others.some(({ admin }) => admin)) {
    throw errors.last_key(
      `"${leaving.label}" is the last key that may add and remove keys`,
      'give another one that right first: knox key add --admin',
    );
  }
  const orphan = [SHARED, ...environments.map(({ name }) => name)].find(
    (name) => isGiven(leaving, name) && !others.some((slot) => isGiven(slot, name)),
  );
  if (orphan !== undefined) {
    throw errors.last_key(
      `"${leaving.label}" is the last key that opens ${orphan === SHARED ? 'the shared values' : orphan}`,
      `give it to another one first: knox key add --env ${orphan}`,
    );
  }
}

/**
 * Takes a slot away, and marks what its key could read. @returns the names of these secrets
 * @throws last_key, not_granted
 */
export async function removeSlot(change: Change, slot: ManifestSlot, isRekeyed: boolean): Promise<string[]> {
  const { manifest } = change;
  refuseLast(manifest, slot);
  const exposed = await markExposed(change, slot);
  await change.putManifest({
    ...manifest,
    generation: manifest.generation + 1,
    slots: manifest.slots.filter(({ id }) => id !== slot.id),
  });
  await change.removeSlot(slot);
  const { id, label } = slot;
  change.log({ action: 'key-remove', detail: { slot: id, label, exposed: exposed.length, rekeyed: isRekeyed } });
  return exposed;
}

async function markExposed(change: Change, slot: ManifestSlot): Promise<string[]> {
  const exposed = await readableSecrets(change, slot);
  const lineages = new Set<string>();
  for (const { id, lineage } of exposed) {
    await change.put('exposure', { id: change.newId(), secret: id, slot: slot.id, label: slot.label, at: change.at });
    lineages.add(lineage);
  }
  for (const id of lineages) {
    const lineage = await change.get('lineage', id);
    if (lineage === null || (lineage.due_at !== null && lineage.due_at <= change.at)) continue;
    const { entry: _entry, tag: _tag, ...row } = lineage;
    await change.put('lineage', { ...row, due_at: change.at });
  }
  return exposed.map(({ name }) => name).toSorted();
}

/** Secrets of which a slot opens a value. */
export async function readableSecrets(view: View, slot: ManifestSlot) {
  const readable = new Set<string>();
  for (const { secret, environment } of await view.find('value')) if (isGiven(slot, environment)) readable.add(secret);
  return (await view.find('secret')).filter(({ id, state }) => readable.has(id) && state !== 'deleted');
}

/** @throws invalid_value where the text is no public key */
export function parsePublicKey(text: string): string {
  const key = decodeKeyText('public', text.trim());
  if (key instanceof Uint8Array) return text.trim();
  if (text.trim().startsWith('knox_key_')) {
    throw errors.invalid_value(
      'that is a key itself (knox_key_…), not its public half, and by now it stands in the history of a shell',
      'take it for known: make a new one with knox key new FILE, and give the public key that it prints',
    );
  }
  throw errors.invalid_value(
    key === 'mistyped' ? 'that public key is mistyped or cut off' : 'a public key begins with knox_pub_1_',
    'knox key new FILE prints it',
  );
}
