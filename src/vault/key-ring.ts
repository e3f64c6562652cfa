/** The keys that one slot opens, each unsealed on first use and checked against the manifest's commitment. */
import { commitment, signingPublicKey } from '../crypto/keys.ts';
import { openGrant } from '../crypto/grant.ts';
import { decodeKeyText } from '../crypto/key-text.ts';
import { errors } from '../errors.ts';
import type { GrantRecord } from '../store/store.ts';
import { isGiven, keyRecord, SHARED } from './manifest.ts';
import type { Manifest, ManifestKey, ManifestSlot } from './manifest.ts';

export class KeyRing {
  readonly slot: ManifestSlot;
  readonly #manifest: Manifest;
  readonly #secret: Uint8Array;
  readonly #grants: readonly GrantRecord[];
  readonly #opened = new Map<string, Uint8Array>();

  constructor(manifest: Manifest, slot: ManifestSlot, secret: Uint8Array, grants: readonly GrantRecord[]) {
    this.#manifest = manifest;
    this.slot = slot;
    this.#secret = secret;
    this.#grants = grants;
  }

  get vaultKey(): Uint8Array {
    return this.#committed(this.#manifest.vaultKey, '');
  }

  get auditSeed(): Uint8Array {
    const seed = this.#open(this.#manifest.audit.key, '');
    if (Buffer.from(signingPublicKey(seed)).toString('hex') !== this.#manifest.audit.publicKey) throw this.#damaged();
    return seed;
  }

  /** @throws not_granted where the slot does not administer */
  get rootSeed(): Uint8Array {
    if (!this.slot.admin) {
      throw errors.not_granted(
        `the key "${this.slot.label}" may not change keys or environments`,
        `these may: ${this.#manifest.slots
          .filter(({ admin }) => admin)
          .map(({ label }) => label)
          .join(', ')}`,
      );
    }
    const seed = this.#open(this.#manifest.root.key, '');
    const identity = decodeKeyText('identity', this.#manifest.identity);
    if (Buffer.compare(signingPublicKey(seed), identity as Uint8Array) !== 0) throw this.#damaged();
    return seed;
  }

  hasEnvironment(environment: string): boolean {
    return keyRecord(this.#manifest, environment) !== null && isGiven(this.slot, environment);
  }

  /** Whether the vault has such an environment, given to this slot or not. */
  knowsEnvironment(environment: string): boolean {
    return keyRecord(this.#manifest, environment) !== null;
  }

  /** @throws not_granted, environment_not_found, vault_damaged */
  environmentKey(environment: string): Uint8Array {
    const record = keyRecord(this.#manifest, environment);
    if (record === null)
      throw errors.environment_not_found(`this vault has no environment "${environment}"`, 'see them: knox env list');
    if (!isGiven(this.slot, environment)) {
      const able = this.#manifest.slots.filter((slot) => isGiven(slot, environment)).map((slot) => slot.label);
      const who = able.length === 0 ? 'no key has it' : `these keys have it: ${able.join(', ')}`;
      throw errors.not_granted(
        `the key "${this.slot.label}" was not given ${environment === SHARED ? 'the shared values' : `the environment "${environment}"`}`,
        who,
      );
    }
    return this.#committed(record, environment);
  }

  #committed(record: ManifestKey, environment: string): Uint8Array {
    const key = this.#open(record.key, environment);
    if (Buffer.from(commitment(key)).toString('hex') !== record.commitment) throw this.#damaged();
    return key;
  }

  #open(keyId: string, environment: string): Uint8Array {
    const known = this.#opened.get(keyId);
    if (known !== undefined) return known;
    const grant = this.#grants.find((candidate) => candidate.key === keyId);
    const publicKey = decodeKeyText('public', this.slot.publicKey);
    if (grant === undefined || !(publicKey instanceof Uint8Array)) throw this.#damaged();
    const binding = { vault: this.#manifest.vault, key: keyId, environment, slot: this.slot.id };
    const key = openGrant(binding, grant.sealed, publicKey, this.#secret);
    if (key === null) throw this.#damaged();
    this.#opened.set(keyId, key);
    return key;
  }

  #damaged() {
    return errors.vault_damaged(
      `a key of the vault, given to "${this.slot.label}", is missing or was changed`,
      'put back a copy of the vault that is whole',
    );
  }
}
