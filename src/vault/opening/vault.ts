/**
 * A vault that is open: who it is, whether it can be trusted, which keys are at hand, and transactions on it. Whether knox may act on
 * what it reads is decided here: an unknown identity or a head older than the remembered one lets nothing be written or run.
 */
import { loadSodium } from '../../crypto/sodium.ts';
import { UTC } from '../../domain/moments.ts';
import type { Moments } from '../../domain/moments.ts';
import { errors, isKnoxError, needsKey } from '../../errors.ts';
import type { ReadTransaction, Signed, Store, WriteTransaction } from '../../store/store.ts';
import { notInPartialCopy, refusePartialCopy } from '../core/partial-copy.ts';
import type { PartialCopy } from '../core/copy-facts.ts';
import { aheadText, isFarAhead } from '../log/ahead.ts';
import { ProvenTail } from '../log/chain.ts';
import { keyToKeep } from '../trust/kept-key.ts';
import type { KeyToKeep } from '../trust/kept-key.ts';
import { isSameSigned, OtherManifest, rememberable, reopen, requireManifest } from './open-vault.ts';
import type { Opened, VaultOptions } from './open-vault.ts';
import { requireFolder, warnOfFolder } from '../trust/pointing-folder.ts';
import { Change } from '../core/change.ts';
import type { Doer } from '../core/change.ts';
import { readHead } from '../documents/head.ts';
import type { Head } from '../documents/head.ts';
import type { KeyRing } from '../documents/key-ring.ts';
import type { Manifest } from '../documents/manifest.ts';
import { Known } from '../core/known-lists.ts';
import { View } from '../core/view.ts';

/** How long a change waits for other writers; recording a use waits longer, so that many services that start at once all get their turn. */
const CHANGE_PATIENCE_SECONDS = 10;
const USE_PATIENCE_SECONDS = 30;
/** How often a transaction is begun again because other keys were put in force before it. */
const MOST_ATTEMPTS = 5;

/** What a change of the documents themselves works on. */
export interface Renewable {
  readonly transaction: WriteTransaction;
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing;
  /** The secret of the slot at hand: with other keys in force it opens another ring. */
  readonly secret: Uint8Array;
  readonly doer: Doer;
  /** Where it is a copy of some realms alone. */
  readonly partial: PartialCopy | null;
}

export class Vault {
  readonly store: Store;
  readonly #options: VaultOptions;
  #opened: Opened;
  readonly #tail = new ProvenTail();
  /** Lists that were checked before, by their digests. */
  readonly #known = new Known();
  /** The head that was verified last, and the bytes that it was. */
  #lastHead: { readonly signed: Signed; readonly head: Head } | null = null;

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
        `this vault was upgraded from format ${upgraded.from} to ${upgraded.to}; a copy from before is at ${upgraded.copy} until it is opened again`,
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
    return this.#opened.standing !== 'newest';
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
   * Other processes may replace keys and environments at any time. A transaction that finds another manifest in force than the one
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
  }

  async #view(transaction: ReadTransaction): Promise<View> {
    const head = await this.#head(transaction);
    const { manifest, ring } = this;
    const { partial } = this.#opened;
    if (isFarAhead(head.at, this.now()))
      this.#options.warn('clock_behind', aheadText(head.at, this.now(), this.#moments));
    this.#known.trim();
    const checked = { known: this.#known, tail: this.#tail, warn: this.#options.warn };
    return new View({ manifest, head, ring, transaction, clock: this.now(), partial, ...checked });
  }

  /** The same for what is shown to a person. */
  look<T>(work: (view: View) => Promise<T>): Promise<T> {
    return this.read(work);
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

  /** A change that makes a vault of a copy, of one with some environments alone and of an older one too. */
  async adopt<T>(work: (change: Change) => Promise<T>): Promise<T> {
    this.requireIdentity();
    return this.#commit(CHANGE_PATIENCE_SECONDS, work);
  }

  async #commit<T>(patience: number, work: (change: Change) => Promise<T>, isClockTaken = false): Promise<T> {
    this.requireKeys();
    let head: Head | null = null;
    const result = await this.#current(() =>
      this.store.write(patience, async (transaction) => {
        const doer = { actor: this.#options.actor, now: this.now(), isClockTaken };
        const before = await this.#head(transaction);
        this.#warnOfClock(before, doer);
        const ring = this.requireKeys();
        this.#known.trim();
        const { partial } = this.#opened;
        const checked = { known: this.#known, tail: this.#tail, warn: this.#options.warn };
        const change = new Change(
          { manifest: this.manifest, head: before, ring, transaction, partial, ...checked },
          doer,
        );
        const value = await work(change);
        head = await change.finish();
        return value;
      }),
    );
    if (head !== null) {
      if ((head as Head).manifest !== this.#opened.manifestHash) await this.#refreshAfterOwn();
      this.#remember(head);
    }
    return result;
  }

  get #moments(): Moments {
    return this.#options.moments?.() ?? UTC;
  }

  #warnOfClock({ at }: Head, { now, isClockTaken = false }: Pick<Doer, 'now' | 'isClockTaken'>): void {
    if (now.toISOString() >= at || isClockTaken) return;
    const text = isFarAhead(at, now)
      ? aheadText(at, now, this.#moments)
      : `the clock is behind the audit log; using the time of its last entry (${this.#moments.exact(at)})`;
    this.#options.warn('clock_behind', text);
  }

  /**
   * One transaction on the documents themselves: for what puts other keys in force.
   * @param isAdopting it makes a vault of a copy, as `adopt`
   * @throws untrusted_vault, vault_rolled_back, vault_locked, vault_busy, io
   */
  async renew<T>(work: (state: Renewable) => Promise<{ head: Head; value: T }>, isAdopting: boolean): Promise<T> {
    this.requireIdentity();
    this.requireKeys();
    if (!isAdopting) {
      this.requireFresh();
      await this.read(refusePartialCopy);
    }
    const { head, value } = await this.#current(() =>
      this.store.write(CHANGE_PATIENCE_SECONDS, async (transaction) => {
        const { manifest } = this;
        const ring = this.requireKeys();
        const before = await this.#head(transaction);
        const doer = { actor: this.#options.actor, now: this.now() };
        const { secret } = this.#opened.unlocked!;
        return work({ transaction, manifest, head: before, ring, secret, doer, partial: this.#opened.partial });
      }),
    );
    await this.#refreshAfterOwn();
    this.#remember(head);
    return value;
  }

  /** Other keys or realms are in force by this process's own doing. */
  async #refreshAfterOwn(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      // The key that did it was the one removed: it opens nothing any more.
      if (!isKnoxError(error) || error.code !== 'wrong_key') throw error;
      this.#opened = await reopen(this.#options, { ...this.#opened, unlocked: null });
    }
  }

  /** Puts the newest head into this machine's memory, where the vault is trusted. */
  #remember(head: Head): void {
    if (!this.isTrusted || this.isRolledBack) return;
    const { manifest, ring } = this;
    const { partial } = this.#opened;
    this.#options.memory.remember(rememberable(this.store.location, { manifest, head, ring, partial }));
  }

  /** Trusts this vault on this machine from now on. @throws vault_rolled_back: that is accepted in its own way, and recorded */
  async rememberIdentity(): Promise<void> {
    const { standing } = this.#opened;
    if (standing === 'turned-back') throw turnedBack();
    // Older keys than were here, and a person says that these are meant.
    if (standing !== 'newest') this.#options.memory.forget(this.store.location);
    await this.#rememberAsItIs();
    this.#options.folder?.remember(this.manifest.vault);
  }

  async #rememberAsItIs(): Promise<void> {
    const head = await this.read(async (view) => ({ ...view.head, ...view.partial?.basis }));
    const { manifest, ring } = this;
    const { partial } = this.#opened;
    this.#options.memory.remember(rememberable(this.store.location, { manifest, head, ring, partial }));
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
      throw errors.usage('this vault is not older than the one last seen here', 'there is nothing to accept');
    await this.#commit(
      CHANGE_PATIENCE_SECONDS,
      notInPartialCopy(async (change) => change.log({ action: 'accept-rollback', detail: { reason } })),
    );
    this.#options.memory.forget(this.store.location);
    await this.#rememberAsItIs();
  }

  /** A change whose entry takes this machine's clock, although the entry before is from its future: see `keeping/accept-clock.ts`. */
  async changeAtClock<T>(work: (change: Change) => Promise<T>): Promise<T> {
    this.requireTrust();
    return this.#commit(CHANGE_PATIENCE_SECONDS, notInPartialCopy(work), true);
  }

  /** The head as it stands now. @throws OtherManifest */
  async #head(transaction: ReadTransaction): Promise<Head> {
    // The manifest first: it says which slots may have signed the head.
    await requireManifest(transaction, this.#opened.manifestHash);
    const signed = await transaction.head();
    const last = this.#lastHead;
    if (signed !== null && last !== null && isSameSigned(signed, last.signed)) return last.head;
    const head = readHead(signed, this.manifest, this.#opened.manifestHash);
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
    if (this.ring === null) throw needsKey();
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
    'this vault is older than the one last seen here: it was replaced by an older copy',
    'restore the newer one, or to use this one: knox doctor --accept-rollback --reason TEXT',
  );
}
