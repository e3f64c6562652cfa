/**
 * Uses that are written down outside the vault, where it can only be read: one JSON object a line, with no value, and with a tag under the
 * key of the environment. The vault takes them in later (`collected-uses.ts`).
 */
import { isEqual } from '../crypto/sodium.ts';
import { useTag } from '../crypto/use-tag.ts';
import type { TaggedUse } from '../crypto/use-tag.ts';
import { isKnoxError } from '../errors.ts';
import { keyRecord } from './manifest.ts';
import type { Use } from './record-use.ts';
import type { View } from './view.ts';

export interface UseLine extends TaggedUse {
  /** Hex. */
  readonly tag: string;
}

/**
 * @param view with the keys of the environments
 * @param detail for the record, as the audit entry of a use has it
 * @returns a line each, with its line end
 */
export function useLines(
  view: View,
  uses: readonly Use[],
  { consumer, actor, detail }: { consumer: string; actor: string; detail: Readonly<Record<string, unknown>> },
): string[] {
  const ring = view.ring!;
  const more = Object.keys(detail).length === 0 ? '' : JSON.stringify(detail);
  return uses.map(({ secret: id, name, environment, consumer: own }) => {
    const use: TaggedUse = {
      at: view.now.toISOString(),
      vault: view.manifest.vault,
      secret: name,
      environment,
      consumer: own ?? consumer,
      actor,
      key: ring.slot.id,
      id,
      under: keyRecord(view.manifest, environment)!.key,
      detail: more,
    };
    const tag = Buffer.from(useTag(ring.environmentKey(environment), use)).toString('hex');
    return `${JSON.stringify({ ...use, tag })}\n`;
  });
}

const FIELDS = [
  'at',
  'vault',
  'secret',
  'environment',
  'consumer',
  'actor',
  'key',
  'id',
  'under',
  'detail',
  'tag',
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
  return isWhole && isTime(found.at as string) ? (line as UseLine) : null;
}

function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** Why a line is not believed, as the end of a sentence; null where it is. */
export function doubtOf(view: View, line: UseLine): string | null {
  if (line.vault !== view.manifest.vault) return 'is of another vault';
  const record = keyRecord(view.manifest, line.environment);
  if (record === null) return 'is for an environment that this vault does not have';
  if (record.key !== line.under)
    return 'was made with other keys than the vault has now: after a rekey, hand out a new copy';
  let key: Uint8Array;
  try {
    key = view.ring!.environmentKey(line.environment);
  } catch (error) {
    if (isKnoxError(error) && error.code === 'not_granted') return `can not be checked: ${error.message}`;
    throw error;
  }
  return isEqual(useTag(key, line), new Uint8Array(Buffer.from(line.tag, 'hex'))) ? null : 'does not verify';
}
