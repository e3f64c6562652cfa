/**
 * Making the keys anew vouches for everything in the vault, so that what is not whole is refused, untouched; and it leaves nothing of the
 * old keys behind: not in free pages either, and the same for a deletion.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TABLE_NAMES } from '../../src/store/tables.ts';
import { HeadMemory } from '../../src/vault/head-memory.ts';
import { removeSlot } from '../../src/vault/slots.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { builtProgram } from '../helpers/built-program.ts';
import { runKnox } from '../helpers/run-knox.ts';
import { addSecret, addSlot, makeVault, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { auditOf, codeOf, copyOf, tampered } from '../helpers/vandal.ts';

const LONG = 'a long value '.repeat(2000);

let made: TestVault;
/** From before the values were given once more. */
let older: string;
beforeAll(async () => {
  made = await makeVault({
    secrets: { api_key: { development: 'dev', production: 'live' }, certificate: { production: LONG }, region: 'eu' },
    withEveryTable: true,
  });
  older = copyOf(made);
  await made.using((vault) =>
    vault.change(async (change) => {
      for (const table of TABLE_NAMES) {
        for (const { entry: _entry, tag: _tag, ...row } of await change.find(table))
          await change.put(table, row as never);
      }
      change.log({ action: 'touch' });
    }),
  );
});
afterAll(() => made.remove());

const rekey = (vault: Vault) => vault.rekey(null, async () => undefined);
const note = (vault: Vault) => vault.change(async (change) => change.log({ action: 'set' }));

describe('a vault that is not whole keeps its keys', () => {
  const cases: [string, (database: Database.Database) => unknown][] = [
    ['a changed row', (database) => database.exec("UPDATE secret SET note = 'another' WHERE name = 'api_key'")],
    ['a changed value', (database) => database.exec('UPDATE value SET box = zeroblob(length(box))')],
    ['a missing value', (database) => database.exec('DELETE FROM value WHERE rowid = (SELECT min(rowid) FROM value)')],
    ['a missing secret', (database) => database.exec("DELETE FROM secret WHERE name = 'region'")],
    ['a missing command', (database) => database.exec("DELETE FROM registration WHERE path LIKE '%1.env'")],
    [
      'an older row',
      (database) => {
        database.prepare('ATTACH ? AS older').run(older);
        database.exec('DELETE FROM main.value; INSERT INTO main.value SELECT * FROM older.value');
      },
    ],
    ['a broken chain', (database) => database.exec("UPDATE audit SET body = CAST('{}' AS BLOB) WHERE seq = 2")],
    ['a missing entry', (database) => database.exec('DELETE FROM audit WHERE seq = 2')],
    [
      'an entry beyond the head',
      (database) => database.exec("INSERT INTO audit VALUES (999, X'7b7d', zeroblob(32), NULL)"),
    ],
    [
      'a missing key of a colleague',
      (database) => database.exec('DELETE FROM grants WHERE key = (SELECT max(key) FROM grants)'),
    ],
    [
      'a planted slot',
      (database) => database.exec("INSERT INTO slot VALUES ('x', 'key-file', NULL, NULL, NULL, NULL, NULL, '')"),
    ],
    [
      'a planted trigger',
      (database) => database.exec('CREATE TRIGGER t AFTER UPDATE ON value BEGIN DELETE FROM audit; END'),
    ],
  ];
  it.each(cases)('%s: exit 8, and not a byte is another one', async (_what, change) => {
    const file = tampered(made, change);
    const before = readFileSync(file);
    await expect(made.using(rekey, { file })).rejects.toMatchObject({ exit: 8 });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('and a whole one does not: what stops the others is what was done to them', async () => {
    const file = copyOf(made);
    expect(await made.using(rekey, { file })).toBe(4);
    expect(await auditOf(made, file)).toMatchObject({ brokenAt: null, unverifiedRows: 0 });
    expect(await made.using((vault) => textOf(vault, 'certificate', 'production'), { file })).toBe(LONG);
  });

  it('is as it was where it is cancelled, or fails on the way', async () => {
    const file = copyOf(made);
    const before = readFileSync(file);
    for (const part of [0.1, 0.5, 1]) {
      const stopped = made.using(
        (vault) =>
          vault.rekey(null, async (done, of) => {
            if (done >= part * of) throw new Error('stop');
          }),
        { file },
      );
      await expect(stopped).rejects.toThrow('stop');
      expect(readFileSync(file).equals(before)).toBe(true);
    }
  });
});

describe('nothing of the old keys is left readable in the file', () => {
  /** Parts of every ciphertext, sealed key and tag of a vault: long ones lie on several pages, so they are looked for by parts. */
  function traces(file: string, where = '1'): { what: string; part: Buffer }[] {
    const database = new Database(file, { readonly: true });
    const found: { what: string; part: Buffer }[] = [];
    const take = (what: string, bytes: Buffer): void => {
      for (let at = 0; at + 32 <= bytes.length; at += 500) found.push({ what, part: bytes.subarray(at, at + 32) });
    };
    const blobs = (sql: string) => database.prepare(sql).pluck().all() as Buffer[];
    for (const box of blobs(`SELECT box FROM value WHERE ${where}`)) take('value', box);
    if (where === '1') {
      for (const sealed of blobs('SELECT sealed FROM grants')) take('grant', sealed);
      for (const table of TABLE_NAMES)
        for (const tag of blobs(`SELECT tag FROM "${table}"`)) take(`tag of ${table}`, tag);
    }
    database.close();
    return found;
  }
  const left = (file: string, old: ReturnType<typeof traces>) => {
    const bytes = readFileSync(file);
    return old.filter(({ part }) => bytes.includes(part)).map(({ what }) => what);
  };

  it('after a rekey, also by removing a key', async () => {
    const file = copyOf(made);
    const { slot } = await made.using((vault) => addSlot(vault, 'leaves', null), { file });
    const old = traces(file);
    expect(old.length).toBeGreaterThan(100);
    // Some parts lie on two pages.
    expect(left(file, old).length).toBeGreaterThan(0.9 * old.length);
    await made.using(
      (vault) =>
        vault.rekey(
          async (change) => void (await removeSlot(change, slot, true)),
          async () => undefined,
        ),
      { file },
    );
    expect(left(file, old)).toEqual([]);
  });

  it('after a deletion, of a whole secret and of one value', async () => {
    const file = copyOf(made);
    const env = { KNOX_KEY_FILE: made.keyFile, KNOX_VAULT: file };
    const of = (name: string) => `secret = (SELECT id FROM secret WHERE name = '${name}')`;
    for (const [name, where, options] of [
      ['certificate', of('certificate'), []],
      ['api_key', `${of('api_key')} AND environment = 'production'`, ['-e', 'production']],
    ] as const) {
      const old = traces(file, where);
      expect(left(file, old).length).toBeGreaterThan(0);
      const argv = [
        'delete',
        name,
        ...options,
        '--yes',
        '--force',
        'still_referenced,still_used',
        '--reason',
        'a test',
      ];
      const { exit, stderr } = await runKnox(made.folder, argv, '', env);
      expect([exit, stderr]).toEqual([0, expect.any(String)]);
      expect(left(file, old)).toEqual([]);
    }
  });
});

describe('whoever has the vault open meanwhile', () => {
  it('goes on: reads, changes, and makes the keys anew himself', async () => {
    const file = copyOf(made);
    const memory = new HeadMemory(join(made.folder, 'state-open'));
    await made.using(
      async (vault) => {
        expect(await textOf(vault, 'api_key', 'production')).toBe('live');
        await made.using(rekey, { file });
        expect(await textOf(vault, 'api_key', 'production')).toBe('live');
        await made.using(rekey, { file });
        await note(vault);
        await made.using(rekey, { file });
        expect(await rekey(vault)).toBe(4);
        await addSecret(vault, 'later', { production: 'x' });
        expect(vault.isTrusted).toBe(true);
      },
      { file, memory },
    );
    expect(await auditOf(made, file)).toMatchObject({ brokenAt: null });
    // What it remembers is what it left, so that an older copy is told.
    expect(memory.at(file)[0]!.identity).toBe(await made.using(async (vault) => vault.manifest.identity, { file }));
  });

  it('is turned away where his key was removed: exit 4, whether the keys were made anew or not', async () => {
    for (const isRekeyed of [true, false]) {
      const file = copyOf(made);
      const { slot, secret } = await made.using((vault) => addSlot(vault, 'leaves', null), { file });
      await made.using(
        async (theirs) => {
          expect(await textOf(theirs, 'api_key', 'production')).toBe('live');
          await made.using(
            (vault) =>
              isRekeyed
                ? vault.rekey(
                    async (change) => void (await removeSlot(change, slot, true)),
                    async () => undefined,
                  )
                : vault.change(async (change) => void (await removeSlot(change, slot, false))),
            { file },
          );
          expect(await codeOf(textOf(theirs, 'api_key', 'production'))).toBe('wrong_key');
          expect(await codeOf(note(theirs))).toBe('wrong_key');
        },
        { file, key: { secret, identity: made.key.identity } },
      );
    }
  });

  it('sees a vault of somebody else in its place as damage', async () => {
    const file = copyOf(made);
    const foreign = copyOf(made);
    await made.using(rekey, { file: foreign });
    await made.using(
      async (vault) => {
        await rekey(vault);
        const database = new Database(file);
        database.prepare('ATTACH ? AS foreign_vault').run(foreign);
        for (const table of ['manifest', 'head', 'grants', 'slot', 'audit', ...TABLE_NAMES])
          database.exec(
            `DELETE FROM main."${table}"; INSERT INTO main."${table}" SELECT * FROM foreign_vault."${table}"`,
          );
        database.close();
        expect(await codeOf(textOf(vault, 'api_key', 'production'))).toBe('vault_damaged');
      },
      { file },
    );
  });
});

describe('several processes at once', () => {
  it('two rekeys and some gets: each ends well or says who is at work, and the vault is whole', async () => {
    const file = copyOf(made);
    const run = (...argv: string[]) =>
      new Promise<{ exit: number | null; stdout: string; stderr: string }>((resolve) => {
        const child = spawn(process.execPath, [builtProgram(), ...argv], {
          env: {
            PATH: process.env['PATH'],
            CI: '1',
            KNOX_VAULT: file,
            KNOX_KEY_FILE: made.keyFile,
            XDG_STATE_HOME: made.folder,
          },
        });
        let [stdout, stderr] = ['', ''];
        child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
        child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
        child.on('close', (exit) => resolve({ exit, stdout, stderr }));
      });
    const get = () => run('get', 'certificate', '-e', 'production');
    const [first, second, ...gets] = await Promise.all([
      run('rekey', '--yes'),
      run('rekey', '--yes'),
      get(),
      get(),
      get(),
    ]);
    expect([0, 6]).toContain(first.exit);
    expect([0, 6]).toContain(second.exit);
    expect([first.exit, second.exit]).toContain(0);
    expect(gets).toEqual(gets.map(() => ({ exit: 0, stdout: LONG, stderr: '' })));
    expect(await auditOf(made, file)).toMatchObject({ brokenAt: null, unverifiedRows: 0 });
  });
});
