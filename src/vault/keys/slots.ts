/** Giving a key access to a vault: the slot, what is sealed to it, and a manifest signed by the root. */
import { decodeKeyText } from '../../crypto/key-text.ts';
import { sealingHalf, signingHalf } from '../../crypto/keys.ts';
import { isEqual } from '../../crypto/sodium.ts';
import { errors, unknownEnvironment } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import { realmNamed } from '../documents/manifest.ts';
import type { Manifest, ManifestSlot, PassphraseCost } from '../documents/manifest.ts';
import { canSealTo } from '../documents/grants.ts';
import { keysWith, nextManifest, requireAdmin, sealedSlot } from './next-manifest.ts';

export interface NewSlot {
  readonly kind: ManifestSlot['kind'];
  readonly label: string;
  /** `knox_pub_1_…` */
  readonly publicKey: string;
  /** Names; null: all, also those made later. Whoever administers has all. */
  readonly realms: readonly string[] | null;
  readonly admin: boolean;
  /** What a passphrase unlocks it with, made for this id; null for a key file. */
  readonly wrapped: { readonly id: string; readonly passphrase: PassphraseCost } | null;
}

/**
 * @throws not_granted where the key at hand may not administer, environment_not_found, usage where that key opens the vault already,
 * invalid_value where its label is taken
 */
export async function addSlot(change: Change, added: NewSlot): Promise<ManifestSlot> {
  requireAdmin(change);
  const { manifest } = change;
  refuseTaken(manifest, added);
  if (added.admin && added.realms !== null) throw errors.bug('a key that administers and does not open everything');
  const { slot, rows } = sealedSlot(
    manifest,
    {
      id: added.wrapped?.id ?? change.newId(),
      kind: added.kind,
      label: added.label,
      publicKey: added.publicKey,
      realms: added.realms?.map((name) => requireRealm(manifest, name)) ?? null,
      admin: added.admin,
      added: change.seq,
      createdAt: change.at,
      passphrase: added.wrapped?.passphrase ?? null,
    },
    keysWith(change.ring!, new Map()),
  );
  await change.putManifest({
    manifest: nextManifest(change, { slots: [...manifest.slots, slot] }),
    grants: new Map([[slot.id, rows]]),
    newKeys: new Map(),
  });
  const { id, label, kind, admin } = slot;
  change.log({ action: 'key-add', detail: { slot: id, label, kind, environments: added.realms ?? 'all', admin } });
  return slot;
}

function requireRealm(manifest: Manifest, name: string): string {
  const realm = realmNamed(manifest, name);
  if (realm !== null) return realm.id;
  throw unknownEnvironment(name);
}

/** What an entry or a command is put down to must be one key's alone: labels, ids and public keys are distinct. */
function refuseTaken(manifest: Manifest, { label, publicKey }: NewSlot): void {
  const { slots } = manifest;
  const same = slots.find((slot) => slot.publicKey === publicKey);
  if (same !== undefined) {
    throw errors.usage(
      `that key already opens this vault: "${same.label}" (${same.id})`,
      `to change what it opens: knox key remove ${same.id} --no-rekey, then add it again`,
    );
  }
  const half = slots.find((slot) => sharesHalf(slot.publicKey, publicKey));
  if (half !== undefined) {
    throw errors.invalid_value(
      `half of that public key belongs to the key "${half.label}"`,
      'make a new one: knox key new FILE',
    );
  }
  refuseLabel(manifest, label);
}

/** @throws invalid_value where it is empty, or another key's label or id */
export function refuseLabel({ slots, formerSlots }: Manifest, label: string): void {
  if (label.trim() === '') throw errors.invalid_value('a key needs a label', 'for example: --label laptop');
  if (slots.some((slot) => slot.label === label)) {
    throw errors.invalid_value(
      `there is already a key with the label "${label}"`,
      'give another --label',
      'knox key list',
    );
  }
  if ([...slots, ...formerSlots].some(({ id }) => id === label)) {
    throw errors.invalid_value(`"${label}" is the id of a key`, 'give another --label');
  }
}

function sharesHalf(one: string, other: string): boolean {
  const [left, right] = [decodeKeyText('public', one), decodeKeyText('public', other)];
  if (!(left instanceof Uint8Array) || !(right instanceof Uint8Array)) return false;
  return isEqual(sealingHalf(left), sealingHalf(right)) || isEqual(signingHalf(left), signingHalf(right));
}

/** @param given an id, or a label. @throws key_not_found */
export function findSlot({ slots }: Manifest, given: string): ManifestSlot {
  const found = slots.find(({ id }) => id === given) ?? slots.find(({ label }) => label === given);
  if (found !== undefined) return found;
  throw errors.key_not_found(`no key "${given}" in this vault`, 'see them: knox key list');
}

/** @throws invalid_value where the text is not a public key */
export function parsePublicKey(text: string): string {
  const given = text.trim();
  const key = decodeKeyText('public', given);
  if (key instanceof Uint8Array && canSealTo(key)) return given;
  if (given.startsWith('knox_key_')) {
    throw errors.invalid_value(
      'that is a secret key (knox_key_…), not a public one, and it is now in the history of your shell',
      'treat it as leaked: make a new one with knox key new FILE and give the public key that it prints',
    );
  }
  throw errors.invalid_value(
    given.startsWith('knox_pub_1_') ? 'that public key is mistyped or cut off' : 'a public key starts with knox_pub_1_',
    'knox key new FILE prints it',
  );
}
