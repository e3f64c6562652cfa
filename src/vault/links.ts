/**
 * Identities that a vault had. When its keys are made anew the entry that says so is signed by the root that goes, so that a key file,
 * `KNOX_TRUST` or a memory with an earlier identity can be followed to the one of now. The first link from an identity counts: a root that
 * went can sign another one, but not take back what it signed before.
 */
import { isLinkSigned } from '../crypto/audit-chain.ts';
import { decodeKeyText } from '../crypto/key-text.ts';
import type { EntryRecord } from '../store/store.ts';

export const REKEY = 'rekey';

/** What the entry of a link says in its `detail`. */
export interface LinkDetail {
  /** The identity until now, `knox_vault_1_…`. */
  readonly previous: string;
  /** The one from now on. */
  readonly identity: string;
  /** The new audit public key, hex. */
  readonly auditKey: string;
  readonly generation: number;
}

/** @returns the two identities, or null where the entry is no link, or is not signed by the identity that it takes over from */
export function readLink(vault: string, { seq, body, signature }: EntryRecord): LinkDetail | null {
  if (signature === null) return null;
  const link = detailOf(body);
  if (link === null) return null;
  const previous = decodeKeyText('identity', link.previous);
  const isNext = decodeKeyText('identity', link.identity) instanceof Uint8Array;
  if (!isNext || !(previous instanceof Uint8Array)) return null;
  return isLinkSigned(previous, { vault, seq, body, signature }) ? link : null;
}

/** @param signed the entries of the log that have a signature, in order */
export function leadsTo(vault: string, signed: readonly EntryRecord[], from: string, to: string): boolean {
  let identity = from;
  for (const entry of signed) {
    if (identity === to) return true;
    const link = readLink(vault, entry);
    if (link?.previous === identity) ({ identity } = link);
  }
  return identity === to;
}

function detailOf(body: string): LinkDetail | null {
  try {
    const { action, detail } = JSON.parse(body) as { action?: unknown; detail?: Partial<LinkDetail> | null };
    if (action !== REKEY || typeof detail?.previous !== 'string' || typeof detail.identity !== 'string') return null;
    return detail as LinkDetail;
  } catch {
    return null;
  }
}
