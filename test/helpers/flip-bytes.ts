/** Flips bytes of a small vault, one at a time, and uses the vault after each. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { makeVault } from './vault.ts';
import type { TestVault } from './vault.ts';
import { copyOf, faultsOf } from './vandal.ts';

const EXPECTED = [
  ['api_key', 'development', 'sk_test_of-development'],
  ['api_key', 'production', 'sk_live_of-production'],
  ['region', 'shared', 'eu-central-1'],
] as const;

export interface Flips {
  readonly made: TestVault;
  readonly size: number;
  /** Offsets of every byte that lies in a page of these tables or of their indexes. */
  readonly pagesOf: (tables: readonly string[]) => number[];
  /** @returns what went wrong, as `OFFSET: FAULT` */
  readonly flip: (offsets: Iterable<number>, mask: number) => Promise<string[]>;
}

export async function prepareFlips(): Promise<Flips> {
  const made = await makeVault({
    secrets: {
      api_key: { development: EXPECTED[0][2], production: EXPECTED[1][2] },
      region: EXPECTED[2][2],
    },
    withEveryTable: true,
  });
  const file = copyOf(made);
  const bytes = readFileSync(file);

  const pagesOf = (tables: readonly string[]): number[] => {
    const database = new Database(file, { readonly: true });
    const list = tables.map(() => '?').join(', ');
    const roots = database
      .prepare(`SELECT rootpage FROM sqlite_schema WHERE tbl_name IN (${list}) AND rootpage > 0`)
      .pluck()
      .all(...tables) as number[];
    database.close();
    return roots.flatMap((page) => Array.from({ length: 4096 }, (_byte, index) => (page - 1) * 4096 + index));
  };

  const flip = async (offsets: Iterable<number>, mask: number): Promise<string[]> => {
    const faults: string[] = [];
    const descriptor = openSync(file, 'r+');
    try {
      for (const offset of offsets) {
        writeSync(descriptor, Buffer.from([bytes[offset]! ^ mask]), 0, 1, offset);
        const found = await faultsOf(made, file, EXPECTED);
        writeSync(descriptor, bytes, offset, 1, offset);
        faults.push(...found.map((fault) => `${offset}: ${fault}`));
      }
    } finally {
      closeSync(descriptor);
    }
    return faults;
  };
  return { made, size: bytes.length, pagesOf, flip };
}
