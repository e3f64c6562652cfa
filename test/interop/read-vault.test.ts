/** A vault that knox's commands made is read by a program that shares no code with it, written from docs/format.md alone. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TABLE_NAMES } from '../../src/store/tables.ts';
import type { AuditEntry } from '../../src/vault/audit-entry.ts';
import type { Change } from '../../src/vault/change.ts';
import { signedHead } from '../../src/vault/head.ts';
import type { Vault } from '../../src/vault/vault.ts';
import type { AuditReport } from '../../src/vault/verify-audit.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';
import { makeByCommands, PASSPHRASE, VALUES } from './made-by-knox.ts';
import type { Made } from './made-by-knox.ts';
import { describeNeeding } from '../helpers/needing.ts';
import { readVault, readVaults } from './second-program.ts';
import type { Answer, Cells, Reading } from './second-program.ts';

/** What knox reads of the same file, in the form of the other program's answer. */
async function readByKnox({ project }: Made): Promise<Omit<Reading, 'slot' | 'rows' | 'values'>> {
  const vault = await openProjectVault(project.folder);
  const found = await vault.read(async (view) => {
    const entries: AuditEntry[] = [];
    for await (const entry of view.entriesDown()) entries.unshift(entry);
    const records = await view.entryRecords(1, entries.length, entries.length);
    const hashes = records.map(({ hash }) => hash);
    const tables = await Promise.all(
      TABLE_NAMES.map(async (table) => [table, (await view.find(table)).map(withoutBytes)] as const),
    );
    return {
      manifest: vault.manifest,
      head: view.head,
      entries: entries.map((entry, index) => ({ ...entry, hash: hashes[index]! })),
      tables: Object.fromEntries(tables),
    };
  });
  await vault.close();
  return found;
}

function withoutBytes(row: object): Cells {
  return Object.fromEntries(Object.entries(row).filter(([, cell]) => !(cell instanceof Uint8Array)));
}

function valuesOf(environments: readonly string[]): string[] {
  return VALUES.filter(([, environment]) => environments.includes(environment))
    .map(([name, environment, value]) => `${name} ${environment} ${Buffer.from(value).toString('base64')}`)
    .toSorted();
}
const found = ({ values }: Reading) =>
  values.map(({ name, environment, base64 }) => `${name} ${environment} ${base64}`).toSorted();

describeNeeding(['python3-nacl', 'python3-argon2'], 'a second reader', () => {
  let made: Made;
  beforeAll(async () => {
    made = await makeByCommands();
  });
  afterAll(() => made.project.remove());

  it('reads every field as knox does, by a key file and by a passphrase', async () => {
    const { slot, rows, values, ...reading } = readVault(made.file, { keyFile: made.keyFile });
    expect(reading).toEqual(await readByKnox(made));
    expect(slot).toBe('k.key');
    expect(found({ values } as Reading)).toEqual(valuesOf(['development', 'staging', 'production', 'shared']));
    const { json } = await made.project.json<AuditReport>(['audit', 'verify']);
    expect([json.brokenAt, json.head, json.verifiedRows]).toEqual([null, reading.head.hash, rows.verified]);
    // What is to be in it, so that this test does not come to compare little.
    const empty = Object.keys(reading.tables).filter((table) => reading.tables[table]!.length === 0);
    expect(empty).toEqual(['exposure']);
    expect(reading.tables['rotation']!.map(({ state }) => state).toSorted()).toEqual(['waiting', 'waiting']);
    expect(reading.tables['secret']!.map(({ state }) => state)).toContain('deleted');

    const byPassphrase = readVault(made.file, { passphrase: PASSPHRASE });
    expect(byPassphrase).toEqual({ ...reading, slot: 'passphrase', rows, values });
  });

  it('reads with a key for one environment its values alone, and with the identity none', () => {
    const partial = readVault(made.file, { keyFile: made.partialKeyFile });
    expect(partial.slot).toBe('ci.key');
    expect(found(partial)).toEqual(valuesOf(['development']));
    expect([partial.rows.verified > 0, partial.rows.unverified > 0]).toEqual([true, true]);
    const bare = readVault(made.file, { identity: partial.manifest.identity });
    expect([bare.slot, bare.values, bare.rows.verified]).toEqual([null, [], 0]);
    expect(bare.entries).toEqual(partial.entries);
    const other = `knox_vault_1_${'A'.repeat(48)}`;
    expect(readVaults([made.file], { identity: other })).toEqual([
      { refused: 'another vault than the one that is expected' },
    ]);
  });

  it('refuses a vault in which one byte of anything was flipped', () => {
    const changes = [...flipped(made.file), ...CHANGES];
    const files = changes.map(([, sql], index) => changed(made, `${index}.db`, sql));
    const answers = readVaults([made.file, ...files], { keyFile: made.keyFile });
    expect(answers[0]).not.toHaveProperty('refused');
    const read = changes.filter((_change, index) => !isRefused(answers[index + 1]!)).map(([what]) => what);
    expect(read).toEqual([]);
    expect(changes.length).toBeGreaterThan(30);
  });

  it('refuses what a holder of a key forged', async () => {
    const files = await Promise.all(FORGINGS.map((_one, index) => forged(made, index)));
    const answers = readVaults(files, { keyFile: made.keyFile });
    expect(answers).toEqual(FORGINGS.map(([refused]) => ({ refused })));
  });
});

type Forging = (change: Change, vault: Vault) => Promise<unknown>;

/** What somebody can write who holds a key: everything is tagged and signed, and says what it must not. */
const FORGINGS: readonly (readonly [refusal: string, Forging])[] = [
  [
    'a value does not open in its place',
    async (change) => {
      const [one, other] = await change.find('value', { environment: 'production' });
      await change.put('value', { ...one!, box: other!.box });
    },
  ],
  [
    'current names another version',
    async (change) => {
      const [row] = await change.find('current');
      await change.put('current', { ...row!, name: 'blob' });
    },
  ],
  [
    "a rotation's steps or terms",
    async (change) => {
      const [row] = await change.find('rotation');
      await change.put('rotation', { ...row!, window: 1 });
    },
  ],
  [
    'a digest of the head',
    async (_change, vault) => async () => {
      const head = await vault.read(async (view) => view.head);
      const forgery = signedHead({ ...head, vault: 'ab'.repeat(32) }, vault.manifest.vault, vault.ring!.auditSeed);
      await vault.store.write(1, (transaction) => transaction.putHead(forgery));
    },
  ],
];

async function forged({ project, file, keyFile }: Made, index: number): Promise<string> {
  const folder = join(project.folder, `forged-${index}`);
  mkdirSync(join(folder, '.knox'), { recursive: true });
  copyFileSync(keyFile, join(folder, 'k.key'));
  copyFileSync(file, join(folder, '.knox', 'vault.db'));
  const vault = await openProjectVault(folder);
  const after = await vault.change(async (change) => {
    change.log({ action: 'forge' });
    return FORGINGS[index]![1](change, vault);
  });
  if (typeof after === 'function') await (after as () => Promise<void>)();
  await vault.close();
  return join(folder, '.knox', 'vault.db');
}

function isRefused(answer: Answer): boolean {
  return 'refused' in answer;
}

type NamedChange = readonly [what: string, sql: string];

const CHANGES: readonly NamedChange[] = [
  ['an index', 'CREATE INDEX planted ON secret (note)'],
  ['a missing row', 'DELETE FROM usage'],
  ['a missing entry', 'DELETE FROM audit WHERE seq = 3'],
  ['the last entry', 'DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)'],
  ['missing grants', 'DELETE FROM grants'],
  ['a format to come', 'PRAGMA user_version = 2'],
];

/** One for each column of bytes, and for each table: of its first row, one bit of one cell. */
function flipped(file: string): NamedChange[] {
  const database = new Database(file, { readonly: true });
  const bytes = ['manifest.body', 'manifest.signature', 'head.body', 'head.signature', 'audit.body', 'audit.hash'];
  const slots = ['slot.salt', 'slot.wrapped', 'grants.sealed', 'value.box'];
  const rows = TABLE_NAMES.map((table) => `${table}.tag`);
  const texts = [
    'usage.entry',
    'secret.note',
    'value.facts',
    'current.name',
    'registration.deploy_command',
    'rotation.steps',
  ];
  const changes = [...bytes, ...slots, ...rows, ...texts].flatMap((place): NamedChange[] => {
    const [table, column] = place.split('.') as [string, string];
    const key = table === 'audit' ? 'seq' : table === 'grants' ? 'key' : 'id';
    const sql = `SELECT "${key}", "${column}" FROM "${table}" WHERE "${column}" IS NOT NULL`;
    const row = database.prepare<[], [string | number, Buffer | string | number]>(sql).raw().get();
    if (row === undefined) return [];
    return [[place, `UPDATE "${table}" SET "${column}" = ${flippedCell(row[1])} WHERE "${key}" = '${row[0]}'`]];
  });
  database.close();
  return changes;
}

/** The cell as SQL, with one bit of its middle flipped. */
function flippedCell(cell: Buffer | string | number): string {
  if (typeof cell === 'number') return String(cell ^ 1);
  const bytes = Buffer.from(cell as string);
  bytes[bytes.length >> 1]! ^= 1;
  const hex = `X'${bytes.toString('hex')}'`;
  return typeof cell === 'string' ? `CAST(${hex} AS TEXT)` : hex;
}

function changed({ file, project }: Made, name: string, sql: string): string {
  const copy = join(project.folder, name);
  copyFileSync(file, copy);
  const database = new Database(copy);
  database.pragma('synchronous = OFF');
  database.exec(sql);
  database.close();
  return copy;
}
