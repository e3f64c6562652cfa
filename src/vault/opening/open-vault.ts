/**
 * Opening a vault: which manifest is in force, whether it is of an identity that was expected, and what the key at hand opens. Done again
 * whenever another process has put another manifest in force.
 */
import type { WarningCode } from '../../domain/reference/warnings.ts';
import type { Moments } from '../../domain/moments.ts';
import { decodeKeyText } from '../../crypto/key-text.ts';
import { isKnoxError } from '../../errors.ts';
import type { ReadTransaction, Signed, Store } from '../../store/store.ts';
import { partialCopyOf } from '../core/partial-copy.ts';
import type { PartialCopy } from '../core/copy-facts.ts';
import { isSealed, mixed, readHead } from '../documents/head.ts';
import type { Head } from '../documents/head.ts';
import { KeyRing } from '../documents/key-ring.ts';
import { hashOfManifest, readManifest } from '../documents/manifest.ts';
import type { Manifest, ManifestRealm } from '../documents/manifest.ts';
import { holdsEntry, holdsHead } from '../log/chain.ts';
import { leadsTo, linksOf } from '../log/links.ts';
import type { Links } from '../log/links.ts';
import type { HeadMemory, Remembered } from '../trust/head-memory.ts';
import { judge } from '../trust/judge.ts';
import type { Facts, Standing } from '../trust/judge.ts';
import { findKept } from '../trust/kept-key.ts';
import type { BootTime } from '../trust/kept-key.ts';
import type { PointingFolder } from '../trust/pointing-folder.ts';
import { unlock } from '../trust/unlock.ts';
import type { KeptOrElse, Unlock, Unlocked } from '../trust/unlock.ts';

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
  /** The command takes the vault as it is, older or not. */
  readonly isAccepting?: boolean;
  /** Receives a warning once: code, message. */
  readonly warn: (code: WarningCode, message: string) => void;
  /** How warnings write times; in UTC where it is left out. */
  readonly moments?: () => Moments;
}

export interface Opened {
  readonly manifest: Manifest;
  /** Hex. */
  readonly manifestHash: string;
  readonly ring: KeyRing | null;
  /** What opened the ring. */
  readonly unlocked: Unlocked | null;
  readonly isTrusted: boolean;
  readonly standing: Standing;
  /** Where it is a copy that holds some realms alone; nothing is written into such a one. */
  readonly partial: PartialCopy | null;
}

/** What one look at the file says, before any key is used. */
interface Found {
  readonly manifest: Manifest;
  readonly inForce: string;
  readonly head: Head;
  /** What this machine remembers of this vault in this place. */
  readonly known: Remembered | null;
  readonly partial: PartialCopy | null;
  readonly isKnownHeld: boolean;
  readonly isExpectedHeadHeld: boolean | null;
  readonly links: Links;
}

/** Another manifest is in force than the one that was opened: what was about to be done has not begun. */
export class OtherManifest extends Error {}

/**
 * @param before what was opened until now; null for the first time
 * @throws wrong_key, vault_damaged, vault_rolled_back, vault_busy, cancelled
 */
export async function reopen(options: VaultOptions, before: Opened | null): Promise<Opened> {
  const first = before === null ? await firstWay(options) : null;
  let given = before === null ? first : again(before.unlocked);
  for (let attempt = 1; ; attempt += 1) {
    const found = await look(options);
    const unlocked = given === null ? null : await unlock(found.manifest, given);
    try {
      return await open(options, found, unlocked, before);
    } catch (error) {
      if (!(error instanceof OtherManifest) || attempt === MOST_ATTEMPTS) throw error;
    }
    // A person is not asked for a passphrase again.
    given = again(unlocked);
  }
}

/** A passphrase takes time to type, and the keys may be replaced meanwhile. */
const MOST_ATTEMPTS = 5;

/** A key that was kept is looked for once it is known which vault this is. */
async function firstWay(options: VaultOptions): Promise<Unlock | null> {
  const { unlock: way } = options;
  if (way?.kind !== 'kept') return way;
  const { manifest, head, links } = await look(options);
  const times = { clock: options.now().toISOString(), logged: head.at, boot: options.bootTime?.() ?? null };
  const leads = (from: string): boolean => leadsTo(links, from, manifest.identity);
  return (await findKept(manifest, way.find(manifest.vault), times, leads, options.warn)) ?? way.otherwise();
}

function again(unlocked: Unlocked | null): Unlock | null {
  if (unlocked === null) return null;
  const { secret, source, kind } = unlocked;
  const identity = unlocked.identity === null ? null : decodeKeyText('identity', unlocked.identity);
  return {
    kind: 'key',
    secret,
    identity: identity instanceof Uint8Array ? identity : null,
    source,
    isKept: kind === 'kept',
  };
}

async function look(options: VaultOptions): Promise<Found> {
  // Read before the vault: what is remembered was committed, so a view taken later holds it, unless the vault was turned back.
  const remembered = options.memory.at(options.store.location);
  const { expectedHead } = options;
  return options.store.read(async (transaction) => {
    const { manifest, hash } = readManifest(await transaction.manifest());
    const head = readHead(await transaction.head(), manifest, hash);
    if ((await transaction.entry(head.seq))?.hash !== head.hash) throw mixed();
    const known = remembered.find((seen) => seen.vault === manifest.vault) ?? null;
    return {
      manifest,
      inForce: hash,
      head,
      known,
      partial: await partialCopyOf(transaction, manifest.vault, head),
      isKnownHeld: known === null || (await holdsEntry(transaction, manifest.vault, head, known)),
      isExpectedHeadHeld: expectedHead === null ? null : await holdsHead(transaction, manifest, head, expectedHead),
      links: await linksOf(transaction, manifest),
    };
  });
}

async function open(
  options: VaultOptions,
  found: Found,
  unlocked: Unlocked | null,
  before: Opened | null,
): Promise<Opened> {
  const { manifest, inForce, head, known } = found;
  const { identity, generation } = manifest;
  const facts: Facts = {
    identity,
    generation,
    seq: head.seq,
    realms: newestOf(found),
    leads: (from) => leadsTo(found.links, from, identity),
    // Opened once, the vault goes by what was expected then.
    keyIdentity: before?.isTrusted === true ? before.manifest.identity : (unlocked?.identity ?? null),
    keyKind: before?.isTrusted === true ? 'file' : (unlocked?.kind ?? null),
    trusted: options.trusted,
    known,
    isKnownHeld: found.isKnownHeld,
    others: known?.identity === identity ? [] : options.memory.elsewhere(manifest.vault, options.store.location),
    isExpectedHeadHeld: found.isExpectedHeadHeld,
    expectedHead: options.expectedHead?.seq ?? null,
    isAccepting: options.isAccepting === true,
  };
  const verdict = judge(facts);
  if (isKnoxError(verdict)) throw verdict;
  const { isTrusted, standing, warning } = verdict;
  const ring = unlocked === null ? null : await openRing(options.store, manifest, inForce, unlocked);
  if (warning !== null) options.warn(warning.code, warning.text);
  if (!isTrusted && ring !== null)
    options.warn('untrusted_vault', `this machine has never seen this vault: ${identity}`);
  // Of a copy with some environments alone, the next one goes on from where this one was taken, not from its own last entry.
  if (known !== null && isTrusted && standing === 'newest')
    noteProgress(
      options,
      { manifest, head: { ...head, ...found.partial?.basis }, ring, partial: found.partial },
      known,
    );
  return { manifest, manifestHash: inForce, ring, unlocked, isTrusted, standing, partial: found.partial };
}

/** The newest entry of each realm; 0 for one that a copy was made without: a vault that had it here before is not the same any more. */
function newestOf({ manifest, head, partial }: Found): Record<string, number> {
  const isHeld = ({ name }: ManifestRealm): boolean => partial === null || partial.environments.includes(name);
  return Object.fromEntries(manifest.realms.map((realm) => [realm.id, isHeld(realm) ? head.realms[realm.id]!.seq : 0]));
}

interface AsItStands {
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing | null;
  readonly partial: PartialCopy | null;
}

/** What is remembered of a vault as it stands. */
export function rememberable(
  location: string,
  { manifest, head, ring, partial }: AsItStands,
): Omit<Remembered, 'earlier'> {
  const isHeld = (name: string): boolean => partial === null || partial.environments.includes(name);
  // A part that its realm's key did not seal is somebody's word: it would be missed here once what is true stands there again.
  const isChecked = ({ id: realm, name }: ManifestRealm): boolean => {
    if (ring?.hasRealm(name) !== true || !isHeld(name)) return false;
    const place = { vault: manifest.vault, realm, manifest: head.manifest };
    return isSealed(ring.realmKey(name), place, head.realms[realm]!);
  };
  const checked = manifest.realms.filter(isChecked);
  return {
    vault: manifest.vault,
    location,
    identity: manifest.identity,
    generation: manifest.generation,
    seq: head.seq,
    hash: head.hash,
    realms: Object.fromEntries(checked.map(({ id }) => [id, Math.min(head.realms[id]!.seq, head.seq)])),
    slots: ring === null ? [] : [ring.slot.id],
  };
}

/** Other machines may have written much since this one did: the way from the entry that it remembers need not be walked at every look. */
const FAR = 1000;
/** A commit that was seen this long ago is on the disk. */
const SETTLED_MS = 60_000;

function noteProgress({ memory, store, now }: VaultOptions, opened: AsItStands, known: Remembered): void {
  const { head, ring } = opened;
  const isFar = head.seq - known.seq >= FAR && now().getTime() - Date.parse(head.at) >= SETTLED_MS;
  const isNewSlot = ring !== null && !known.slots.includes(ring.slot.id);
  if (isFar) memory.remember(rememberable(store.location, opened));
  else if (isNewSlot) memory.remember({ ...known, slots: [ring.slot.id], realms: {} });
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
  return new KeyRing(manifest, slot, secret, grants);
}

/** @throws OtherManifest where another one is in force by now, vault_damaged where what stands there is none */
export async function requireManifest(transaction: ReadTransaction, expected: string): Promise<void> {
  const signed = await transaction.manifest();
  if (signed !== null && hashOfManifest(signed) === expected) return;
  readManifest(signed);
  throw new OtherManifest('another manifest is in force');
}

export function isSameSigned(left: Signed, right: Signed): boolean {
  return Buffer.compare(left.body, right.body) === 0 && Buffer.compare(left.signature, right.signature) === 0;
}
