/**
 * The shapes of the two signed documents. A signature says who wrote a document, not that it was knox: a whole vault of somebody
 * else's making is signed as well, and must be damage, never a crash.
 */
import { decodeKeyText } from '../../crypto/key-text.ts';
import { SETTINGS } from '../../domain/settings.ts';
import { isId, isTime } from '../records/codec.ts';

type Unknown = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

function isRecord(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
const isText: Check = (value) => typeof value === 'string';
const isNamed: Check = (value) => typeof value === 'string' && value !== '';
const isFlag: Check = (value) => typeof value === 'boolean';
const isHash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isPositive: Check = (value) => isCount(value) && (value as number) >= 1;
const isPublicKey: Check = (value) => typeof value === 'string' && decodeKeyText('public', value) instanceof Uint8Array;

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Exactly these fields. */
const shaped =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) &&
    Object.keys(value).length === Object.keys(shape).length &&
    Object.entries(shape).every(([key, check]) => Object.hasOwn(value, key) && check(value[key]));

const isRealm = shaped({ id: isId, name: isNamed, production: isFlag, key: isId, commitment: isHash });
const isPassphrase = shaped({ salt: isText, memory: isCount, passes: isCount, lanes: isCount, wrapped: isText });
const isSlot = shaped({
  id: isId,
  kind: (value) => value === 'key-file' || value === 'passphrase',
  label: isText,
  publicKey: isPublicKey,
  realms: orNull(listOf(isId)),
  admin: isFlag,
  added: isCount,
  createdAt: isTime,
  grants: isHash,
  passphrase: orNull(isPassphrase),
});
const isFormerSlot = shaped({
  id: isId,
  label: isText,
  publicKey: isPublicKey,
  realms: orNull(listOf(isId)),
  admin: isFlag,
  added: isCount,
  removed: isPositive,
});
const isFormerRealm = shaped({ id: isId, name: isNamed, removed: isPositive });
const isSettings: Check = (value) =>
  isRecord(value) && Object.entries(value).every(([key, text]) => Object.hasOwn(SETTINGS, key) && isText(text));

const isWholeManifest = shaped({
  format: (value) => value === 1,
  vault: isId,
  identity: isNamed,
  generation: isPositive,
  entry: isPositive,
  createdAt: isTime,
  root: isId,
  links: listOf(isPositive),
  settings: isSettings,
  realms: listOf(isRealm),
  slots: listOf(isSlot),
  formerSlots: listOf(isFormerSlot),
  formerRealms: listOf(isFormerRealm),
});

function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
function each(list: unknown, key: string): unknown[] {
  return (list as Unknown[]).map((one) => one[key]);
}

/** Whether parsed JSON is a manifest: every field has its type, nothing stands there twice, and whoever administers holds everything. */
export function isManifest(value: unknown): boolean {
  if (!isWholeManifest(value)) return false;
  const { realms, slots, formerSlots, formerRealms, root } = value as Unknown;
  return (
    areDistinct([root, ...each(realms, 'key')]) &&
    areDistinct([...each(realms, 'id'), ...each(formerRealms, 'id')]) &&
    areDistinct(each(realms, 'name')) &&
    each(realms, 'name').includes('shared') &&
    areDistinct([...each(slots, 'id'), ...each(formerSlots, 'id')]) &&
    areDistinct(each(slots, 'label')) &&
    areDistinct(each(slots, 'publicKey')) &&
    (slots as Unknown[]).every((slot) => slot['admin'] !== true || slot['realms'] === null) &&
    (slots as Unknown[]).every((slot) => (slot['kind'] === 'passphrase') === (slot['passphrase'] !== null))
  );
}

const isPart = shaped({ seq: isPositive, hash: isHash, root: isHash, seal: isHash });

const isWholeHead = shaped({
  slot: isId,
  seq: isPositive,
  at: isTime,
  hash: isHash,
  generation: isPositive,
  manifest: isHash,
  realms: (value) => isRecord(value) && Object.entries(value).every(([id, part]) => isId(id) && isPart(part)),
});

/** Whether parsed JSON is a head. */
export function isHead(value: unknown): boolean {
  return isWholeHead(value);
}
