/**
 * Making every key of a vault anew: the root's and each realm's. Each is sealed to the slots that had the one before, every value is
 * encrypted again, what hangs from the values is made anew and sealed, and the entry that says so holds the new identity, signed by the
 * root that goes. What is vouched for anew is verified before, all of it. What a holder of a realm's key spoiled there is carried along as it
 * is, and told: else whoever is to be kept out could keep the keys as they are.
 */
import { entryHash, signEntry } from '../../crypto/audit-chain.ts';
import { newKey } from '../../crypto/keys.ts';
import { randomId } from '../../crypto/sodium.ts';
import { errors, RESTORE_A_COPY } from '../../errors.ts';
import type { GrantRow, WriteTransaction } from '../../store/store.ts';
import { entryTime } from '../core/change.ts';
import type { Doer } from '../core/change.ts';
import { sealedPart, signedHead } from '../documents/head.ts';
import type { Head, RealmPart } from '../documents/head.ts';
import type { KeyRing } from '../documents/key-ring.ts';
import { hashOfManifest, identityOf, SHARED, signedManifest } from '../documents/manifest.ts';
import type { Manifest } from '../documents/manifest.ts';
import type { Spoiled } from '../core/spoiled.ts';
import { View } from '../core/view.ts';
import { encodeEntry } from '../log/audit-entry.ts';
import type { RealmStep } from '../log/audit-entry.ts';
import { makeLink, REKEY } from '../log/links.ts';
import { carriedOf } from './carried.ts';
import type { Carried } from './carried.ts';
import { verifyAudit } from '../verifying/verify-audit.ts';
import { newRealm } from './create-vault.ts';
import type { NewRealm } from './create-vault.ts';
import { sealedSlot } from './next-manifest.ts';
import { RealmRenewal } from './rekey-realm.ts';

export interface RekeyOptions {
  readonly transaction: WriteTransaction;
  /** In force, with its head and the keys that open it. */
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing;
  readonly doer: Doer;
}

type Step = (done: number, of: number) => Promise<void>;

export interface Renewed {
  /** How many values were encrypted anew. */
  readonly values: number;
  /** What was left as it is, since it is not what knox writes. */
  readonly carried: readonly Carried[];
}

/**
 * @param step told how far it is: records and entries done, of how many
 * @throws not_granted where the key may not administer, vault_damaged, audit_broken
 */
export async function rekey(options: RekeyOptions, step: Step): Promise<Renewed & { readonly head: Head }> {
  const { transaction, head, ring } = options;
  // Whoever lacks one key cannot replace the others: the old ones would have to stay.
  void ring.rootSeed;
  const verified = head.seq + (await transaction.count());
  const total = verified + (await transaction.count(undefined, 'value')) + (await transaction.count(undefined, 'name'));
  const before = await requireWhole(options, (done) => step(done, total));
  const made = new Map(
    options.manifest.realms.map((realm) => [realm.id, newRealm(realm.name, realm.production, realm.id)]),
  );
  const { roots, values, spoiled } = await renewRealms(options, made, (done) => step(verified + done, total));
  const carried = await carriedOf(options, [...before, ...spoiled]);
  return { head: await putInForce(options, made, roots), values, carried };
}

/**
 * What was changed, or is missing, must not be vouched for by new keys.
 * @returns records with invalid content
 * @throws vault_damaged, audit_broken
 */
async function requireWhole(
  { transaction, manifest, head, ring, doer }: RekeyOptions,
  step: (done: number) => Promise<void>,
): Promise<readonly Spoiled[]> {
  const view = new View({ manifest, head, ring, transaction, clock: doer.now });
  const report = await verifyAudit(view, step, false);
  if (report.isDamaged)
    throw errors.audit_broken(
      `the vault is damaged, so its keys were not changed: ${report.reason}`,
      RESTORE_A_COPY,
      'to lock a key out now: knox key remove ID --no-rekey',
    );
  return report.spoiled;
}

/** @returns the digest (hex) of each realm's root, by its id, and the number of values */
async function renewRealms(
  { transaction, manifest, head, ring, doer }: RekeyOptions,
  made: ReadonlyMap<string, NewRealm>,
  step: (done: number) => Promise<void>,
): Promise<{ roots: Map<string, string>; values: number; spoiled: readonly Spoiled[] }> {
  const renewal = new RealmRenewal({ manifest, head, ring, transaction, clock: doer.now }, transaction, step);
  const roots = new Map<string, string>();
  // The shared values first: the other realms name their ciphertexts.
  const shared = manifest.realms.filter(({ name }) => name === SHARED);
  const environments = manifest.realms.filter(({ name }) => name !== SHARED);
  for (const { id, name } of [...shared, ...environments]) roots.set(id, await renewal.renew(name, made.get(id)!));
  return { roots, values: renewal.values, spoiled: renewal.spoiled };
}

/** The manifest that names the new keys, the entry that says so, and the head. */
async function putInForce(
  { transaction, manifest: before, head, ring, doer }: RekeyOptions,
  made: ReadonlyMap<string, NewRealm>,
  roots: ReadonlyMap<string, string>,
): Promise<Head> {
  const { vault } = before;
  const rootSeed = newKey();
  const seq = head.seq + 1;
  const generation = before.generation + 1;
  const { slots, grants } = sealAnew(before, { rootSeed, root: randomId(), made });
  const manifest: Manifest = {
    ...before,
    ...slots,
    identity: identityOf(rootSeed),
    generation,
    entry: seq,
    links: [...before.links, seq],
  };
  const signed = signedManifest(manifest, rootSeed);
  const manifestHash = hashOfManifest(signed);
  await transaction.putManifest(signed);
  for (const [slot, rows] of grants) {
    await transaction.deleteGrants(slot);
    for (const row of rows) await transaction.putGrant(row);
  }

  const at = entryTime(head, doer);
  const steps = before.realms.map(({ id }): [string, RealmStep] => {
    const { seq: last, hash } = head.realms[id]!;
    return [id, { seq: last, hash, root: roots.get(id)! }];
  });
  const body = encodeEntry({
    at,
    actor: doer.actor,
    slot: ring.slot.id,
    action: REKEY,
    secret: null,
    environment: null,
    route: null,
    detail: makeLink(ring.rootSeed, rootSeed, { vault, seq, generation }),
    generation,
    manifest: manifestHash,
    realms: Object.fromEntries(steps),
  });
  const hash = entryHash(vault, seq, head.hash, body);
  if (head.slot === ring.slot.id) await transaction.unsignEntry(head.seq);
  await transaction.appendEntry({ seq, body, hash, signature: signEntry(ring.signingSeed, vault, seq, hash) });
  const parts = manifest.realms.map(({ id }): [string, RealmPart] => {
    const place = { vault, realm: id, manifest: manifestHash };
    return [id, sealedPart(made.get(id)!.key, place, { seq, hash, root: roots.get(id)! })];
  });
  const realms = Object.fromEntries(parts);
  const next: Head = { slot: ring.slot.id, seq, at, hash, generation, manifest: manifestHash, realms };
  await transaction.putHead(signedHead(next, vault, ring.signingSeed));
  return next;
}

/** Every slot gets again what it had. */
function sealAnew(
  before: Manifest,
  fresh: { readonly rootSeed: Uint8Array; readonly root: string; readonly made: ReadonlyMap<string, NewRealm> },
) {
  const { rootSeed, root, made } = fresh;
  const realms = before.realms.map(({ id }) => made.get(id)!.realm);
  const keys = new Map([...made.values()].map(({ realm, key }) => [realm.name, key]));
  const grants = new Map<string, readonly GrantRow[]>();
  const slots = before.slots.map((slot) => {
    const sealed = sealedSlot({ vault: before.vault, root, realms }, slot, {
      rootSeed,
      realmKey: (name) => keys.get(name)!,
    });
    grants.set(slot.id, sealed.rows);
    return sealed.slot;
  });
  return { slots: { root, realms, slots }, grants };
}
