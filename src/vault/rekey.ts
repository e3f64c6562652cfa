/**
 * Making every key of a vault anew: root, audit, vault, shared and environments. Each is sealed to the slots that had the one before, every
 * value is encrypted again, every row gets its tag under the new key, and the entry that says so is signed by the root that goes. What
 * is vouched for anew is verified before, all of it.
 */
import { entryHash, manifestHash, signLink } from '../crypto/audit-chain.ts';
import { sealGrant } from '../crypto/grant.ts';
import { decodeKeyText } from '../crypto/key-text.ts';
import { commitment, newKey, signingPublicKey } from '../crypto/keys.ts';
import { decryptValue, encryptValue } from '../crypto/envelope.ts';
import { randomId } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { WriteTransaction } from '../store/store.ts';
import { pageLimit, TABLE_NAMES } from '../store/tables.ts';
import type { StoredRow, TableName } from '../store/tables.ts';
import { encodeEntry } from './audit-entry.ts';
import type { Doer } from './change.ts';
import { signedHead } from './head.ts';
import type { Head } from './head.ts';
import type { KeyRing } from './key-ring.ts';
import { REKEY } from './links.ts';
import type { LinkDetail } from './links.ts';
import { identityOf, isGiven, keyRecord, SHARED, signedManifest } from './manifest.ts';
import type { Manifest, ManifestKey } from './manifest.ts';
import { RowGuard } from './row-guard.ts';
import type { Keys } from './row-guard.ts';
import { slotDigest } from './slot-digest.ts';
import { verifyAudit } from './verify-audit.ts';
import { View } from './view.ts';

export interface RekeyOptions {
  readonly transaction: WriteTransaction;
  /** In force, with its head and the keys that open it. */
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing;
  readonly doer: Doer;
}

/** One key that is made anew. `environment` is empty for the keys that belong to none. */
interface NewKey {
  readonly id: string;
  readonly environment: string;
  readonly key: Uint8Array;
}

/** The new keys, and the manifest that names them. */
class Renewed implements Keys {
  readonly manifest: Manifest;
  readonly rootSeed: NewKey;
  readonly auditSeed: NewKey;
  readonly vault: NewKey;
  /** The shared key and those of the environments. */
  readonly environments: readonly NewKey[];

  constructor(before: Manifest) {
    const fresh = (environment: string): NewKey => ({ id: randomId(), environment, key: newKey() });
    this.rootSeed = fresh('');
    this.auditSeed = fresh('');
    this.vault = fresh('');
    this.environments = [SHARED, ...before.environments.map(({ name }) => name)].map(fresh);
    this.manifest = {
      ...before,
      identity: identityOf(this.rootSeed.key),
      generation: before.generation + 1,
      root: { key: this.rootSeed.id },
      audit: { key: this.auditSeed.id, publicKey: hex(signingPublicKey(this.auditSeed.key)) },
      vaultKey: record(this.vault),
      shared: record(this.of(SHARED)),
      environments: before.environments.map((known) => ({ ...known, ...record(this.of(known.name)) })),
    };
  }

  of(environment: string): NewKey {
    const found = this.environments.find((candidate) => candidate.environment === environment);
    if (found === undefined) throw errors.bug(`no new key was made for ${environment}`);
    return found;
  }

  get vaultKey(): Uint8Array {
    return this.vault.key;
  }
  environmentKey(environment: string): Uint8Array {
    return this.of(environment).key;
  }
  hasEnvironment(environment: string): boolean {
    return this.knowsEnvironment(environment);
  }
  knowsEnvironment(environment: string): boolean {
    return keyRecord(this.manifest, environment) !== null;
  }
}

/**
 * @param step told how far it is: rows and entries done, of how many
 * @returns the new head, and how many values were encrypted anew
 * @throws not_granted where the key lacks an environment or may not administer, vault_damaged, audit_broken
 */
export async function rekey(
  options: RekeyOptions,
  step: (done: number, of: number) => Promise<void>,
): Promise<{ head: Head; values: number }> {
  const { transaction, manifest, head, ring, doer } = options;
  const { rootSeed } = ring;
  // Whoever lacks one key can not make the others anew: the old ones would have to stay.
  for (const name of [SHARED, ...manifest.environments.map((known) => known.name)]) ring.environmentKey(name);
  const total = await countRows(transaction);
  await requireWhole(options, (done) => step(done, head.seq + total));
  const renewed = new Renewed(manifest);
  const values = await putRows(options, renewed, (done) => step(head.seq + done, head.seq + total));
  await seal(transaction, manifest, renewed);

  const signed = signedManifest(renewed.manifest, renewed.rootSeed.key);
  await transaction.putManifest(signed);
  const now = doer.now.toISOString();
  const at = now < head.at ? head.at : now;
  const seq = head.seq + 1;
  const detail: LinkDetail = {
    previous: manifest.identity,
    identity: renewed.manifest.identity,
    auditKey: renewed.manifest.audit.publicKey,
    generation: renewed.manifest.generation,
  };
  const body = encodeEntry({
    at,
    actor: doer.actor,
    key: ring.slot.id,
    action: REKEY,
    secret: null,
    environment: null,
    route: null,
    detail: { ...detail },
    rows: {},
    made: [],
    gone: [],
  });
  const hash = entryHash(manifest.vault, seq, head.hash, body);
  await transaction.appendEntry({ seq, body, hash, signature: signLink(rootSeed, manifest.vault, seq, body) });
  const guard = new RowGuard(manifest.vault, renewed);
  const environments: Record<string, string> = {};
  for (const { environment } of renewed.environments)
    environments[environment] = await guard.digest(transaction, environment);
  const next: Head = {
    seq,
    at,
    hash,
    manifest: hex(manifestHash(signed.body, signed.signature)),
    slots: await slotDigest(transaction, manifest.vault),
    vault: await guard.digest(transaction, null),
    environments,
  };
  await transaction.putHead(signedHead(next, manifest.vault, renewed.auditSeed.key));
  return { head: next, values };
}

async function countRows(transaction: WriteTransaction): Promise<number> {
  let total = 0;
  for (const table of TABLE_NAMES) total += await transaction.count(table);
  return total;
}

/** A row that was changed, or that is missing, must not be vouched for by new keys. @throws vault_damaged, audit_broken */
async function requireWhole(
  { transaction, manifest, head, ring, doer }: RekeyOptions,
  step: (done: number) => Promise<void>,
): Promise<void> {
  const report = await verifyAudit(new View(manifest, head, ring, transaction, doer.now), step);
  if (report.brokenAt !== null)
    throw errors.audit_broken(
      `the vault is not whole, so its keys are left as they are: ${report.reason}`,
      'put back a copy of the vault that is whole',
    );
}

/** @returns the number of values */
async function putRows(
  options: RekeyOptions,
  renewed: Renewed,
  step: (done: number) => Promise<void>,
): Promise<number> {
  const { transaction, manifest } = options;
  const guard = new RowGuard(manifest.vault, renewed);
  const names = await secretNames(transaction);
  let done = 0;
  let values = 0;
  for (const table of TABLE_NAMES) {
    let after = '';
    for (;;) {
      const page = await transaction.page(table, after, pageLimit(table));
      if (page.length === 0) break;
      for (const row of page) {
        // The entry stays the one that put the row: its content is the same.
        const fresh = table === 'value' ? reencrypt(row as StoredRow<'value'>, names, options, renewed) : {};
        const tag = guard.tag(table, { ...row, ...fresh }, row.entry);
        await transaction.update(table, row.id, { ...fresh, tag } as Partial<StoredRow<TableName>>);
        after = row.id;
      }
      done += page.length;
      if (table === 'value') values += page.length;
      await step(done);
    }
  }
  return values;
}

/** A value is bound to its secret's name. */
async function secretNames(transaction: WriteTransaction): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  let after = '';
  for (;;) {
    const page = await transaction.page('secret', after, pageLimit('secret'));
    if (page.length === 0) return names;
    for (const { id, name } of page) names.set(id, name);
    after = page.at(-1)!.id;
  }
}

function reencrypt(
  row: StoredRow<'value'>,
  names: ReadonlyMap<string, string>,
  { manifest, ring }: RekeyOptions,
  renewed: Renewed,
): Pick<StoredRow<'value'>, 'key' | 'box'> {
  const place = {
    vault: manifest.vault,
    key: row.key,
    secret: row.secret,
    name: names.get(row.secret) ?? '',
    environment: row.environment === SHARED ? '' : row.environment,
    value: row.id,
  };
  const plaintext = decryptValue(place, row.box, ring.environmentKey(row.environment));
  if (plaintext === null || keyRecord(manifest, row.environment)?.key !== row.key) {
    throw errors.vault_damaged(
      `the value of ${place.name} for ${row.environment} is damaged or was moved, so the keys are left as they are`,
      'find out more: knox audit verify',
    );
  }
  const { id, key } = renewed.of(row.environment);
  const box = encryptValue({ ...place, key: id }, plaintext, key);
  plaintext.wipe();
  return { key: id, box };
}

/** Every slot gets anew what it had. */
async function seal(transaction: WriteTransaction, before: Manifest, renewed: Renewed): Promise<void> {
  for (const slot of before.slots) {
    for (const { key } of await transaction.grants(slot.id)) await transaction.deleteGrant(slot.id, key);
    const publicKey = decodeKeyText('public', slot.publicKey);
    if (!(publicKey instanceof Uint8Array)) throw errors.vault_damaged(`the public key of "${slot.label}" is damaged`);
    const given = [
      renewed.vault,
      renewed.auditSeed,
      ...(slot.admin ? [renewed.rootSeed] : []),
      ...renewed.environments.filter(({ environment }) => isGiven(slot, environment)),
    ];
    for (const { id, environment, key } of given) {
      const sealed = sealGrant({ vault: before.vault, key: id, environment, slot: slot.id }, key, publicKey);
      await transaction.putGrant({ slot: slot.id, key: id, sealed });
    }
  }
}

function record({ id, key }: NewKey): ManifestKey {
  return { key: id, commitment: hex(commitment(key)) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
