/**
 * A vault inside one transaction. Rows come back checked wherever their key is at hand; without a key they are trusted as the file
 * says, and `isVerified` is false. Values are decrypted here and nowhere else.
 */
import { decryptValue } from '../crypto/envelope.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import type { EntryRecord, ReadTransaction } from '../store/store.ts';
import type { Row, StoredRow, TableName } from '../store/tables.ts';
import { parseEntry } from './audit-entry.ts';
import type { AuditEntry } from './audit-entry.ts';
import { ACCEPT_CLOCK, isFarAhead } from './ahead.ts';
import { provenDown, ProvenTail } from './chain.ts';
import type { Head } from './head.ts';
import type { KeyRing } from './key-ring.ts';
import { leadsTo } from './links.ts';
import { keyRecord, SHARED } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { isWellFormed } from './row-content.ts';
import { ownerOf, RowGuard } from './row-guard.ts';
import type { Owner } from './row-guard.ts';
import { slotDigest } from './slot-digest.ts';

/** What was checked before and still holds. */
export class Known {
  readonly intact: Set<Owner>;
  readonly tail: ProvenTail;

  constructor(intact: Iterable<Owner> = [], tail: ProvenTail = new ProvenTail()) {
    this.intact = new Set(intact);
    this.tail = tail;
  }
}

export class View {
  readonly manifest: Manifest;
  readonly head: Head;
  /** The keys at hand, or null where the vault is looked at without a key. */
  readonly ring: KeyRing | null;
  protected readonly transaction: ReadTransaction;
  protected readonly guard: RowGuard | null;
  readonly #clock: Date;
  /** Owners whose digest was found to be the head's. */
  protected readonly intact: Set<Owner>;
  /** Tables that were read whole: nothing but this transaction changes them while it lasts. */
  protected readonly whole = new Map<TableName, readonly StoredRow<TableName>[]>();
  readonly #tail: ProvenTail;
  #asked = 0;
  #standing: Map<string, number> | null = null;

  constructor(
    manifest: Manifest,
    head: Head,
    ring: KeyRing | null,
    transaction: ReadTransaction,
    clock: Date,
    known: Known = new Known(),
  ) {
    this.intact = known.intact;
    this.#tail = known.tail;
    this.#clock = clock;
    this.manifest = manifest;
    this.head = head;
    this.ring = ring;
    this.transaction = transaction;
    this.guard = ring === null ? null : new RowGuard(manifest.vault, ring);
  }

  /** The time of this look: the clock's, or that of the last entry where the clock is a little behind it. */
  get now(): Date {
    const last = new Date(this.head.at);
    return this.#clock > last || isFarAhead(this.head.at, this.#clock) ? this.#clock : last;
  }

  /** The clock alone: for a window that must not be over early because another machine's clock was ahead. */
  get clock(): Date {
    return this.#clock;
  }

  get isVerified(): boolean {
    return this.guard !== null;
  }

  async get<N extends TableName>(table: N, id: string): Promise<StoredRow<N> | null> {
    const row = await this.transaction.get(table, id);
    return row === null ? null : this.#checked(table, row);
  }

  async find<N extends TableName>(table: N, where: Partial<Row<N>> = {}): Promise<StoredRow<N>[]> {
    const isWhole = Object.keys(where).length === 0;
    const known = isWhole ? this.whole.get(table) : undefined;
    if (known !== undefined) return [...known] as StoredRow<N>[];
    const rows = await this.transaction.find(table, where);
    for (const row of rows) this.#checked(table, row);
    if (isWhole) this.whole.set(table, [...rows]);
    return rows;
  }

  /** The one row that equals `where`, or null. */
  async findOne<N extends TableName>(table: N, where: Partial<Row<N>>): Promise<StoredRow<N> | null> {
    return (await this.find(table, where))[0] ?? null;
  }

  #checked<N extends TableName>(table: N, row: StoredRow<N>): StoredRow<N> {
    if (this.guard !== null) this.guard.check(table, row);
    if (isWellFormed(table, row)) return row;
    throw errors.vault_damaged(
      `a row of the vault's table "${table}" says what no knox writes`,
      'find out more: knox audit verify',
    );
  }

  /** Rows of a table in order of their ids, not checked by their tags: see `stateOf`. */
  page<N extends TableName>(table: N, after: string, limit: number): Promise<StoredRow<N>[]> {
    return this.transaction.page(table, after, limit);
  }

  count(table: TableName): Promise<number> {
    return this.transaction.count(table);
  }

  /** Whether a row's tag verifies: `unverified` where the key for it is not at hand. */
  stateOf<N extends TableName>(table: N, row: StoredRow<N>): 'verified' | 'broken' | 'unverified' {
    const owner = ownerOf(table, row);
    if (owner !== null && keyRecord(this.manifest, owner) === null) return 'broken';
    if (this.guard === null || !this.guard.canCheck(owner)) return 'unverified';
    return this.guard.isIntact(table, row) ? 'verified' : 'broken';
  }

  /**
   * Checks the head's digests of the vault's small tables and of those of the environments named: a registration, a rotation, a source
   * or a version that is missing, added or older shows here. Call before anything that acts on them.
   * @throws vault_damaged, vault_locked (no key), not_granted
   */
  async requireIntact(environments: readonly string[]): Promise<void> {
    const owners: Owner[] = [null, ...environments];
    for (const owner of owners) {
      if (this.intact.has(owner)) continue;
      if (this.guard === null) throw errors.vault_locked('this needs a key of the vault', 'give one: --key-file FILE');
      const expected = owner === null ? this.head.vault : this.head.environments[owner];
      if ((await this.guard.checkedDigest(this.transaction, owner)) !== expected) {
        const where = owner === null ? '' : ` for ${owner}`;
        throw errors.vault_damaged(
          `the vault's records of routes, rotations or versions${where} were changed, removed or turned back`,
          'find out more: knox audit verify',
        );
      }
      this.intact.add(owner);
    }
  }

  /** Like `requireIntact`, for every environment whose key is at hand. */
  async requireIntactWhereGiven(): Promise<void> {
    await this.requireIntact(this.environmentNames().filter((name) => this.ring?.hasEnvironment(name)));
  }

  /** Checks the head's digest of the slots and the keys sealed to them. Needs no key. @throws vault_damaged */
  async requireSlotsIntact(): Promise<void> {
    if ((await slotDigest(this.transaction, this.manifest.vault)) !== this.head.slots) {
      throw errors.vault_damaged(
        "the vault's slots or the keys sealed to them were changed, removed or turned back",
        'put back a copy of the vault that is whole',
      );
    }
  }

  /** Names of the environments, in the vault's order; `shared` is not among them. */
  environmentNames(): string[] {
    return this.manifest.environments.map((environment) => environment.name);
  }

  /** @throws environment_not_found */
  isProduction(environment: string): boolean {
    const known = this.manifest.environments.find((candidate) => candidate.name === environment);
    if (known === undefined) {
      const names = this.environmentNames().join(', ');
      throw errors.environment_not_found(`this vault has no environment "${environment}"`, `it has: ${names}`);
    }
    return known.production;
  }

  requireEnvironment(environment: string): void {
    this.isProduction(environment);
  }

  /** @throws vault_locked, not_granted, vault_damaged */
  async decrypt(secret: Row<'secret'>, value: StoredRow<'value'>): Promise<Plaintext> {
    if (this.ring === null) throw errors.vault_locked('this needs a key of the vault', 'give one: --key-file FILE');
    const key = this.ring.environmentKey(value.environment);
    const record = keyRecord(this.manifest, value.environment);
    const place = {
      vault: this.manifest.vault,
      key: value.key,
      secret: secret.id,
      name: secret.name,
      environment: value.environment === SHARED ? '' : value.environment,
      value: value.id,
    };
    const plaintext =
      record?.key === value.key && value.secret === secret.id ? decryptValue(place, value.box, key) : null;
    if (plaintext === null) {
      throw errors.vault_damaged(
        `the value of ${secret.name} for ${value.environment} is damaged or was moved`,
        'find out more: knox audit verify',
      );
    }
    return plaintext;
  }

  /** One entry of the audit log as it is stored. */
  async entryRecord(seq: number): Promise<EntryRecord | null> {
    return this.transaction.entry(seq);
  }

  entryRecords(from: number, to: number, limit: number): Promise<EntryRecord[]> {
    return this.transaction.entries(from, to, limit);
  }

  /** Whether that is the vault's identity, or an earlier one that leads to it. */
  async isIdentity(identity: string): Promise<boolean> {
    return leadsTo(this.manifest.vault, await this.transaction.signedEntries(), identity, this.manifest.identity);
  }

  /** The entries that have a signature, ascending. */
  signedEntries(): Promise<EntryRecord[]> {
    return this.transaction.signedEntries();
  }

  /** Entries of the audit log as they were written, newest first, proved by the head. @throws audit_broken */
  async *recordedDown(): AsyncGenerator<AuditEntry> {
    for await (const record of provenDown(this.transaction, this.manifest.vault, this.head, this.#tail))
      yield this.#tail.entryOf(record);
  }

  /** The same to judge by: none is later than the one which says that a clock was ahead until then. @throws audit_broken */
  async *entriesDown(): AsyncGenerator<AuditEntry> {
    let latest: string | null = null;
    for await (const entry of this.recordedDown()) {
      yield latest !== null && entry.at > latest ? { ...entry, at: latest } : entry;
      if (entry.action === ACCEPT_CLOCK && (latest === null || entry.at < latest)) latest = entry.at;
    }
  }

  /**
   * Before a name is called not found: whether the log says that the thing was made and not deleted since. Then its row was removed
   * behind knox's back.
   * @param thing as in an entry's `made` and `gone`, such as `secret:NAME` or `value:NAME:ENVIRONMENT`
   * @throws vault_damaged, audit_broken
   */
  async refuseVanished(thing: string, what: string): Promise<void> {
    if (this.guard === null) return;
    // One name is looked for in the log as it stands; who asks for a second one asks for many.
    this.#asked += 1;
    if (this.#asked > 1) this.#standing ??= await standingThings(this.entriesDown());
    const seq = this.#standing === null ? await this.#lastMade(thing) : this.#standing.get(thing);
    if (seq === undefined) return;
    throw errors.vault_damaged(
      `${what} was made (audit entry ${seq}) and never deleted, but is missing from the vault`,
      'find out more: knox audit verify',
    );
  }

  /** The entry that made a thing which is not deleted since. */
  async #lastMade(thing: string): Promise<number | undefined> {
    const needle = JSON.stringify(thing);
    for await (const record of provenDown(this.transaction, this.manifest.vault, this.head)) {
      if (!record.body.includes(needle)) continue;
      const entry = parseEntry(record);
      if (entry.gone.includes(thing)) return undefined;
      if (entry.made.includes(thing)) return entry.seq;
    }
    return undefined;
  }
}

/** Every thing that a log says was made and not deleted since, with the entry that made it last. @param entries newest first */
async function standingThings(entries: AsyncIterable<AuditEntry>): Promise<Map<string, number>> {
  const standing = new Map<string, number>();
  const decided = new Set<string>();
  for await (const { seq, made, gone } of entries) {
    for (const thing of gone) decided.add(thing);
    for (const thing of made) {
      if (!decided.has(thing)) standing.set(thing, seq);
      decided.add(thing);
    }
  }
  return standing;
}
