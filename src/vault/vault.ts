/**
 * A vault that is open: who it is, whether it can be trusted, which keys are at hand, and transactions on it. Whether knox may act on
 * what it reads is decided here: an unknown identity or a head older than the remembered one lets nothing be written or run.
 */
import { manifestHash } from '../crypto/audit-chain.ts';
import { loadSodium } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { ReadTransaction, Signed, Store } from '../store/store.ts';
import { holdsEntry, ProvenTail } from './chain.ts';
import { Change } from './change.ts';
import type { HeadMemory } from './head-memory.ts';
import { readHead } from './head.ts';
import type { Head } from './head.ts';
import { KeyRing } from './key-ring.ts';
import { readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { unlock } from './unlock.ts';
import type { Unlock, Unlocked } from './unlock.ts';
import { Known, View } from './view.ts';

export interface VaultOptions {
  readonly store: Store;
  /** Null: look without a key. */
  readonly unlock: Unlock | null;
  /** `KNOX_TRUST`, already decoded to `knox_vault_1_…`, or null. */
  readonly trusted: string | null;
  /** `KNOX_HEAD`, as `N:HASH`, or null. */
  readonly expectedHead: { readonly seq: number; readonly hash: string } | null;
  readonly memory: HeadMemory;
  readonly now: () => Date;
  readonly actor: string;
  /** Receives a warning once: code, message. */
  readonly warn: (code: string, message: string) => void;
}

/** How long a change waits for other writers; recording a use waits longer, so that many services that start at once all get their turn. */
const CHANGE_PATIENCE_SECONDS = 10;
const USE_PATIENCE_SECONDS = 30;

export class Vault {
  readonly store: Store;
  readonly manifest: Manifest;
  readonly ring: KeyRing | null;
  /** Whether the identity is one that was expected. */
  readonly isTrusted: boolean;
  /** Whether the file is older than what this machine, or `KNOX_HEAD`, says. */
  readonly isRolledBack: boolean;
  readonly #options: VaultOptions;
  readonly #manifestHash: string;
  readonly #tail = new ProvenTail();
  /** The head that was verified last, and the bytes that it was. */
  #lastHead: { readonly signed: Signed; readonly head: Head } | null = null;
  #checked: { readonly writes: number | null; readonly head: string; readonly known: Known } = {
    writes: null,
    head: '',
    known: new Known(),
  };

  private constructor(options: VaultOptions, opened: Opened) {
    this.#options = options;
    this.store = options.store;
    this.manifest = opened.manifest;
    this.ring = opened.ring;
    this.isTrusted = opened.isTrusted;
    this.isRolledBack = opened.isRolledBack;
    this.#manifestHash = opened.manifestHash;
  }

  /** @throws wrong_key, vault_damaged, vault_rolled_back (KNOX_HEAD), vault_newer, io */
  static async open(options: VaultOptions): Promise<Vault> {
    await loadSodium();
    return new Vault(options, await openVault(options));
  }

  get actor(): string {
    return this.#options.actor;
  }
  now(): Date {
    return this.#options.now();
  }

  /** One consistent look. */
  async read<T>(work: (view: View) => Promise<T>): Promise<T> {
    return this.store.read(async (transaction) => work(await this.#view(transaction)));
  }

  async #view(transaction: ReadTransaction): Promise<View> {
    const head = await this.#head(transaction);
    const known = await this.#knownAt(transaction, head);
    return new View(this.manifest, head, this.ring, transaction, this.now(), known);
  }

  /**
   * What this process has checked of the vault as it stands. It holds as long as the head is the same and nobody else has written: what is
   * read is held against its tag all the same.
   */
  async #knownAt(transaction: ReadTransaction, head: Head): Promise<Known> {
    const writes = await transaction.foreignWrites();
    const isSame = writes !== null && writes === this.#checked.writes && head.hash === this.#checked.head;
    const known = new Known(isSame ? this.#checked.known.intact : [], this.#tail);
    // A look goes on with it; a change has its own, which holds once it is written.
    if (!isSame) this.#checked = { writes, head: head.hash, known };
    return isSame ? this.#checked.known : known;
  }

  /** The same for what is shown to a person: where keys are at hand, nothing may be missing or older than the head says. */
  async look<T>(work: (view: View) => Promise<T>): Promise<T> {
    return this.read(async (view) => {
      if (view.isVerified) await view.requireIntactWhereGiven();
      return work(view);
    });
  }

  /**
   * One change, with one audit entry, durable when it returns. Nothing stays of one that throws.
   * @throws untrusted_vault, vault_rolled_back, vault_locked, vault_busy, io
   */
  async change<T>(work: (change: Change) => Promise<T>): Promise<T> {
    this.requireTrust();
    return this.#commit(CHANGE_PATIENCE_SECONDS, work);
  }

  /** A change that records a use of values: it waits longer for its turn. */
  recordUse<T>(work: (change: Change) => Promise<T>): Promise<T> {
    return this.#commit(USE_PATIENCE_SECONDS, work);
  }

  async #commit<T>(patience: number, work: (change: Change) => Promise<T>): Promise<T> {
    const ring = this.requireKeys();
    let head: Head | null = null;
    let known = new Known();
    const result = await this.store.write(patience, async (transaction) => {
      const doer = { actor: this.#options.actor, now: this.now() };
      const before = await this.#head(transaction);
      if (doer.now.toISOString() < before.at) {
        this.#options.warn(
          'clock_behind',
          `this machine's clock is behind the last audit entry (${before.at}): that time is taken`,
        );
      }
      known = new Known((await this.#knownAt(transaction, before)).intact, this.#tail);
      const change = new Change(this.manifest, before, ring, transaction, doer, known);
      const value = await work(change);
      head = await change.finish();
      return value;
    });
    if (head !== null) {
      // The digests of what it touched were made of what it had checked before.
      this.#checked = { writes: this.#checked.writes, head: (head as Head).hash, known };
      this.#remember(head);
    }
    return result;
  }

  /** Puts the newest head into this machine's memory, where the vault is trusted. */
  #remember({ seq, hash }: Head): void {
    if (!this.isTrusted || this.isRolledBack) return;
    this.#options.memory.remember({
      vault: this.manifest.vault,
      location: this.store.location,
      identity: this.manifest.identity,
      seq,
      hash,
    });
  }

  /** Trusts this vault on this machine from now on. */
  async rememberIdentity(): Promise<void> {
    const head = await this.store.read((transaction) => this.#head(transaction));
    this.#options.memory.remember({
      vault: this.manifest.vault,
      location: this.store.location,
      identity: this.manifest.identity,
      seq: head.seq,
      hash: head.hash,
    });
  }

  /** Notes on this machine that the whole log verified, for an overview. */
  rememberVerified(): void {
    this.#options.memory.rememberVerified(this.manifest.vault, this.store.location, this.now().toISOString());
  }
  /** When that was last, as an ISO time, or null. */
  get verifiedAt(): string | null {
    return this.#options.memory.verifiedAt(this.manifest.vault, this.store.location);
  }

  /**
   * Takes a vault that was turned back as it is, on this machine, from now on; the log says so.
   * @throws untrusted_vault, vault_locked, usage where it was not turned back
   */
  async acceptRollback(reason: string): Promise<void> {
    if (!this.isTrusted) this.requireTrust();
    if (!this.isRolledBack)
      throw errors.usage('this vault is no older than what this machine has seen', 'there is nothing to accept');
    await this.#commit(CHANGE_PATIENCE_SECONDS, async (change) =>
      change.log({ action: 'accept-rollback', detail: { reason } }),
    );
    this.#options.memory.forget(this.store.location);
    await this.rememberIdentity();
  }

  /** The head as it stands now. A manifest that another process replaced meanwhile ends this one. */
  async #head(transaction: ReadTransaction): Promise<Head> {
    // The manifest first: with it the audit key may have changed, by which the head is signed.
    await requireManifest(transaction, this.#manifestHash);
    const signed = await transaction.head();
    const last = this.#lastHead;
    if (signed !== null && last !== null && isSameSigned(signed, last.signed)) return last.head;
    const head = readHead(signed, this.manifest.vault, this.manifest.audit.publicKey);
    if (head.manifest !== this.#manifestHash) throw mixed();
    this.#lastHead = { signed: signed!, head };
    return head;
  }

  /** @throws vault_locked */
  requireKeys(): KeyRing {
    if (this.ring === null)
      throw errors.vault_locked('this needs a key of the vault', 'give one: --key-file FILE, or set KNOX_KEY_FILE');
    return this.ring;
  }

  /** Call before anything is written, run or sent. @throws untrusted_vault, vault_rolled_back */
  requireTrust(): void {
    if (!this.isTrusted) {
      throw errors.untrusted_vault(
        `this machine has never seen the vault ${this.manifest.identity}`,
        `if that is the identity you were given: knox trust ${this.manifest.identity}`,
        'in a script: set KNOX_TRUST to it',
      );
    }
    if (this.isRolledBack) {
      throw errors.vault_rolled_back(
        'this vault is older than the one that was here before: somebody put back an older copy',
        'put the newer one back; if the older one is meant: knox doctor --accept-rollback --reason TEXT',
      );
    }
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

interface Opened {
  readonly manifest: Manifest;
  readonly manifestHash: string;
  readonly ring: KeyRing | null;
  readonly isTrusted: boolean;
  readonly isRolledBack: boolean;
}

async function openVault(options: VaultOptions): Promise<Opened> {
  // Read before the vault: what is remembered was committed, so a view taken later holds it, unless the vault was turned back.
  const remembered = options.memory.at(options.store.location);
  const found = await options.store.read(async (transaction) => {
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
      isKnownHeld: known === null || (await holds(known)),
      isExpectedHeld: options.expectedHead === null || (await holds(options.expectedHead)),
      slots: await transaction.slots(),
    };
  });
  const { manifest, inForce, head, known } = found;
  if (head.manifest !== inForce || found.last?.hash !== head.hash) throw mixed();
  if (options.expectedHead !== null && !found.isExpectedHeld) {
    throw errors.vault_rolled_back(
      `this vault does not contain audit entry ${options.expectedHead.seq} that KNOX_HEAD names`,
      'it is an older copy, or another history',
    );
  }

  const unlocked = options.unlock === null ? null : await unlock(manifest, found.slots, options.unlock);
  const elsewhere = known === null ? options.memory.elsewhere(manifest.vault, options.store.location) : null;
  // The first that is there decides: the key file's own line or the passphrase's slot, KNOX_TRUST, what this machine remembers.
  const expected =
    (options.unlock?.kind === 'key' ? unlocked?.identity : null) ??
    options.trusted ??
    unlocked?.identity ??
    known?.identity ??
    // The same vault at another place may be a copy from before its keys were made anew: that is unknown here, not false.
    (elsewhere?.identity === manifest.identity ? elsewhere.identity : null);
  if (expected !== null && expected !== manifest.identity) {
    throw errors.vault_damaged(
      `this vault is not the one that is expected: its identity is ${manifest.identity}, expected is ${expected}`,
      'it was replaced, or another vault lies in its place',
    );
  }
  const ring = unlocked === null ? null : await openRing(options.store, manifest, inForce, unlocked);
  const isRolledBack = !found.isKnownHeld;
  if (isRolledBack)
    options.warn(
      'vault_rolled_back',
      'this vault is older than the one that was here before: uses are not recorded, and nothing is written or run',
    );
  else if (elsewhere !== null && elsewhere.seq > head.seq) {
    options.warn('older_copy', `this copy of the vault is older than the one seen at ${elsewhere.location}`);
  }
  if (expected === null && ring !== null) {
    options.warn('untrusted_vault', `this machine has never seen this vault: ${manifest.identity}`);
  }
  if (known !== null && expected !== null && !isRolledBack) noteProgress(options, manifest, head, known.seq);
  return { manifest, manifestHash: inForce, ring, isTrusted: expected !== null, isRolledBack };
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
    // A passphrase takes time to type: the keys may have been made anew since the manifest was read.
    await requireManifest(transaction, inForce);
    return transaction.grants(slot.id);
  });
  const ring = new KeyRing(manifest, slot, secret, grants);
  // Asked for here so that a changed or missing grant shows before anything is done.
  if (ring.vaultKey.length === 0 || ring.auditSeed.length === 0)
    throw errors.vault_damaged('a key of the vault is empty');
  return ring;
}

/** @throws vault_busy where another manifest is in force by now, vault_damaged where what stands there is none */
async function requireManifest(transaction: ReadTransaction, expected: string): Promise<void> {
  const signed = await transaction.manifest();
  if (signed !== null && hex(manifestHash(signed.body, signed.signature)) === expected) return;
  readManifest(signed);
  throw errors.vault_busy('the keys or environments of the vault were changed meanwhile', 'run it again');
}

function isSameSigned(left: Signed, right: Signed): boolean {
  return Buffer.compare(left.body, right.body) === 0 && Buffer.compare(left.signature, right.signature) === 0;
}

function mixed() {
  return errors.vault_damaged(
    'the parts of this vault do not belong together: some of it was changed or turned back',
    'put back a copy of the vault that is whole',
  );
}

function hex(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytes).toString('hex');
}
