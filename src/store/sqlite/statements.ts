/** The statements of one connection, prepared once. */
import type Database from 'better-sqlite3';

export type Bindable = string | number | Uint8Array | null;

export class Statements {
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Database.Statement<Bindable[]>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  #prepare(sql: string): Database.Statement<Bindable[]> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) this.#prepared.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  get<R>(sql: string, ...values: readonly Bindable[]): R | null {
    return (this.#prepare(sql).get(...values) as R | undefined) ?? null;
  }

  all<R>(sql: string, ...values: readonly Bindable[]): R[] {
    return this.#prepare(sql).all(...values) as R[];
  }

  run(sql: string, ...values: readonly Bindable[]): void {
    this.#prepare(sql).run(...values);
  }
}
