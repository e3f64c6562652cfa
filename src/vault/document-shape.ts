/**
 * The shapes of the two signed documents. A signature says who wrote a document, not that it was knox: a whole vault of somebody
 * else's making is signed as well, and must be damage, never a crash.
 */
import { decodeKeyText } from '../crypto/key-text.ts';

type Unknown = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isKey(value: unknown): value is Unknown {
  return isRecord(value) && isText(value['key']) && isHash(value['commitment']);
}

function isEnvironment(value: unknown): boolean {
  return isKey(value) && isText(value['name']) && typeof value['production'] === 'boolean';
}

function isSlot(value: unknown): boolean {
  return (
    isRecord(value) &&
    isText(value['id']) &&
    (value['kind'] === 'key-file' || value['kind'] === 'passphrase') &&
    typeof value['label'] === 'string' &&
    typeof value['publicKey'] === 'string' &&
    decodeKeyText('public', value['publicKey']) instanceof Uint8Array &&
    (value['environments'] === null ||
      (Array.isArray(value['environments']) && value['environments'].every((name) => typeof name === 'string'))) &&
    typeof value['admin'] === 'boolean' &&
    typeof value['createdAt'] === 'string'
  );
}

function isAudit(value: unknown): boolean {
  return isRecord(value) && isText(value['key']) && isHash(value['publicKey']);
}

function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

/** Whether parsed JSON is a manifest: every field of the format has its type, no slot, environment or key stands there twice. */
export function isManifest(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { vault, vaultKey, audit, root, shared, environments, slots } = value;
  const isWhole =
    value['format'] === 1 &&
    isText(vault) &&
    isText(value['identity']) &&
    isCount(value['generation']) &&
    typeof value['createdAt'] === 'string' &&
    isKey(vaultKey) &&
    isAudit(audit) &&
    isRecord(root) &&
    isText(root['key']) &&
    isKey(shared) &&
    Array.isArray(environments) &&
    environments.every(isEnvironment) &&
    Array.isArray(slots) &&
    slots.every(isSlot);
  if (!isWhole) return false;
  const keys = [vaultKey, audit as Unknown, root, shared, ...(environments as Unknown[])].map((key) => key['key']);
  return (
    areDistinct(keys) &&
    areDistinct(['shared', ...(environments as Unknown[]).map((environment) => environment['name'])]) &&
    areDistinct((slots as Unknown[]).map((slot) => slot['id']))
  );
}

/** Whether parsed JSON is a head. */
export function isHead(value: unknown): boolean {
  return (
    isRecord(value) &&
    isCount(value['seq']) &&
    typeof value['at'] === 'string' &&
    isHash(value['hash']) &&
    isHash(value['manifest']) &&
    isHash(value['slots']) &&
    isHash(value['vault']) &&
    isRecord(value['environments']) &&
    Object.values(value['environments']).every(isHash)
  );
}
