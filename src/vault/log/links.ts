/**
 * Identities that a vault had. When its keys are replaced, the entry that says so holds the new identity, signed by the root that goes, so
 * that a key file, `KNOX_TRUST` or a memory with an earlier identity can be followed to the one of now. The manifest names these entries;
 * each takes over from the one before. A root that went can sign another link, but not beside the one that the log has.
 */
import { isLinkSigned, signLink } from '../../crypto/audit-chain.ts';
import { decodeKeyText } from '../../crypto/key-text.ts';
import type { EntryRow, ReadTransaction } from '../../store/store.ts';
import { identityOf } from '../documents/manifest.ts';
import type { Manifest } from '../documents/manifest.ts';

/** What the entry of a link is called. */
export const REKEY = 'rekey';

/** What it says in its `detail`. */
export interface LinkDetail {
  /** The identity until now, `knox_vault_1_…`. */
  readonly previous: string;
  /** The one from now on. */
  readonly identity: string;
  readonly generation: number;
  /** By the root that goes, hex. */
  readonly link: string;
}

/** Every link of a vault, oldest first, as one line that ends in its identity; null where they are not such a line. */
export type Links = readonly LinkDetail[] | null;

/**
 * Signs what leads from one root to the next.
 * @param seq of the entry whose `detail` it is to be part of @param generation of the manifest that the entry puts
 */
export function makeLink(
  previousSeed: Uint8Array,
  nextSeed: Uint8Array,
  { vault, seq, generation }: { readonly vault: string; readonly seq: number; readonly generation: number },
): LinkDetail & Readonly<Record<string, unknown>> {
  const [previous, identity] = [identityOf(previousSeed), identityOf(nextSeed)];
  const halves = { previous: decodeKeyText('identity', previous), next: decodeKeyText('identity', identity) };
  const link = { vault, seq, previous: halves.previous as Uint8Array, next: halves.next as Uint8Array, generation };
  return { previous, identity, generation, link: Buffer.from(signLink(previousSeed, link)).toString('hex') };
}

/** @returns the two identities, or null where the entry is not a link, or is not signed by the identity that it takes over from */
export function readLink(vault: string, { seq, body }: Pick<EntryRow, 'seq' | 'body'>): LinkDetail | null {
  const detail = detailOf(body);
  if (detail === null) return null;
  const previous = decodeKeyText('identity', detail.previous);
  const next = decodeKeyText('identity', detail.identity);
  if (!(previous instanceof Uint8Array) || !(next instanceof Uint8Array)) return null;
  const link = { vault, seq, previous, next, generation: detail.generation };
  return isLinkSigned(link, Buffer.from(detail.link, 'hex')) ? detail : null;
}

/** The links that the manifest names, read from their entries: what they say counts by its own signature. */
export async function linksOf(
  transaction: Pick<ReadTransaction, 'entry'>,
  { vault, identity, links }: Pick<Manifest, 'vault' | 'identity' | 'links'>,
): Promise<Links> {
  const found: LinkDetail[] = [];
  for (const seq of links) {
    const row = await transaction.entry(seq);
    const link = row === null ? null : readLink(vault, row);
    const last = found.at(-1);
    if (link === null || (last !== undefined && !follows(last, link))) return null;
    found.push(link);
  }
  const last = found.at(-1);
  return last === undefined || last.identity === identity ? found : null;
}

/** Whether a link takes over from the one before. */
export function follows(last: LinkDetail, next: LinkDetail): boolean {
  return next.previous === last.identity && next.generation > last.generation;
}

/** Whether the links lead from one identity to another. */
export function leadsTo(links: Links, from: string, to: string): boolean {
  if (from === to) return true;
  return links?.at(-1)?.identity === to && links.some(({ previous }) => previous === from);
}

function detailOf(body: string): LinkDetail | null {
  try {
    const { action, generation, detail } = JSON.parse(body) as {
      readonly action?: unknown;
      readonly generation?: unknown;
      readonly detail?: Partial<Record<keyof LinkDetail, unknown>> | null;
    };
    if (action !== REKEY || detail === null || detail === undefined) return null;
    const { previous, identity, link } = detail;
    if (typeof previous !== 'string' || typeof identity !== 'string' || typeof link !== 'string') return null;
    if (!Number.isSafeInteger(generation) || detail.generation !== generation) return null;
    return { previous, identity, generation: generation as number, link };
  } catch {
    return null;
  }
}
