/** Cells of a vault's tables, changed by somebody without a key: the right value or a refusal, never a crash, never another value. */
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TABLE_KEYS } from '../../helpers/vandal.ts';
import { fuzz, HOW } from './fuzz.ts';
import { hostileText, mutatedBytes, mutatedJsonText, mutatedText } from './mutations.ts';
import type { Json } from './mutations.ts';
import { COMMANDS, expectSound, LOOKS, makeScene, VERIFY } from './vault-scene.ts';
import type { Command, Scene } from './vault-scene.ts';

type Cell = string | number | bigint | Buffer | null;

/** One cell in the vault as it was made. */
interface Place {
  readonly table: string;
  readonly column: string;
  /** Which row: the cells of its key. */
  readonly key: Readonly<Record<string, Cell>>;
  readonly cell: Cell;
  /** What other rows hold there. */
  readonly others: readonly Cell[];
}

let scene: Scene;
let places: Place[];

// Some dozens of commands, on a machine that may be busy.
beforeAll(async () => {
  scene = await makeScene();
  const database = new Database(scene.original, { readonly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  places = tables.flatMap((table) => {
    const rows = database.prepare(`SELECT * FROM "${table}"`).all() as Record<string, Cell>[];
    // Of a long table the beginning, the middle and the end.
    const chosen = rows.length <= 6 ? rows.keys() : [0, 1, rows.length >> 1, rows.length - 2, rows.length - 1];
    return [...chosen].flatMap((row) =>
      Object.keys(rows[row]!).map((column) => ({
        table,
        column,
        key: Object.fromEntries(TABLE_KEYS[table]!.map((name) => [name, rows[row]![name]!])),
        cell: rows[row]![column]!,
        others: rows.map((other) => other[column]!).filter((other) => other !== rows[row]![column]),
      })),
    );
  });
  database.close();
}, 600_000);
afterAll(() => scene.remove());

const number = fc.oneof(
  fc.constantFrom<Cell>(0, 1, -1, 2, 1e9, Number.MAX_SAFE_INTEGER, 2n ** 63n - 1n, -(2n ** 63n), 1.5, Infinity),
  fc.integer(),
);
const anyCell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  number,
  hostileText,
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);

function changedCell({ cell, others }: Place): fc.Arbitrary<Cell> {
  const choices: fc.Arbitrary<Cell>[] = [anyCell];
  if (others.length > 0) choices.push(fc.constantFrom(...others));
  if (typeof cell === 'string') choices.push(mutatedText(fc.constant(cell)));
  if (typeof cell === 'string' && /^[{["]/.test(cell))
    choices.push(mutatedJsonText(fc.constant(JSON.parse(cell) as Json)));
  if (Buffer.isBuffer(cell)) choices.push(mutatedBytes(fc.constant(cell)));
  if (Buffer.isBuffer(cell) && cell[0] === 0x7b)
    choices.push(mutatedJsonText(fc.constant(JSON.parse(cell.toString()) as Json)).map((text) => Buffer.from(text)));
  if (typeof cell === 'number') choices.push(fc.integer({ min: -3, max: 3 }).map((by) => cell + by));
  return fc.oneof(...choices);
}

/** Writes a cell of any type: for as long as it is written, the table is not strict. */
function write(database: Database.Database, { table, column, key }: Place, cell: Cell): boolean {
  const own = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().get(table) as string;
  const rewrite = (sql: string): void => {
    database.pragma('writable_schema = ON');
    database.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?').run(sql, table);
    database.pragma('writable_schema = RESET');
  };
  rewrite(
    own
      .replace(/\) STRICT(?:, )?/, ') ')
      .replaceAll(/ (?:INTEGER|TEXT|BLOB)(?! PRIMARY)/g, '')
      .replaceAll(' NOT NULL', ''),
  );
  try {
    const where = Object.keys(key)
      .map((name) => `"${name}" IS ?`)
      .join(' AND ');
    database.prepare(`UPDATE "${table}" SET "${column}" = ? WHERE ${where}`).run(cell, ...Object.values(key));
    return true;
  } catch {
    // A key that is taken, or that cannot be what it is to be.
    return false;
  } finally {
    rewrite(own);
  }
}

interface Case {
  readonly changes: readonly (readonly [Place, Cell])[];
  readonly commands: readonly (readonly [Command, boolean])[];
}

/** Places are known when the test runs: of each the number is drawn. */
function cases(): fc.Arbitrary<Case> {
  const change = fc.constantFrom(...places).chain((place) => fc.tuple(fc.constant(place), changedCell(place)));
  const withKey = fc.tuple(fc.constantFrom(...COMMANDS), fc.constant(true));
  const without = fc.tuple(fc.constantFrom(...LOOKS), fc.constant(false));
  const command = fc.oneof({ weight: 2, arbitrary: withKey }, { weight: 1, arbitrary: without });
  return fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 2 }),
    commands: fc.array(command, { minLength: 1, maxLength: 2 }),
  });
}

const isSame = (one: Cell, other: Cell): boolean =>
  Buffer.isBuffer(one) && Buffer.isBuffer(other) ? one.equals(other) : one === other;

describe(`rows, ${HOW}`, () => {
  test('a changed cell', { timeout: 3_600_000 }, async () => {
    let changed = 0;
    let refused = 0;
    const ran = await fuzz(2000, cases(), async ({ changes, commands }) => {
      const written: (readonly [Place, Cell])[] = [];
      scene.place((database) => {
        for (const [place, cell] of changes) if (write(database, place, cell)) written.push([place, cell]);
      });
      for (const [command, hasKey] of commands) {
        const { exit } = await expectSound(scene, command, hasKey);
        if (exit === 8) refused += 1;
      }
      const [first] = written;
      if (written.length !== 1 || isSame(first![0].cell, first![1])) return;
      changed += 1;
      // A command before it may have written: it has refused, then, what it would have written over.
      scene.place((database) => write(database, first![0], first![1]));
      const { exit } = await scene.run(VERIFY, true);
      expect(exit, 'audit verify').toBe(8);
    });
    expect([changed > ran / 4, refused > ran / 10]).toEqual([true, true]);
  });
});
