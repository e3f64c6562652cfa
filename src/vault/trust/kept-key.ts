/**
 * A key that `knox unlock` kept: what is in a keyring, and when it counts. It carries the identity of the vault, which is expected of a
 * vault that it opens as a key file's own line is, and its end, which is enforced here, whatever the keyring does by itself.
 */
import type { WarningCode } from '../../domain/reference/warnings.ts';
import { decodeKeyText, encodeKeyText } from '../../crypto/key-text.ts';
import { Plaintext, revealText } from '../../domain/plaintext.ts';
import { addSeconds, secondsBetween } from '../../domain/time.ts';
import type { Manifest, ManifestSlot } from '../documents/manifest.ts';
import { publicTextOf } from './unlock.ts';
import type { KeptCandidate, Unlock } from './unlock.ts';

/** A key ready to be kept. */
export interface KeyToKeep {
  /** The vault's id, under which it is kept. */
  readonly vault: string;
  /** `knox_vault_1_…` */
  readonly identity: string;
  readonly slot: { readonly id: string; readonly label: string };
  readonly text: Plaintext;
  /** ISO 8601. */
  readonly expiresAt: string;
}

export const KEEP_SECONDS = { default: 8 * 3600, least: 60, most: 7 * 86_400 } as const;

const SOURCE = 'knox unlock (knox lock forgets it)';

/** A clock that is set right moves by less. */
const SKEW_SECONDS = 60;

/** A time that nobody sets: seconds since the machine was started, and which start that was. */
export interface BootTime {
  readonly boot: string;
  readonly seconds: number;
}

export interface Times {
  /** As this machine's clock has it, ISO 8601. */
  readonly clock: string;
  /** Of the last audit entry. */
  readonly logged: string;
  /** Null where the system does not tell. */
  readonly boot: BootTime | null;
}

/** @param seconds how long it counts */
export function keyToKeep(
  { vault, identity }: { vault: string; identity: string },
  { id, label }: Pick<ManifestSlot, 'id' | 'label'>,
  secret: Uint8Array,
  { clock, logged, boot }: Times,
  seconds: number,
): KeyToKeep {
  // By the clock alone: an audit entry from the future makes no key last longer.
  const expiresAt = addSeconds(clock, seconds);
  const times = { keptAt: clock, expiresAt, logged, boot };
  const kept = { format: 1, vault, identity, slot: id, key: encodeKeyText('secret', secret), ...times };
  return { vault, identity, slot: { id, label }, text: Plaintext.fromText(JSON.stringify(kept)), expiresAt };
}

interface Kept {
  readonly secret: Uint8Array;
  readonly identity: Uint8Array;
  readonly keptAt: string;
  readonly expiresAt: string;
  /** The last audit entry's time when it was kept. */
  readonly logged: string;
  readonly boot: BootTime | null;
}

/** @returns null where it is not a key of this vault */
function parseKept(text: Plaintext, vault: string): Kept | null {
  let kept: Readonly<Record<string, unknown>>;
  try {
    kept = Object(JSON.parse(revealText(text) ?? '')) as typeof kept;
  } catch {
    return null;
  }
  const { keptAt, expiresAt } = kept;
  const secret = decodeKeyText('secret', String(kept['key']));
  const identity = decodeKeyText('identity', String(kept['identity']));
  if (kept['format'] !== 1 || kept['vault'] !== vault) return null;
  if (!(secret instanceof Uint8Array) || !(identity instanceof Uint8Array)) return null;
  if (typeof keptAt !== 'string' || typeof expiresAt !== 'string') return null;
  const logged = typeof kept['logged'] === 'string' ? kept['logged'] : keptAt;
  return { secret, identity, keptAt, expiresAt, logged, boot: parseBoot(kept['boot']) };
}

function parseBoot(value: unknown): BootTime | null {
  const { boot, seconds } = Object(value) as Partial<Record<keyof BootTime, unknown>>;
  return typeof boot === 'string' && typeof seconds === 'number' ? { boot, seconds } : null;
}

/**
 * Whether it counts: by the clock, by the time since the machine was started where it tells, and by what the vault's log has seen since the
 * key was kept. A clock that is put back does not make it younger, and no key counts for longer than `unlock` lets any.
 */
function isInForce(kept: Kept, { clock, logged, boot }: Times): boolean {
  const { keptAt, expiresAt } = kept;
  const left = secondsBetween(clock, expiresAt);
  if (left <= 0 || left > KEEP_SECONDS.most || secondsBetween(keptAt, clock) < -SKEW_SECONDS) return false;
  // An entry that was there before, from the future or not, tells nothing of the time since.
  if (logged > kept.logged && logged >= expiresAt) return false;
  if (kept.boot === null || boot === null) return true;
  const since = boot.seconds - kept.boot.seconds;
  return boot.boot === kept.boot.boot && since >= 0 && since < secondsBetween(keptAt, expiresAt);
}

/**
 * The kept key that opens this vault, in the form of one that was given. What has expired, cannot be read or opens nothing any more is
 * forgotten on the way.
 * @param leads whether an identity is this vault's, or an earlier one of it
 */
export async function findKept(
  manifest: Manifest,
  candidates: AsyncIterable<KeptCandidate>,
  times: Times,
  leads: (identity: string) => boolean,
  warn: (code: WarningCode, message: string) => void,
): Promise<Unlock | null> {
  for await (const { text, forget } of candidates) {
    const kept = parseKept(text, manifest.vault);
    if (kept === null) {
      await forget();
      continue;
    }
    // Another vault in this place, under the same id, is for whoever opens it to judge: it makes nobody forget a key.
    const isOther = !leads(encodeKeyText('identity', kept.identity));
    const publicKey = publicTextOf(kept.secret);
    const hasSlot = manifest.slots.some((slot) => slot.publicKey === publicKey);
    if (isOther || (hasSlot && isInForce(kept, times)))
      return { kind: 'key', secret: kept.secret, identity: kept.identity, source: SOURCE, isKept: true };
    if (!hasSlot)
      warn('kept_key_gone', 'the key that knox unlock stored was removed from this vault: it was deleted here too');
    await forget();
  }
  return null;
}
