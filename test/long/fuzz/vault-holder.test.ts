/**
 * What somebody can write who holds a key of the vault: rows with the right tags, audit entries in a whole chain under a signed head. Who was
 * given development alone changes no value of production, and nothing that anybody writes is a crash for the others.
 */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHAIN_START, entryHash, signHead } from '../../../src/crypto/audit-chain.ts';
import { formatKeyFile } from '../../../src/crypto/key-file.ts';
import { TABLE_NAMES, TABLES } from '../../../src/store/tables.ts';
import type { Row, TableName } from '../../../src/store/tables.ts';
import { decodeKeyText } from '../../../src/crypto/key-text.ts';
import type { Change } from '../../../src/vault/change.ts';
import type { Vault } from '../../../src/vault/vault.ts';
import { openProjectVault } from '../../helpers/open-project-vault.ts';
import { addSlot } from '../../helpers/vault.ts';
import { fuzz, HOW } from './fuzz.ts';
import { hostileText, mutatedBytes, mutatedJsonText, mutatedText } from './mutations.ts';
import type { Json } from './mutations.ts';
import { COMMANDS, expectSound, makeScene } from './vault-scene.ts';
import type { Scene } from './vault-scene.ts';

type Cell = string | number | Uint8Array | null;
type Cells = Readonly<Record<string, Cell>>;

let scene: Scene;
let rows: { table: TableName; row: Cells }[];
let entries: Json[];

// Some dozens of commands, on a machine that may be busy.
beforeAll(async () => {
  scene = await makeScene();
  const { folder } = scene.project;
  const theirs = join(folder, 'theirs');
  scene.project.write('theirs/.knox/x', '');
  await using((vault) => addTheirKey(vault, join(theirs, 'k.key')));
  copyFileSync(scene.file, scene.original);
  await scene.keep();
  await using((vault) =>
    vault.read(async (view) => {
      const found = await Promise.all(TABLE_NAMES.map(async (table) => ({ table, all: await view.find(table) })));
      rows = found.flatMap(({ table, all }) => all.map((row) => ({ table, row: row as unknown as Cells })));
      const records = await view.entryRecords(1, view.head.seq, view.head.seq);
      entries = records.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as Json);
    }),
  );
}, 600_000);
afterAll(() => scene.remove());

async function using<T>(work: (vault: Vault) => Promise<T>, folder = scene.project.folder): Promise<T> {
  const vault = await openProjectVault(folder);
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

async function addTheirKey(vault: Vault, keyFile: string): Promise<void> {
  const { secret } = await addSlot(vault, 'theirs', ['development']);
  const identity = decodeKeyText('identity', vault.manifest.identity) as Uint8Array;
  writeFileSync(keyFile, formatKeyFile({ secret, identity }, 'a test key'), { mode: 0o600 });
}

function cellOf(type: string, cell: Cell): fc.Arbitrary<Cell> {
  if (type === 'blob') return mutatedBytes(fc.constant(cell as Uint8Array));
  if (type.startsWith('integer'))
    return fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -2, max: 3 }), fc.constant(type.endsWith('?') ? null : 0));
  const text = cell === null ? '2026-01-10T12:00:00.000Z' : (cell as string);
  const choices: fc.Arbitrary<Cell>[] = [mutatedText(fc.constant(text)), hostileText];
  if (/^[{["]/.test(text)) choices.push(mutatedJsonText(fc.constant(JSON.parse(text) as Json)));
  const others = [...new Set(rows.flatMap(({ row }) => Object.values(row)))].filter((one) => typeof one === 'string');
  choices.push(fc.constantFrom(...others));
  if (type.endsWith('?')) choices.push(fc.constant(null));
  return fc.oneof(...choices);
}

describe(`a holder of a key, ${HOW}`, () => {
  test('of development alone writes rows', { timeout: 3_600_000 }, async () => {
    const mine = rows.filter(
      ({ table, row }) => TABLES[table].owner === 'vault' || row['environment'] === 'development',
    );
    const change = fc
      .constantFrom(...mine)
      .chain(({ table, row }) =>
        fc
          .constantFrom(...Object.entries(TABLES[table].columns).filter(([column]) => column !== 'id'))
          .chain(([column, type]) =>
            cellOf(type, row[column]!).map((cell) => ({ table, row: { ...row, [column]: cell } })),
          ),
      );
    const commands = fc.uniqueArray(fc.constantFrom(...COMMANDS), { minLength: 1, maxLength: 3 });
    let written = 0;
    const inputs = fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 2 }), commands });
    const ran = await fuzz(1200, inputs, async ({ changes, commands: chosen }) => {
      scene.place(() => undefined);
      const theirs = join(scene.project.folder, 'theirs');
      copyFileSync(scene.file, join(theirs, '.knox', 'vault.db'));
      await using((vault) => vault.change((writing) => putAll(writing, changes)), theirs)
        .then(() => (written += 1))
        .catch(() => undefined);
      copyFileSync(join(theirs, '.knox', 'vault.db'), scene.file);
      // What lies under the vault key alone may come to be called something else: then a name is not found.
      for (const command of chosen) await expectSound(scene, command, true, [5]);
    });
    expect(written).toBeGreaterThan(ran / 2);
  });

  test('of everything writes audit entries', { timeout: 3_600_000 }, async () => {
    const which = fc.nat(entries.length - 1);
    const entry = which.chain((index) =>
      mutatedJsonText(fc.constant(entries[index]!)).map((body) => ({ index, body })),
    );
    const commands = fc.uniqueArray(fc.constantFrom(...COMMANDS), { minLength: 1, maxLength: 3 });
    const seeds = await using(async (vault) => ({ audit: vault.requireKeys().auditSeed, id: vault.manifest.vault }));
    await fuzz(1000, fc.tuple(entry, commands, fc.boolean()), async ([{ index, body }, chosen, hasKey]) => {
      scene.place((database) => rewriteLog(database, index, body, seeds));
      for (const command of chosen)
        if (hasKey || command.givesValues !== true) await expectSound(scene, command, hasKey);
    });
  });
});

async function putAll(change: Change, changes: readonly { table: TableName; row: Cells }[]): Promise<void> {
  for (const { table, row } of changes) {
    const { entry: _entry, tag: _tag, ...content } = row;
    await change.put(table, content as unknown as Row<TableName>);
  }
  change.log({ action: 'set' });
}

/** Puts another body into the log, and makes every hash after it, and the head, anew. */
function rewriteLog(
  database: Database.Database,
  index: number,
  body: string,
  { audit, id }: { readonly audit: Uint8Array; readonly id: string },
): void {
  const stored = database.prepare('SELECT CAST(body AS TEXT) FROM audit ORDER BY seq').pluck().all() as string[];
  const bodies = stored.with(index, body);
  const put = database.prepare('UPDATE audit SET body = CAST(? AS BLOB), hash = unhex(?) WHERE seq = ?');
  let hash = CHAIN_START;
  database.transaction(() => {
    for (const [at, one] of bodies.entries()) {
      hash = entryHash(id, at + 1, hash, one);
      put.run(one, hash, at + 1);
    }
    const head = JSON.parse(String(database.prepare('SELECT body FROM head').pluck().get())) as Record<string, Json>;
    const signed = Buffer.from(JSON.stringify({ ...head, hash }));
    database.prepare('UPDATE head SET body = ?, signature = ?').run(signed, signHead(audit, id, signed));
  })();
}
