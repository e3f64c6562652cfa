/** `knox restore`: a copy takes the vault's place whole or not at all; what lay there is kept, and this machine takes it for the newest. */
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  lstatSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const path = (...parts: string[]) => join(project.folder, ...parts);
const FORCE = ['--force', 'vault_exists', '--reason', 'the disk failed'];
const restore = (...argv: string[]) => project.json<Record<string, unknown>>(['restore', ...argv]);
const get = (name: string) => project.knox(['get', name, '-e', 'staging']);
const inFolder = () => readdirSync(path('.knox')).toSorted();

/** A copy, and a secret that came after it. */
async function backedUp(): Promise<void> {
  await must(project.knox(['backup', 'copy.db']));
  await must(project.knox(['add', 'later', '-e', 'staging'], 'a later value'));
}

test('over a vault it needs the guard with a reason; then the copy is there, the vault is kept, and both are told', async () => {
  await backedUp();
  const before = readFileSync(path('.knox/vault.db'));
  expect(await restore('copy.db')).toMatchObject({ exit: 6, code: 'vault_exists' });
  expect(await restore('copy.db', '--force')).toMatchObject({ exit: 2, code: 'usage' });
  expect(await restore('copy.db', '--force', 'vault_exists')).toMatchObject({ exit: 2, code: 'usage' });
  expect(await restore('copy.db', '--force', 'still_used', '--reason', 'x')).toMatchObject({ exit: 2, code: 'usage' });
  expect(readFileSync(path('.knox/vault.db')).equals(before)).toBe(true);
  const { exit, json } = await restore('copy.db', ...FORCE);
  expect([exit, json]).toEqual([
    0,
    {
      vault: path('.knox/vault.db'),
      identity: expect.stringMatching(/^knox_vault_1_/),
      entries: 5,
      from: 'copy.db',
      replaced: path('.knox/vault.db.replaced-20260110T120000Z'),
      removed: [],
    },
  ]);
  expect(inFolder()).toEqual(['vault.db', 'vault.db.replaced-20260110T120000Z']);
  expect(readFileSync(json['replaced'] as string).equals(before)).toBe(true);
  expect(statSync(path('.knox/vault.db')).mode & 0o777).toBe(0o600);
  // Not called turned back: it is what this machine has seen last, and it can be written to.
  const later = await get('later');
  expect([later.exit, later.stderr]).toEqual([5, expect.not.stringContaining('older')]);
  expect((await must(get('api_key'))).stderr).toBe('');
  await must(project.knox(['add', 'next', '-e', 'staging'], 'another value'));
  const [entry] = (await project.json<{ detail: object }[]>(['audit', '--action', 'restore'])).json;
  expect(entry!.detail).toEqual({
    file: 'copy.db',
    from: expect.stringMatching(/^4:[0-9a-f]{64}$/),
    replaced: expect.stringMatching(/^5:[0-9a-f]{64}$/),
    forced: ['vault_exists'],
    reason: 'the disk failed',
  });
  await must(project.knox(['audit', 'verify']));
});

test('another machine that has seen the newer one says so until it is told', async () => {
  const elsewhere = (...argv: string[]) =>
    project.knox(argv, 'a value', {
      env: { KNOX_KEY_FILE: path('k.key'), XDG_STATE_HOME: path('elsewhere') },
    });
  await must(project.knox(['backup', 'copy.db']));
  await must(elsewhere('add', 'later', '-e', 'staging'));
  await must(restoreText('copy.db', ...FORCE));
  expect((await elsewhere('add', 'more', '-e', 'staging')).exit).toBe(8);
  await must(elsewhere('doctor', '--accept-rollback', '--reason', 'restored'));
  await must(elsewhere('add', 'more', '-e', 'staging'));
});

const restoreText = (...argv: string[]) => project.knox(['restore', ...argv]);

test('a copy from before the keys were made anew opens with the key files of then, and has the identity of then', async () => {
  await backedUp();
  const { identity } = (await project.json<{ identity: string }>(['status'])).json;
  await must(project.knox(['rekey', '--yes']));
  expect((await project.json<{ identity: string }>(['status'])).json.identity).not.toBe(identity);
  await must(restoreText('copy.db', ...FORCE));
  expect((await project.json<{ identity: string }>(['status'])).json.identity).toBe(identity);
  const got = await must(get('api_key'));
  expect([got.stdout.toString(), got.stderr]).toEqual([OLD.staging, '']);
  await must(project.knox(['add', 'next', '-e', 'staging'], 'another value'));
  await must(project.knox(['rekey', '--yes']));
  await must(project.knox(['audit', 'verify']));
});

describe('who holds a key', () => {
  interface KeyLine {
    readonly id: string;
    readonly label: string;
  }
  const addKey = async (label: string, ...options: string[]): Promise<string> => {
    await must(project.knox(['key', 'new', `${label}.key`]));
    const recipient = /knox_pub_1_\S+/.exec(
      (await must(project.knox(['key', 'new', `${label}2.key`]))).stdout.toString(),
    )![0];
    const json = (await project.json<KeyLine>(['key', 'add', '--recipient', recipient, '--label', label, ...options]))
      .json;
    return json.id;
  };
  const generation = async () => {
    const vault = await openProjectVault(project.folder);
    try {
      return vault.manifest.generation;
    } finally {
      await vault.close();
    }
  };
  const labels = async () => (await project.json<KeyLine[]>(['key', 'list'])).json.map(({ label }) => label);

  test('is newer than in both, though the copy is older', async () => {
    await must(project.knox(['backup', 'copy.db']));
    await addKey('one');
    await addKey('two');
    const before = await generation();
    await must(restoreText('copy.db', ...FORCE));
    expect(await generation()).toBe(before + 1);
    expect(await labels()).toEqual(['first key']);
  });

  test('is not who was removed since the copy was made: named, removed again, and all keys are new', async () => {
    const id = await addKey('left', '--env', 'staging');
    await must(project.knox(['backup', 'copy.db']));
    await must(project.knox(['key', 'remove', id, '--yes', '--no-rekey']));
    const newest = await generation();
    const { exit, json } = await restore('copy.db', ...FORCE);
    expect([exit, json]).toMatchObject([0, { removed: [{ id, label: 'left' }] }]);
    expect(await labels()).toEqual(['first key']);
    expect(await generation()).toBeGreaterThan(newest);
    await must(project.knox(['audit', 'verify']));
    await must(get('api_key'));
    const env = { KNOX_KEY_FILE: path('left2.key'), XDG_STATE_HOME: path('left-state') };
    expect((await project.knox(['get', 'api_key', '-e', 'staging'], '', { env })).exit).toBe(4);
    const actions = (await project.json<{ action: string }[]>(['audit'])).json.map(({ action }) => action);
    expect(actions.slice(-2)).not.toContain('key-remove');
    expect(actions).toContain('restore');
    expect(actions).toContain('rekey');
    const shown = (await project.json<{ name: string }[]>(['check'])).json as unknown as { code: string }[];
    expect(shown.map(({ code }) => code)).toContain('exposed');
  });

  test('restores nothing with a key that was removed since, or that may not add and remove keys', async () => {
    await must(project.knox(['key', 'new', 'k3.key']));
    const recipient = /knox_pub_1_\S+/.exec((await must(project.knox(['key', 'new', 'k4.key']))).stdout.toString())![0];
    const added = await project.json<KeyLine>(['key', 'add', '--recipient', recipient, '--admin', '--label', 'other']);
    await must(project.knox(['backup', 'copy.db']));
    await must(project.knox(['key', 'remove', added.json.id, '--yes']));
    const before = readFileSync(path('.knox/vault.db'));
    const identity = /knox_vault_1_\S+/.exec(project.read('k.key'))![0];
    const env = { KNOX_KEY_FILE: path('k4.key'), XDG_STATE_HOME: path('none'), KNOX_TRUST: identity };
    const ran = await project.knox(['restore', 'copy.db', ...FORCE], '', { env });
    expect(ran).toMatchObject({ exit: 4, stderr: expect.stringContaining('was removed from this vault since') });
    expect(readFileSync(path('.knox/vault.db')).equals(before)).toBe(true);
    expect(inFolder()).toEqual(['vault.db']);
  });
});

test('the guard is of this command alone', async () => {
  for (const argv of [
    ['get', 'api_key', '-e', 'staging'],
    ['delete', 'api_key'],
  ])
    expect([argv[0], (await project.json([...argv, ...FORCE])).exit]).toEqual([argv[0], 2]);
  const named = await project.knox(['get', 'api_key', '-e', 'staging', '--force', 'nonsense', '--reason', 'x']);
  expect(named.stderr).not.toContain('vault_exists');
});

describe('where there is no vault', () => {
  test('it is made as init makes one, or where it is named', async () => {
    await must(project.knox(['backup', 'copy.db']));
    rmSync(path('.knox'), { recursive: true });
    mkdirSync(path('.git'));
    expect(await restore('copy.db')).toMatchObject({ exit: 0, json: { replaced: null } });
    expect([statSync(path('.knox')).mode & 0o777, inFolder()]).toEqual([0o700, ['vault.db']]);
    expect(project.read('.gitignore')).toBe('.knox/\n.knox\n');
    expect((await must(get('api_key'))).stdout.toString()).toBe(OLD.staging);
    await must(restoreText('copy.db', '--vault', 'other/place.db'));
    expect(readdirSync(path('other'))).toEqual(['place.db']);
    expect((await project.json<{ detail: object }[]>(['audit', '--action', 'restore'])).json[0]!.detail).toEqual({
      file: 'copy.db',
      from: expect.stringMatching(/^4:/),
      replaced: null,
    });
  });

  test('a journal that lies there is not played back into it', async () => {
    await must(project.knox(['backup', 'copy.db']));
    const journal = await hotJournal();
    rmSync(path('.knox/vault.db'));
    writeFileSync(path('.knox/vault.db-journal'), journal);
    await must(restoreText('copy.db', '--vault', '.knox/vault.db'));
    await must(project.knox(['audit', 'verify']));
    expect(inFolder()).toEqual(['vault.db', 'vault.db.replaced-20260110T120000Z-journal']);
  });
});

/** What a process leaves that is killed while it commits. */
async function hotJournal(): Promise<Buffer> {
  const copy = path('hot.db');
  copyFileSync(path('.knox/vault.db'), copy);
  const writer = new Database(copy);
  writer.exec("BEGIN IMMEDIATE; UPDATE manifest SET body = X'00'");
  const journal = readFileSync(`${copy}-journal`);
  writer.close();
  journal.write('d9d505f920a163d7ffffffff', 'hex');
  return journal;
}

describe('a vault that is there', () => {
  test('is restored over when it is damaged, with the journal that lies beside it', async () => {
    await must(project.knox(['backup', 'copy.db']));
    const journal = await hotJournal();
    for (const [damage, refusal] of [
      ['', 'cannot be read'],
      ['no vault at all', 'cannot be read'],
    ] as const) {
      writeFileSync(path('.knox/vault.db'), damage);
      writeFileSync(path('.knox/vault.db-journal'), journal);
      const refused = await restoreText('copy.db');
      expect([refused.exit, refused.stderr]).toEqual([6, expect.stringContaining(refusal)]);
      const said = await must(restoreText('copy.db', ...FORCE));
      expect(said.stdout.toString()).toContain('which could not be read, is kept as');
      await must(project.knox(['audit', 'verify']));
      const [entry] = (await project.json<{ detail: object }[]>(['audit', '--action', 'restore'])).json;
      expect(entry!.detail).toMatchObject({ replaced: 'unreadable' });
    }
    expect(inFolder()).toEqual([
      'vault.db',
      'vault.db.replaced-20260110T120000Z',
      'vault.db.replaced-20260110T120000Z-2',
      'vault.db.replaced-20260110T120000Z-2-journal',
      'vault.db.replaced-20260110T120000Z-journal',
    ]);
    expect(readFileSync(path('.knox/vault.db.replaced-20260110T120000Z-2'), 'utf8')).toBe('no vault at all');
  });

  test('is kept with what a killed process had half written, which is taken back first', async () => {
    await must(project.knox(['backup', 'copy.db']));
    writeFileSync(path('.knox/vault.db-journal'), await hotJournal());
    await must(restoreText('copy.db', ...FORCE));
    expect(inFolder()).toEqual(['vault.db', 'vault.db.replaced-20260110T120000Z']);
    await must(project.knox(['audit', 'verify']));
    await must(project.knox(['audit', 'verify', '--vault', '.knox/vault.db.replaced-20260110T120000Z']));
  });

  test('may be another one, which is said', async () => {
    await must(project.knox(['backup', 'copy.db']));
    await must(project.knox(['--vault', 'v2/vault.db', '--key-file', 'k2.key', 'init']));
    const over = (...argv: string[]) => restoreText('copy.db', '--vault', 'v2/vault.db', ...argv);
    const refused = await over();
    expect(refused).toMatchObject({ exit: 6, stderr: expect.stringContaining('another vault exists at') });
    expect((await must(over(...FORCE))).stdout.toString()).toContain('The other vault that was there (knox_vault_1_');
    expect((await must(project.knox(['get', 'api_key', '-e', 'staging', '--vault', 'v2/vault.db']))).stderr).toBe('');
  });

  test('behind a link is replaced where it is, and the link stays', async () => {
    await backedUp();
    mkdirSync(path('far'));
    copyFileSync(path('.knox/vault.db'), path('far/real.db'));
    rmSync(path('.knox/vault.db'));
    symlinkSync('../far/real.db', path('.knox/vault.db'));
    await must(restoreText('copy.db', ...FORCE));
    expect(lstatSync(path('.knox/vault.db')).isSymbolicLink()).toBe(true);
    expect(readdirSync(path('far'))).toEqual(['real.db', 'real.db.replaced-20260110T120000Z']);
    expect((await get('later')).exit).toBe(5);
  });

  test('loses no commit: who had it open is told to run again, and who holds it is waited for', async () => {
    await backedUp();
    const open = await openProjectVault(project.folder);
    await open.read(async (view) => view.head);
    let restored: ReturnType<typeof restoreText> | undefined;
    const order: string[] = [];
    await open.change(async (change) => {
      restored = restoreText('copy.db', ...FORCE).finally(() => order.push('restored'));
      // Long enough for the other to come to where it waits: it cannot go on while this one holds the vault.
      while (!inFolder().some((name) => name.includes('.knox-tmp-'))) await new Promise(setImmediate);
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
      order.push('committed');
      change.log({ action: 'test' });
    });
    await must(restored!);
    expect(order).toEqual(['committed', 'restored']);
    const kept = await project.json<object[]>([
      'audit',
      '--action',
      'test',
      '--vault',
      '.knox/vault.db.replaced-20260110T120000Z',
    ]);
    expect(kept.json).toHaveLength(1);
    for (const work of [
      () => open.read(async (view) => view.head),
      () => open.change(async (change) => change.log({ action: 'lost' })),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'vault_busy' });
    await open.close();
    await must(project.knox(['audit', 'verify']));
  });
});

describe('what is no copy of a vault, or not a whole one, changes nothing', () => {
  const untouched = async (work: () => Promise<void>) => {
    const before = readFileSync(path('.knox/vault.db'));
    await work();
    expect(inFolder()).toEqual(['vault.db']);
    expect(readFileSync(path('.knox/vault.db')).equals(before)).toBe(true);
  };

  test('a file that is missing, empty, something else, the vault itself', async () => {
    await untouched(async () => {
      expect(await restore('nowhere.db', ...FORCE)).toMatchObject({ exit: 5, code: 'vault_not_found' });
      for (const text of ['', 'text']) {
        project.write('odd.db', text);
        expect(await restore('odd.db', ...FORCE)).toMatchObject({ exit: 8, code: 'vault_damaged' });
      }
      expect(await restore('.knox/vault.db', ...FORCE)).toMatchObject({ exit: 2, code: 'usage' });
      expect(await restore('.knox', ...FORCE)).toMatchObject({ exit: 8 });
    });
  });

  test('one entry, one row or one table changed', async () => {
    await backedUp();
    await untouched(async () => {
      for (const sql of [
        "UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'tester', 'nobody') AS BLOB) WHERE seq = 2",
        "UPDATE value SET body = replace(body, 'tester', 'nobody')",
        'DELETE FROM value WHERE realm = (SELECT realm FROM value LIMIT 1)',
        'CREATE TABLE more (id)',
      ]) {
        copyFileSync(path('copy.db'), path('odd.db'));
        const database = new Database(path('odd.db'));
        database.exec(sql);
        database.close();
        expect([sql, (await restore('odd.db', ...FORCE)).exit]).toEqual([sql, 8]);
      }
    });
  });

  test('no key, a wrong one, one that does not vouch for the vault, and a head that it does not hold', async () => {
    await backedUp();
    await untouched(async () => {
      const exitOf = async (env: Record<string, string>) =>
        (await project.knox(['restore', 'copy.db', ...FORCE], '', { env: { XDG_STATE_HOME: path('none'), ...env } }))
          .exit;
      expect(await exitOf({})).toBe(4);
      await must(project.knox(['key', 'new', 'other.key']));
      expect(await exitOf({ KNOX_KEY_FILE: path('other.key') })).toBe(4);
      project.write('bare.key', project.read('k.key').replace(/^knox_vault_1_.*$/m, ''));
      expect(await exitOf({ KNOX_KEY_FILE: path('bare.key') })).toBe(7);
      expect(await exitOf({ KNOX_KEY_FILE: path('k.key'), KNOX_HEAD: `5:${'0'.repeat(64)}` })).toBe(8);
    });
    const identity = /knox_vault_1_\S+/.exec(project.read('k.key'))![0];
    const env = { XDG_STATE_HOME: path('none'), KNOX_KEY_FILE: path('bare.key'), KNOX_TRUST: identity };
    await must(project.knox(['restore', 'copy.db', ...FORCE], '', { env }));
  });
});

test('what a killed run left is swept away by the next', async () => {
  await backedUp();
  appendFileSync(path('.knox/.vault.db.knox-tmp-999999-abc-1'), 'half');
  linkSync(path('.knox/vault.db'), path('.knox/vault.db.replaced-20260109T120000Z'));
  copyFileSync(path('.knox/vault.db'), path('.knox/vault.db.replaced-20260108T120000Z'));
  await must(restoreText('copy.db', ...FORCE));
  expect(inFolder()).toEqual(['vault.db', 'vault.db.replaced-20260108T120000Z', 'vault.db.replaced-20260110T120000Z']);
});
