/**
 * Opening a vault: which manifest is in force, whether it is of an identity that was expected, and what the key at hand opens. Done again
 * whenever another process has put another manifest in force.
 */
import { manifestHash } from '../crypto/audit-chain.ts';
import { decodeKeyText } from '../crypto/key-text.ts';
import { errors } from '../errors.ts';
import type { EntryRecord, ReadTransaction, Signed, SlotRecord, Store } from '../store/store.ts';
import { holdsEntry } from './chain.ts';
import type { HeadMemory, Remembered } from './head-memory.ts';
import { readHead } from './head.ts';
import type { Head } from './head.ts';
import { findKept } from './kept-key.ts';
import type { BootTime } from './kept-key.ts';
import { KeyRing } from './key-ring.ts';
import { leadsTo } from './links.ts';
import { readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { partialCopyOf } from './partial-copy.ts';
import type { PartialCopy } from './partial-copy.ts';
import type { PointingFolder } from './pointing-folder.ts';
import { unlock } from './unlock.ts';
import type { KeptOrElse, Unlock, Unlocked } from './unlock.ts';

export interface VaultOptions {
  readonly store: Store;
  /** Null: look without a key. */
  readonly unlock: Unlock | KeptOrElse | null;
  /** `KNOX_TRUST`, already decoded to `knox_vault_1_…`, or null. */
  readonly trusted: string | null;
  /** `KNOX_HEAD`, as `N:HASH`, or null. */
  readonly expectedHead: { readonly seq: number; readonly hash: string } | null;
  readonly memory: HeadMemory;
  readonly now: () => Date;
  readonly bootTime?: (() => BootTime | null) | undefined;
  readonly actor: string;
  /** The folder that points to this vault, which lies outside of it. */
  readonly folder?: PointingFolder | null;
  /** Receives a warning once: code, message. */
  readonly warn: (code: string, message: string) => void;
}

export interface Opened {
  readonly manifest: Manifest;
  /** Hex. */
  readonly manifestHash: string;
  readonly ring: KeyRing | null;
  /** What opened the ring. */
  readonly unlocked: Unlocked | null;
  readonly isTrusted: boolean;
  readonly isRolledBack: boolean;
}

/** What one look at the file says, before any key is used. */
interface Found {
  readonly manifest: Manifest;
  readonly inForce: string;
  readonly head: Head;
  /** What this machine remembers of this vault in this place. */
  readonly known: Remembered | null;
  readonly last: EntryRecord | null;
  readonly partial: PartialCopy | null;
  readonly isKnownHeld: boolean;
  readonly isExpectedHeld: boolean;
  readonly slots: readonly SlotRecord[];
  readonly signed: readonly EntryRecord[];
}

/** Another manifest is in force than the one that was opened: what was about to be done has not begun. */
export class OtherManifest extends Error {}

/**
 * @param before what was opened until now; null for the first time
 * @throws wrong_key, vault_damaged, vault_rolled_back (KNOX_HEAD), vault_busy, cancelled
 */
export async function reopen(options: VaultOptions, before: Opened | null): Promise<Opened> {
  const first = before === null ? await firstWay(options) : null;
  let given = before === null ? first : again(before.unlocked);
  for (let attempt = 1; ; attempt += 1) {
    const found = await look(options);
    const unlocked = given === null ? null : await unlock(found.manifest, found.slots, given);
    try {
      return await judge(options, found, { unlocked, isGivenKey: first?.kind === 'key' }, before);
    } catch (error) {
      if (!(error instanceof OtherManifest) || attempt === MOST_ATTEMPTS) throw error;
    }
    // A person is not asked for a passphrase again.
    given = again(unlocked);
  }
}

/** A passphrase takes time to type, and the keys may be made anew meanwhile. */
const MOST_ATTEMPTS = 5;

/** A key that was kept is looked for once it is known which vault this is. */
async function firstWay(options: VaultOptions): Promise<Unlock | null> {
  const { unlock: way } = options;
  if (way?.kind !== 'kept') return way;
  const { manifest, head, signed } = await look(options);
  const times = { clock: options.now().toISOString(), logged: head.at, boot: options.bootTime?.() ?? null };
  const leads = (from: string): boolean => leadsTo(manifest.vault, signed, from, manifest.identity);
  return (await findKept(manifest, way.find(manifest.vault), times, leads, options.warn)) ?? way.otherwise();
}

function again(unlocked: Unlocked | null): Unlock | null {
  if (unlocked === null) return null;
  const { secret, source } = unlocked;
  const identity = unlocked.identity === null ? null : decodeKeyText('identity', unlocked.identity);
  return { kind: 'key', secret, identity: identity instanceof Uint8Array ? identity : null, source };
}

async function look(options: VaultOptions): Promise<Found> {
  // Read before the vault: what is remembered was committed, so a view taken later holds it, unless the vault was turned back.
  const remembered = options.memory.at(options.store.location);
  return options.store.read(async (transaction) => {
    const { manifest, hash } = readManifest(await transaction.manifest());
    const head = readHead(await transaction.head(), manifest.vault, manifest.audit.publicKey);
    const known = remembered.find((seen) => seen.vault === manifest.vault) ?? null;
    const holds = (entry: { seq: number; hash: string }) =>
      holdsEntry(transaction, manifest.vault, head, entry.seq, entry.hash);
    return {
      manifest,
      inForce: Buffer.from(hash).toString('hex'),
      head,
      known,
      last: await transaction.entry(head.seq),
      partial: await partialCopyOf(transaction, manifest.vault, head),
      isKnownHeld: known === null || (await holds(known)),
      isExpectedHeld: options.expectedHead === null || (await holds(options.expectedHead)),
      slots: await transaction.slots(),
      signed: await transaction.signedEntries(),
    };
  });
}

async function judge(
  options: VaultOptions,
  found: Found,
  { unlocked, isGivenKey }: { unlocked: Unlocked | null; isGivenKey: boolean },
  before: Opened | null,
): Promise<Opened> {
  const { manifest, inForce, head, known } = found;
  if (head.manifest !== inForce || found.last?.hash !== head.hash) throw mixed();
  if (options.expectedHead !== null && !found.isExpectedHeld) {
    throw errors.vault_rolled_back(
      `this vault does not contain audit entry ${options.expectedHead.seq} that KNOX_HEAD names`,
      'it is an older copy, or another history',
    );
  }
  const leads = (from: string) => leadsTo(manifest.vault, found.signed, from, manifest.identity);
  // Looked for once a place and identity: from then on the place itself is remembered with it.
  const others =
    known?.identity === manifest.identity ? [] : options.memory.elsewhere(manifest.vault, options.store.location);
  const elsewhere = known === null ? (others[0] ?? null) : null;
  const expected =
    before === null
      ? ((isGivenKey ? unlocked?.identity : null) ??
        expectedIdentity(options, unlocked, known, elsewhere !== null && leads(elsewhere.identity) ? elsewhere : null))
      : before.isTrusted
        ? before.manifest.identity
        : null;
  const isRolledBack = !found.isKnownHeld;
  const isOther = (identity: string | null | undefined) =>
    identity !== null && identity !== undefined && !leads(identity);
  if (isOther(expected) || (!isRolledBack && isOther(known?.identity))) {
    throw errors.vault_damaged(
      `this vault is not the one that is expected: its identity is ${manifest.identity}, expected is ${isOther(expected) ? expected : known?.identity}`,
      'it was replaced, or another vault lies in its place',
    );
  }
  // A root that went can sign a link to a vault of somebody's own making. Where this machine has seen what really followed, only that counts,
  // unless the very identity was named; what came before it is an older copy.
  const isOnTheLine = (seen: Remembered) => leads(seen.identity) || seen.earlier?.includes(manifest.identity) === true;
  const seen = [...(known === null ? [] : [known]), ...others];
  const contradiction =
    expected === null || expected === manifest.identity ? undefined : seen.find((one) => !isOnTheLine(one));
  if (contradiction !== undefined) {
    throw errors.vault_damaged(
      `this vault is not the one that followed ${expected}: its identity is ${manifest.identity}, this machine has seen ${contradiction.identity}`,
      'somebody with an earlier key has made it; if not, ask who made the keys anew, and put the identity into the key file',
    );
  }
  const ring = unlocked === null ? null : await openRing(options.store, manifest, inForce, unlocked);
  if (isRolledBack)
    options.warn(
      'vault_rolled_back',
      'this vault is older than the one that was here before: uses are not recorded, and nothing in it can be changed',
    );
  else if (elsewhere !== null && elsewhere.seq > head.seq) {
    options.warn('older_copy', `this copy of the vault is older than the one seen at ${elsewhere.location}`);
  }
  if (expected === null && ring !== null) {
    options.warn('untrusted_vault', `this machine has never seen this vault: ${manifest.identity}`);
  }
  // Of a copy with some environments alone, the next one goes on from where this one was taken, not from its own last entry.
  if (known !== null && expected !== null && !isRolledBack)
    noteProgress(options, manifest, { ...head, ...found.partial?.basis }, known.seq);
  return { manifest, manifestHash: inForce, ring, unlocked, isTrusted: expected !== null, isRolledBack };
}

/** After a key's own line, the first that is there decides: KNOX_TRUST, the passphrase's slot, what this machine remembers. */
function expectedIdentity(
  { trusted }: VaultOptions,
  unlocked: Unlocked | null,
  known: Remembered | null,
  // The same vault at another place may be a copy from before its keys were made anew: that is unknown here, not false.
  elsewhere: Remembered | null,
): string | null {
  return trusted ?? unlocked?.identity ?? known?.identity ?? elsewhere?.identity ?? null;
}

/** Other machines may have written much since this one did: the way from the entry that it remembers need not be walked at every look. */
const FAR = 1000;
/** A commit that was seen this long ago is on the disk. */
const SETTLED_MS = 60_000;

function noteProgress({ memory, store, now }: VaultOptions, manifest: Manifest, head: Head, seen: number): void {
  if (head.seq - seen < FAR || now().getTime() - Date.parse(head.at) < SETTLED_MS) return;
  const { vault, identity } = manifest;
  memory.remember({ vault, location: store.location, identity, seq: head.seq, hash: head.hash });
}

async function openRing(
  store: Store,
  manifest: Manifest,
  inForce: string,
  { slot, secret }: Unlocked,
): Promise<KeyRing> {
  const grants = await store.read(async (transaction) => {
    await requireManifest(transaction, inForce);
    return transaction.grants(slot.id);
  });
  const ring = new KeyRing(manifest, slot, secret, grants);
  // Asked for here so that a changed or missing grant shows before anything is done.
  if (ring.vaultKey.length === 0 || ring.auditSeed.length === 0)
    throw errors.vault_damaged('a key of the vault is empty');
  return ring;
}

/** @throws OtherManifest where another one is in force by now, vault_damaged where what stands there is none */
export async function requireManifest(transaction: ReadTransaction, expected: string): Promise<void> {
  const signed = await transaction.manifest();
  if (signed !== null && Buffer.from(manifestHash(signed.body, signed.signature)).toString('hex') === expected) return;
  readManifest(signed);
  throw new OtherManifest('another manifest is in force');
}

export function isSameSigned(left: Signed, right: Signed): boolean {
  return Buffer.compare(left.body, right.body) === 0 && Buffer.compare(left.signature, right.signature) === 0;
}

export function mixed() {
  return errors.vault_damaged(
    'the parts of this vault do not belong together: some of it was changed or turned back',
    'put back a copy of the vault that is whole',
  );
}
