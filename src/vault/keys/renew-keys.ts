/** Replacing the keys of a vault together with the changes that go with it, in one transaction. */
import { Change } from '../core/change.ts';
import type { Head } from '../documents/head.ts';
import { KeyRing } from '../documents/key-ring.ts';
import { readManifest } from '../documents/manifest.ts';
import type { Manifest } from '../documents/manifest.ts';
import type { Renewable, Vault } from '../opening/vault.ts';
import { rekey } from './rekey.ts';
import type { Renewed } from './rekey.ts';

/** Changes that go with replacing the keys. */
export interface WithRekey {
  readonly before?: ((change: Change) => Promise<void>) | undefined;
  /** With the new keys: for what ends the key at hand itself. */
  readonly after?: ((change: Change) => Promise<void>) | undefined;
}

/** What is in force, and the keys that the slot at hand has then. */
interface InForce {
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing;
}

/**
 * Replaces every key of a vault.
 * @param step told how far it is: records done, of how many
 * @param isAdopting it makes a vault of a copy, as `Vault.adopt`
 * @throws untrusted_vault, vault_locked, not_granted, vault_damaged or audit_broken where the vault is not whole, vault_busy, io
 */
export function renewKeys(
  vault: Vault,
  { before, after }: WithRekey,
  step: (done: number, of: number) => Promise<void>,
  isAdopting = false,
): Promise<Renewed> {
  return vault.renew(async (state) => {
    const { transaction, doer } = state;
    let at: InForce = state;
    if (before !== undefined) at = await applied(state, at, before);
    const made = await rekey({ transaction, ...inForce(at), doer }, step);
    at = await standing(state, at, made.head);
    if (after !== undefined) at = await applied(state, at, after);
    return { head: at.head, value: { values: made.values, carried: made.carried } };
  }, isAdopting);
}

function inForce({ manifest, head, ring }: InForce): InForce {
  return { manifest, head, ring };
}

async function applied(state: Renewable, at: InForce, work: (change: Change) => Promise<void>): Promise<InForce> {
  const { transaction, doer } = state;
  // Of a copy of some realms alone it is the first change that makes a vault.
  const partial = at === state ? state.partial : null;
  const change = new Change({ ...inForce(at), transaction, partial }, doer);
  await work(change);
  return standing(state, at, (await change.finish()) ?? at.head);
}

/** What stands after a change of the manifest. */
async function standing({ transaction, secret }: Renewable, at: InForce, head: Head): Promise<InForce> {
  const { manifest } = readManifest(await transaction.manifest());
  const slot = manifest.slots.find(({ id }) => id === at.ring.slot.id);
  if (slot === undefined) return { manifest, head, ring: at.ring };
  return { manifest, head, ring: new KeyRing(manifest, slot, secret, await transaction.grants(slot.id)) };
}
