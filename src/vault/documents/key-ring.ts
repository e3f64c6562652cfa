/** The keys that one slot opens, each unsealed on first use and checked against the manifest's commitment; and what it signs with. */
import { commitment, sealingHalf, signingPublicKey, slotPairs } from '../../crypto/keys.ts';
import { openGrant } from '../../crypto/grant.ts';
import { decodeKeyText } from '../../crypto/key-text.ts';
import { damagedVault, errors, unknownEnvironment } from '../../errors.ts';
import type { GrantRow } from '../../store/store.ts';
import { grantsHash } from './grants.ts';
import { isGiven, realmNamed, SHARED } from './manifest.ts';
import type { Manifest, ManifestSlot } from './manifest.ts';

export class KeyRing {
  readonly slot: ManifestSlot;
  readonly #manifest: Manifest;
  readonly #secret: Uint8Array;
  readonly #grants: readonly GrantRow[];
  readonly #opened = new Map<string, Uint8Array>();
  /** By the realm's name: those that are the manifest's. */
  readonly #checked = new Map<string, Uint8Array>();

  /** @param grants of the slot, ordered by key id @throws vault_damaged where they are not those that the manifest names */
  constructor(manifest: Manifest, slot: ManifestSlot, secret: Uint8Array, grants: readonly GrantRow[]) {
    this.#manifest = manifest;
    this.slot = slot;
    this.#secret = secret;
    this.#grants = grants;
    if (grantsHash(manifest.vault, slot.id, grants) !== slot.grants) throw this.#damaged();
  }

  /** What entries, heads and commands are signed with. */
  get signingSeed(): Uint8Array {
    return slotPairs(this.#secret).signing.seed;
  }

  /** @throws not_granted where the slot does not administer */
  get rootSeed(): Uint8Array {
    if (!this.slot.admin) {
      throw errors.not_granted(
        `the key "${this.slot.label}" may not change keys, environments or settings`,
        `keys that may: ${this.#manifest.slots
          .filter(({ admin }) => admin)
          .map(({ label }) => label)
          .join(', ')}`,
      );
    }
    const seed = this.#open(this.#manifest.root, '');
    const identity = decodeKeyText('identity', this.#manifest.identity);
    if (Buffer.compare(signingPublicKey(seed), identity as Uint8Array) !== 0) throw this.#damaged();
    return seed;
  }

  /** Names of the realms whose key this slot was given, in the vault's order, `shared` last. */
  get realmNames(): string[] {
    return this.#manifest.realms.filter((realm) => isGiven(this.slot, realm)).map(({ name }) => name);
  }

  /** @param realm an environment, or `shared` */
  hasRealm(realm: string): boolean {
    const known = realmNamed(this.#manifest, realm);
    return known !== null && isGiven(this.slot, known);
  }

  /** @throws not_granted, environment_not_found, vault_damaged */
  realmKey(realm: string): Uint8Array {
    const checked = this.#checked.get(realm);
    if (checked !== undefined) return checked;
    const known = realmNamed(this.#manifest, realm);
    if (known === null) throw unknownEnvironment(realm);
    if (!isGiven(this.slot, known)) {
      const able = this.#manifest.slots.filter((slot) => isGiven(slot, known)).map((slot) => slot.label);
      const who = able.length === 0 ? 'no key opens it' : `keys that open it: ${able.join(', ')}`;
      throw errors.not_granted(
        `the key "${this.slot.label}" was not given ${realm === SHARED ? 'the shared values' : `the environment "${realm}"`}`,
        who,
      );
    }
    const key = this.#open(known.key, known.id);
    if (Buffer.from(commitment(key)).toString('hex') !== known.commitment) throw this.#damaged();
    this.#checked.set(realm, key);
    return key;
  }

  #open(keyId: string, realm: string): Uint8Array {
    const known = this.#opened.get(keyId);
    if (known !== undefined) return known;
    const grant = this.#grants.find((candidate) => candidate.key === keyId);
    const halves = decodeKeyText('public', this.slot.publicKey);
    if (grant === undefined || !(halves instanceof Uint8Array)) throw this.#damaged();
    const binding = { vault: this.#manifest.vault, key: keyId, realm, slot: this.slot.id };
    const key = openGrant(binding, grant.sealed, sealingHalf(halves), slotPairs(this.#secret).sealing.secret);
    if (key === null) throw this.#damaged();
    this.#opened.set(keyId, key);
    return key;
  }

  #damaged() {
    return damagedVault(`a key of the vault, given to "${this.slot.label}", is missing or was changed`);
  }
}
