/**
 * Identities that a vault had. When its keys are made anew the entry that says so is signed by the root that goes, so that a key file,
 * `KNOX_TRUST` or a memory with an earlier identity can be followed to the one of now. Each link takes over from the one before. A root that
 * went can sign another link, but not beside the one that the log has.
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

/**
 * Whether the links lead from one identity to another. All of them must be one line: a log that holds anything else that is signed was
 * not written by knox, and leads nowhere.
 * @param signed the entries of the log that have a signature, in order
 */
export function leadsTo(vault: string, signed: readonly EntryRecord[], from: string, to: string): boolean {
  if (from === to) return true;
  let identity: string | null = null;
  let isOnIt = false;
  for (const entry of signed) {
    const link = readLink(vault, entry);
    if (link === null || (identity !== null && link.previous !== identity)) return false;
    isOnIt ||= link.previous === from;
    ({ identity } = link);
  }
  return isOnIt && identity === to;
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
