/**
 * Making the keys anew vouches for everything in the vault, so that what is not whole is refused, untouched; and it leaves nothing of the
 * old keys behind: not in free pages either, and the same for a deletion.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renewKeys } from '../../src/vault/keys/renew-keys.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { removeSlots } from '../../src/vault/keys/remove-slot.ts';
import type { Change } from '../../src/vault/core/change.ts';
import { realmNamed, SHARED } from '../../src/vault/documents/manifest.ts';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
import type { Content, KindName } from '../../src/vault/records/kinds.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { runBuilt } from '../helpers/built-program.ts';
import { runKnox } from '../helpers/run-knox.ts';
import { addSecret, addSlot, makeVault, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { auditOf, codeOf, copyOf, tampered } from '../helpers/vandal.ts';

const LONG = 'a long value '.repeat(2000);

let made: TestVault;
/** From before everything was put once more, the shared value with another text. */
let older: string;
beforeAll(async () => {
  made = await makeVault({
    secrets: { api_key: { development: 'dev', production: 'live' }, certificate: { production: LONG }, region: 'eu' },
    withEveryTable: true,
  });
  older = copyOf(made);
  await made.using((vault) =>
    vault.change(async (change) => {
      for (const kind of KIND_NAMES) {
        if (kind === 'value') continue;
        for (const { kindOf: _kind, realm, entry: _entry, ...content } of await change.across<KindName>(kind))
          await change.put(kind, realm, content as Content<typeof kind>);
      }
      for (const record of await change.all('name', SHARED)) {
        await change.remove((await change.valueOf(record))!);
        const facts = { sameAs: [], wrongEnvironment: false };
        const value = await change.putValue(SHARED, record.name, Plaintext.fromText('us'), facts);
        await change.update(record, { value: value.id });
        const shared = await change.boxHash(value);
        for (const environment of change.environmentNames())
          await change.update((await change.get('name', environment, record.name))!, { shared });
      }
      change.log({ action: 'touch' });
    }),
  );
});
afterAll(() => made.remove());

const rekey = (vault: Vault) => renewKeys(vault, {}, async () => undefined);
const note = (vault: Vault) => vault.change(async (change) => change.log({ action: 'set' }));

describe('a vault that is not whole keeps its keys', () => {
  const cases: [string, (database: Database.Database) => unknown][] = [
    ['a changed record', (database) => database.exec("UPDATE record SET body = replace(body, 'what', 'why')")],
    ['a changed value', (database) => database.exec('UPDATE value SET box = zeroblob(length(box))')],
    ['a missing value', (database) => database.exec('DELETE FROM value WHERE rowid = (SELECT min(rowid) FROM value)')],
    ['a missing name', (database) => database.exec("DELETE FROM record WHERE kind = 'name' AND id = 'region'")],
    [
      'a missing command',
      (database) => database.exec("DELETE FROM record WHERE kind = 'route' AND body LIKE '%deploy 1%'"),
    ],
    ['a changed list', (database) => database.exec('UPDATE node SET list = zeroblob(length(list)) WHERE node = -1')],
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
    ['a key sealed to nobody', (database) => database.exec("INSERT INTO grants VALUES ('x', 'y', zeroblob(80))")],
    ['a record of no realm', (database) => database.exec("UPDATE record SET realm = 'x' WHERE kind = 'incident'")],
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
    expect(await made.using(rekey, { file })).toEqual({ values: 4, carried: [] });
    expect(await auditOf(made, file)).toMatchObject({ brokenAt: null, unverifiedRows: 0 });
    expect(await made.using((vault) => textOf(vault, 'certificate', 'production'), { file })).toBe(LONG);
  });

  it('is as it was where it is cancelled, or fails on the way', async () => {
    const file = copyOf(made);
    const before = readFileSync(file);
    for (const part of [0.1, 0.5, 1]) {
      const stopped = made.using(
        (vault) =>
          renewKeys(vault, {}, async (done, of) => {
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
  /** Parts of every ciphertext, of its digest, and of every sealed key of a vault: long ones lie on several pages, so they are looked for by parts. */
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
      for (const digest of blobs('SELECT digest FROM value')) take('digest of a value', digest);
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
    expect(old.length).toBeGreaterThan(60);
    // Some parts lie on two pages.
    expect(left(file, old).length).toBeGreaterThan(0.9 * old.length);
    await made.using(
      (vault) =>
        renewKeys(
          vault,
          { before: async (change) => void (await removeSlots(change, [slot], true)) },
          async () => undefined,
        ),
      { file },
    );
    expect(left(file, old)).toEqual([]);
  });

  it('after a deletion, of a whole secret and of one value', async () => {
    const file = copyOf(made);
    const env = { KNOX_KEY_FILE: made.keyFile, KNOX_VAULT: file };
    const of = (name: string) => `json_extract(body, '$.name') = '${name}'`;
    const production = await made.using(async (vault) => realmNamed(vault.manifest, 'production')!.id, { file });
    for (const [name, where, options] of [
      ['certificate', of('certificate'), []],
      ['api_key', `${of('api_key')} AND realm = '${production}'`, ['-e', 'production']],
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
        expect(await rekey(vault)).toEqual({ values: 4, carried: [] });
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
      const remove = async (change: Change, isRekeying: boolean): Promise<void> =>
        void (await removeSlots(change, [slot], isRekeying));
      await made.using(
        async (theirs) => {
          expect(await textOf(theirs, 'api_key', 'production')).toBe('live');
          await made.using(
            async (vault) => {
              if (isRekeyed)
                await renewKeys(vault, { before: (change) => remove(change, true) }, async () => undefined);
              else await vault.change((change) => remove(change, false));
            },
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
        for (const table of ['manifest', 'head', 'grants', 'audit', 'record', 'value', 'node'])
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
    const env = { KNOX_VAULT: file, KNOX_KEY_FILE: made.keyFile, XDG_STATE_HOME: made.folder };
    const run = (...argv: string[]) => runBuilt(argv, { cwd: made.folder, env });
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
    expect(gets).toEqual(gets.map(() => ({ exit: 0, signal: null, stdout: LONG, stderr: '' })));
    expect(await auditOf(made, file)).toMatchObject({ brokenAt: null, unverifiedRows: 0 });
  });
});
