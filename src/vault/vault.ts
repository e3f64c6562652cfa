/**
 * A vault that is open: who it is, whether it can be trusted, which keys are at hand, and transactions on it. Whether knox may act on
 * what it reads is decided here: an unknown identity or a head older than the remembered one lets nothing be written or run.
 */
import { loadSodium } from '../crypto/sodium.ts';
import { errors, isKnoxError } from '../errors.ts';
import type { ReadTransaction, Signed, Store } from '../store/store.ts';
import { aheadText, isFarAhead } from './ahead.ts';
import { ProvenTail } from './chain.ts';
import { Change } from './change.ts';
import type { Doer } from './change.ts';
import { readHead } from './head.ts';
import type { Head } from './head.ts';
import { keyToKeep } from './kept-key.ts';
import type { KeyToKeep } from './kept-key.ts';
import type { KeyRing } from './key-ring.ts';
import { readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { isSameSigned, mixed, OtherManifest, reopen, requireManifest } from './open-vault.ts';
import type { Opened, VaultOptions } from './open-vault.ts';
import { notInPartialCopy, partialCopy, refusePartialCopy } from './partial-copy.ts';
import { requireFolder, warnOfFolder } from './pointing-folder.ts';
import { rekey } from './rekey.ts';
import { Known, View } from './view.ts';

/** How long a change waits for other writers; recording a use waits longer, so that many services that start at once all get their turn. */
const CHANGE_PATIENCE_SECONDS = 10;
const USE_PATIENCE_SECONDS = 30;
/** How often a transaction is begun again because other keys were put in force before it. */
const MOST_ATTEMPTS = 5;

export class Vault {
  readonly store: Store;
  readonly #options: VaultOptions;
  #opened: Opened;
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
    this.#opened = opened;
  }

  /** @throws wrong_key, vault_damaged, vault_rolled_back (KNOX_HEAD), vault_newer, io */
  static async open(options: VaultOptions): Promise<Vault> {
    await loadSodium();
    const opened = await reopen(options, null);
    if (opened.isTrusted && opened.ring !== null) warnOfFolder(options, opened.manifest);
    const { upgraded } = options.store;
    if (upgraded !== undefined && upgraded !== null) {
      options.warn(
        'vault_upgraded',
        `this vault was brought from format ${upgraded.from} to ${upgraded.to}; a copy from before lies at ${upgraded.copy} until it is opened again`,
      );
    }
    await options.store.settled?.();
    return new Vault(options, opened);
  }

  get manifest(): Manifest {
    return this.#opened.manifest;
  }
  get ring(): KeyRing | null {
    return this.#opened.ring;
  }
  /** Whether the identity is one that was expected. */
  get isTrusted(): boolean {
    return this.#opened.isTrusted;
  }
  /** Whether the file is older than what this machine, or `KNOX_HEAD`, says. */
  get isRolledBack(): boolean {
    return this.#opened.isRolledBack;
  }

  get actor(): string {
    return this.#options.actor;
  }
  now(): Date {
    return this.#options.now();
  }

  /** One consistent look. */
  async read<T>(work: (view: View) => Promise<T>): Promise<T> {
    return this.#current(() => this.store.read(async (transaction) => work(await this.#view(transaction))));
  }

  /**
   * Other processes may make keys and environments anew at any time. A transaction that finds another manifest in force than the one
   * that was opened has done nothing yet: it is begun again with that one.
   */
  async #current<T>(transact: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await transact();
      } catch (error) {
        if (!(error instanceof OtherManifest)) throw error;
        if (attempt === MOST_ATTEMPTS) throw errors.vault_busy('the keys of the vault keep changing', 'run it again');
      }
      await this.#refresh();
    }
  }

  async #refresh(): Promise<void> {
    this.#opened = await reopen(this.#options, this.#opened);
    this.#lastHead = null;
    this.#checked = { writes: null, head: '', known: new Known() };
  }

  async #view(transaction: ReadTransaction): Promise<View> {
    const head = await this.#head(transaction);
    const known = await this.#knownAt(transaction, head);
    if (isFarAhead(head.at, this.now())) this.#options.warn('clock_behind', aheadText(head.at, this.now()));
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
    return this.#commit(CHANGE_PATIENCE_SECONDS, notInPartialCopy(work));
  }

  /** A change that records a use of values: it waits longer for its turn. */
  recordUse<T>(work: (change: Change) => Promise<T>): Promise<T> {
    return this.#commit(USE_PATIENCE_SECONDS, notInPartialCopy(work));
  }

  /** A change that makes a vault of a copy, of one with some environments alone too. */
  async adopt<T>(work: (change: Change) => Promise<T>): Promise<T> {
    this.requireTrust();
    return this.#commit(CHANGE_PATIENCE_SECONDS, work);
  }

  async #commit<T>(patience: number, work: (change: Change) => Promise<T>, isClockTaken = false): Promise<T> {
    this.requireKeys();
    let head: Head | null = null;
    let known = new Known();
    const result = await this.#current(() =>
      this.store.write(patience, async (transaction) => {
        const doer = { actor: this.#options.actor, now: this.now(), isClockTaken };
        const before = await this.#head(transaction);
        this.#warnOfClock(before, doer);
        known = new Known((await this.#knownAt(transaction, before)).intact, this.#tail);
        const change = new Change(this.manifest, before, this.requireKeys(), transaction, doer, known);
        const value = await work(change);
        head = await change.finish();
        return value;
      }),
    );
    if (head !== null) {
      // The digests of what it touched were made of what it had checked before.
      this.#checked = { writes: this.#checked.writes, head: (head as Head).hash, known };
      this.#remember(head);
    }
    return result;
  }

  #warnOfClock({ at }: Head, { now, isClockTaken = false }: Pick<Doer, 'now' | 'isClockTaken'>): void {
    if (now.toISOString() >= at || isClockTaken) return;
    const text = isFarAhead(at, now)
      ? aheadText(at, now)
      : `the clock is behind the audit log; using the time of its last entry (${at})`;
    this.#options.warn('clock_behind', text);
  }

  /**
   * Makes every key of the vault anew, after `prepare` where that is given, in one transaction.
   * @param step told how far it is: rows done, of how many
   * @returns how many values were encrypted anew
   * @throws untrusted_vault, vault_locked, not_granted, vault_damaged or audit_broken where the vault is not whole, vault_busy, io
   */
  async rekey(
    prepare: ((change: Change) => Promise<void>) | null,
    step: (done: number, of: number) => Promise<void>,
  ): Promise<number> {
    this.requireTrust();
    this.requireKeys();
    await this.read(refusePartialCopy);
    const { head, values } = await this.#current(() =>
      this.store.write(CHANGE_PATIENCE_SECONDS, async (transaction) => {
        const doer = { actor: this.#options.actor, now: this.now() };
        const ring = this.requireKeys();
        let before = await this.#head(transaction);
        let { manifest } = this;
        if (prepare !== null) {
          const change = new Change(manifest, before, ring, transaction, doer);
          await prepare(change);
          before = (await change.finish()) ?? before;
          ({ manifest } = readManifest(await transaction.manifest()));
        }
        return rekey({ transaction, manifest, head: before, ring, doer }, step);
      }),
    );
    try {
      await this.#refresh();
    } catch (error) {
      // The key that did it was the one removed: it opens nothing any more.
      if (!isKnoxError(error) || error.code !== 'wrong_key') throw error;
      this.#opened = await reopen(this.#options, { ...this.#opened, unlocked: null });
    }
    this.#remember(head);
    return values;
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

  /** Trusts this vault on this machine from now on. @throws vault_rolled_back: that is accepted in its own way, and recorded */
  async rememberIdentity(): Promise<void> {
    if (this.isRolledBack) throw turnedBack();
    await this.#rememberAsItIs();
    this.#options.folder?.remember(this.manifest.vault);
  }

  async #rememberAsItIs(): Promise<void> {
    const head = await this.read(async (view) => (await partialCopy(view))?.basis ?? view.head);
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
    this.requireIdentity();
    if (!this.isRolledBack)
      throw errors.usage('this vault is no older than what this machine has seen', 'there is nothing to accept');
    await this.#commit(
      CHANGE_PATIENCE_SECONDS,
      notInPartialCopy(async (change) => change.log({ action: 'accept-rollback', detail: { reason } })),
    );
    this.#options.memory.forget(this.store.location);
    await this.#rememberAsItIs();
  }

  /**
   * Takes this machine's clock again, after one that was ahead; the log says so.
   * @throws untrusted_vault, vault_rolled_back, vault_locked, not_granted, usage where no entry is ahead
   */
  async acceptClock(reason: string): Promise<void> {
    this.requireTrust();
    const { acceptClock } = await import('./accept-clock.ts');
    const work = (change: Change): Promise<void> => acceptClock(change, reason);
    await this.#commit(CHANGE_PATIENCE_SECONDS, notInPartialCopy(work), true);
  }

  /** The head as it stands now. @throws OtherManifest */
  async #head(transaction: ReadTransaction): Promise<Head> {
    // The manifest first: with it the audit key may have changed, by which the head is signed.
    await requireManifest(transaction, this.#opened.manifestHash);
    const signed = await transaction.head();
    const last = this.#lastHead;
    if (signed !== null && last !== null && isSameSigned(signed, last.signed)) return last.head;
    const head = readHead(signed, this.manifest.vault, this.manifest.audit.publicKey);
    if (head.manifest !== this.#opened.manifestHash) throw mixed();
    this.#lastHead = { signed: signed!, head };
    return head;
  }

  /**
   * The key that opened this vault, to be kept for a while. Only of a vault that is trusted: its identity is kept as the expected one.
   * @throws untrusted_vault, vault_locked
   */
  async keyToKeep(seconds: number): Promise<KeyToKeep> {
    if (!this.isTrusted) this.requireTrust();
    const { slot } = this.requireKeys();
    const { at: logged } = await this.read(async (view) => view.head);
    const times = { clock: this.now().toISOString(), logged, boot: this.#options.bootTime?.() ?? null };
    return keyToKeep(this.manifest, slot, this.#opened.unlocked!.secret, times, seconds);
  }

  /** @throws vault_locked */
  requireKeys(): KeyRing {
    if (this.ring === null)
      throw errors.vault_locked('this needs a key of the vault', 'give one: --key-file FILE, or set KNOX_KEY_FILE');
    return this.ring;
  }

  /** Call before anything is written, run or sent. @throws untrusted_vault, vault_rolled_back */
  requireTrust(): void {
    this.requireIdentity();
    this.requireFresh();
  }

  /** @throws vault_rolled_back */
  requireFresh(): void {
    if (this.isRolledBack) throw turnedBack();
  }

  /** @throws untrusted_vault */
  requireIdentity(): void {
    if (!this.isTrusted) {
      throw errors.untrusted_vault(
        `this machine has never seen the vault ${this.manifest.identity}`,
        `if that is the identity you were given: knox trust ${this.manifest.identity}`,
        'in a script: set KNOX_TRUST to it',
      );
    }
    requireFolder(this.#options.folder ?? null, this.manifest);
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

function turnedBack() {
  return errors.vault_rolled_back(
    'this vault is older than the one that was here before: somebody put back an older copy',
    'put the newer one back; if the older one is meant: knox doctor --accept-rollback --reason TEXT',
  );
}
