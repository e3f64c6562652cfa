/** Tags of rows and digests of tables, for whoever holds the keys: one place that says which key authenticates what. */
import { digestKey, rowKey } from '../crypto/keys.ts';
import { rowsDigest, rowTag } from '../crypto/row.ts';
import type { Cell } from '../crypto/row.ts';
import { isEqual } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { ReadTransaction } from '../store/store.ts';
import { isEnvironmentTable, smallTables, TABLES } from '../store/tables.ts';
import type { Row, StoredRow, TableName } from '../store/tables.ts';

/** Whose key: null for the vault key, else an environment (or `shared`). */
export type Owner = string | null;

/** The keys that rows are authenticated with. */
export interface Keys {
  readonly vaultKey: Uint8Array;
  /** @throws not_granted */
  environmentKey(environment: string): Uint8Array;
  hasEnvironment(environment: string): boolean;
  knowsEnvironment(environment: string): boolean;
}

export class RowGuard {
  readonly #vault: string;
  readonly #ring: Keys;
  readonly #rowKeys = new Map<Owner, Uint8Array>();
  readonly #made = new Map<string, Uint8Array>();

  constructor(vault: string, ring: Keys) {
    this.#vault = vault;
    this.#ring = ring;
  }

  /** Whether the owner's key is at hand. */
  canCheck(owner: Owner): boolean {
    return owner === null || this.#made.has(owner) || this.#ring.hasEnvironment(owner);
  }

  /** @throws not_granted where the owner's key was not given to this slot */
  tag<N extends TableName>(table: N, row: Row<N>, entry: number): Uint8Array {
    const cells = Object.keys(TABLES[table].columns).map((column) => (row as Record<string, Cell>)[column] ?? null);
    return rowTag(this.#rowKey(ownerOf(table, row)), this.#vault, table, cells, entry);
  }

  /** Whether the row's tag is the one that its owner's key makes. */
  isIntact<N extends TableName>(table: N, row: StoredRow<N>): boolean {
    return isEqual(this.tag(table, row, row.entry), row.tag);
  }

  /** Checks a row whose key is at hand; a row of another environment is returned as it is. @throws vault_damaged */
  check<N extends TableName>(table: N, row: StoredRow<N>): StoredRow<N> {
    const owner = ownerOf(table, row);
    // No key vouches for an environment that the vault does not have.
    const isPlaced = owner === null || this.#made.has(owner) || this.#ring.knowsEnvironment(owner);
    if (!isPlaced || (this.canCheck(owner) && !this.isIntact(table, row))) {
      throw errors.vault_damaged(
        `a row of the vault's table "${table}" is damaged or was changed`,
        'find out more: knox audit verify',
      );
    }
    return row;
  }

  /** Digest (hex) over the small tables of an owner, as they stand in the transaction. */
  async digest(transaction: ReadTransaction, owner: Owner): Promise<string> {
    const rows: { table: string; id: string; tag: Uint8Array }[] = [];
    for (const table of smallTables(owner === null ? 'vault' : 'environment')) {
      for (const { id, tag } of await transaction.tags(table, owner)) rows.push({ table, id, tag });
    }
    return Buffer.from(rowsDigest(digestKey(this.#key(owner)), this.#vault, owner ?? '', rows)).toString('hex');
  }

  /**
   * The same, and every row checked by its tag: a row whose content was changed under its old tag would leave the digest as it is, and
   * would no longer be found by what it held.
   * @throws vault_damaged
   */
  async checkedDigest(transaction: ReadTransaction, owner: Owner): Promise<string> {
    for (const table of smallTables(owner === null ? 'vault' : 'environment')) {
      const where = (owner === null ? {} : { environment: owner }) as Partial<Row<TableName>>;
      for (const row of await transaction.find(table, where)) this.check(table, row);
    }
    return this.digest(transaction, owner);
  }

  /** Makes the key of an environment known that the manifest in force does not list yet. */
  addEnvironment(name: string, key: Uint8Array): void {
    this.#made.set(name, key);
  }

  #key(owner: Owner): Uint8Array {
    const made = owner === null ? undefined : this.#made.get(owner);
    if (made !== undefined) return made;
    return owner === null ? this.#ring.vaultKey : this.#ring.environmentKey(owner);
  }

  #rowKey(owner: Owner): Uint8Array {
    let key = this.#rowKeys.get(owner);
    if (key === undefined) this.#rowKeys.set(owner, (key = rowKey(this.#key(owner))));
    return key;
  }
}

/** Whose key authenticates this row. */
export function ownerOf(table: TableName, row: object): Owner {
  return isEnvironmentTable(table) ? (row as { environment: string }).environment : null;
}
