/**
 * Uses that are written down outside the vault, where it can only be read: one JSON object a line, with no value, signed by the slot whose
 * key opened the vault. The vault takes them in later (`collected-uses.ts`).
 */
import { decodeKeyText } from '../../crypto/key-text.ts';
import { signingHalf } from '../../crypto/keys.ts';
import { isUseSigned, signUse } from '../../crypto/use-line.ts';
import type { SignedUse } from '../../crypto/use-line.ts';
import { holderOf, isGiven, realmNamed } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import { isTime } from '../records/codec.ts';
import type { Use } from './record-use.ts';

export interface UseLine extends SignedUse {
  /** Hex. */
  readonly signature: string;
}

/**
 * @param view with a key
 * @param detail for the record, as the audit entry of a use has it
 * @returns a line each, with its line end
 */
export function useLines(
  view: View,
  uses: readonly Use[],
  { consumer, actor, detail }: { consumer: string; actor: string; detail: Readonly<Record<string, unknown>> },
): string[] {
  const { slot, signingSeed } = view.ring!;
  const more = Object.keys(detail).length === 0 ? '' : JSON.stringify(detail);
  return uses.map(({ name, realm, consumer: own }) => {
    const use: SignedUse = {
      at: view.now.toISOString(),
      vault: view.manifest.vault,
      secret: name,
      environment: realm,
      realm: realmNamed(view.manifest, realm)!.id,
      consumer: own ?? consumer,
      actor,
      slot: slot.id,
      detail: more,
    };
    const signature = Buffer.from(signUse(signingSeed, use)).toString('hex');
    return `${JSON.stringify({ ...use, signature })}\n`;
  });
}

const FIELDS = [
  'at',
  'vault',
  'secret',
  'environment',
  'realm',
  'consumer',
  'actor',
  'slot',
  'detail',
  'signature',
] as const;
const LONGEST_FIELD = 8192;

/** @returns null where the line is none of `useLines` */
export function readUseLine(text: string): UseLine | null {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof line !== 'object' || line === null) return null;
  const found = line as Record<(typeof FIELDS)[number], unknown>;
  const isWhole = FIELDS.every((field) => {
    const value = found[field];
    return typeof value === 'string' && value.length <= LONGEST_FIELD;
  });
  return isWhole && isTime(found.at) ? (line as UseLine) : null;
}

/** Why a line is not believed, as the end of a sentence; null where it is. A key that was removed since has signed what it did before. */
export function doubtOf(view: View, line: UseLine): string | null {
  const { manifest } = view;
  if (line.vault !== manifest.vault) return 'is of another vault';
  const realm = realmNamed(manifest, line.environment);
  if (realm?.id !== line.realm) return 'is for an environment that this vault does not have';
  const holder = holderOf(manifest, line.slot);
  const key = holder === null ? null : decodeKeyText('public', holder.publicKey);
  if (holder === null || !(key instanceof Uint8Array)) return 'is signed by a key that this vault does not have';
  const { signature, ...use } = line;
  if (!isUseSigned(signingHalf(key), use, new Uint8Array(Buffer.from(signature, 'hex')))) return 'does not verify';
  if (!isGiven(holder, realm)) return `is signed by the key "${holder.label}", which does not open ${line.environment}`;
  return null;
}
