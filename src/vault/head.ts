/** The head: one signed row that says how far the audit log goes, which manifest is in force, and what the small tables hold. */
import { isHeadSigned, signHead } from '../crypto/audit-chain.ts';
import { errors } from '../errors.ts';
import type { Signed } from '../store/store.ts';
import { isHead } from './document-shape.ts';

export interface Head {
  /** Number of the last audit entry, its time, and its hash (hex). */
  readonly seq: number;
  readonly at: string;
  readonly hash: string;
  /** Hash of the manifest (hex). */
  readonly manifest: string;
  /** Digest (hex) of the slots and grants. */
  readonly slots: string;
  /** Digest (hex) of the small tables that the vault key authenticates, and of each environment's. */
  readonly vault: string;
  readonly environments: Readonly<Record<string, string>>;
}

export function signedHead(head: Head, vault: string, auditSeed: Uint8Array): Signed {
  const body = new TextEncoder().encode(JSON.stringify(head));
  return { body, signature: signHead(auditSeed, vault, body) };
}

/** @param auditKey the manifest's audit public key, hex @throws vault_damaged */
export function readHead(signed: Signed | null, vault: string, auditKey: string): Head {
  const key = new Uint8Array(Buffer.from(auditKey, 'hex'));
  const head =
    signed !== null && isHeadSigned(key, vault, signed.body, signed.signature) ? parseHead(signed.body) : null;
  if (head === null) {
    throw errors.vault_damaged(
      "the head of the vault's audit log is damaged or was changed",
      'put back a copy of the vault that is whole',
    );
  }
  return head;
}

function parseHead(body: Uint8Array): Head | null {
  try {
    const head: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return isHead(head) ? (head as Head) : null;
  } catch {
    return null;
  }
}
