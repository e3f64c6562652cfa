/** `knox backup --env`: a copy with the values of some environments alone, to be read elsewhere, that says so. */
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import Database from 'better-sqlite3';
import { addRoutes, makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
  await must(project.knox(['add', 'one_for_all', '--shared'], 'the shared value'));
});
afterEach(() => project.remove());

const path = (...parts: string[]) => join(project.folder, ...parts);
const inCopy = (...argv: string[]) => project.knox(['--vault', 'ci.db', ...argv]);
const backup = (names: string, file = 'ci.db') => project.json<object>(['backup', file, '--env', names]);

interface ManifestText {
  readonly realms: readonly { readonly id: string; readonly name: string }[];
}

/** Ciphertexts by the realm's name, and how many rows there are of each realm in the other tables. */
function contents(file: string): { boxes: Map<string, Buffer>; rows: Record<string, number> } {
  const database = new Database(path(file), { readonly: true });
  const body = database.prepare('SELECT body FROM manifest').pluck().get() as Buffer;
  const { realms } = JSON.parse(body.toString()) as ManifestText;
  const nameOf = (id: string) => realms.find((realm) => realm.id === id)!.name;
  const values = database.prepare('SELECT realm, box FROM value').all() as { realm: string; box: Buffer }[];
  const counted = database
    .prepare(
      'SELECT realm, count(*) AS count FROM (SELECT realm FROM record UNION ALL SELECT realm FROM node) GROUP BY 1',
    )
    .all() as { realm: string; count: number }[];
  database.close();
  return {
    boxes: new Map(values.map(({ realm, box }) => [nameOf(realm), box])),
    rows: Object.fromEntries(counted.map(({ realm, count }) => [nameOf(realm), count])),
  };
}

test('holds those environments and nothing of the others, and verifies with and without a key', async () => {
  const long = 'x'.repeat(100_000);
  await must(project.knox(['add', 'long', '-e', 'production'], long));
  const all = contents('.knox/vault.db').boxes;
  expect(await backup('staging,shared')).toMatchObject({
    exit: 0,
    json: { environments: ['staging', 'shared'], entries: 7 },
  });
  const kept = contents('ci.db');
  expect([...kept.boxes.keys()].toSorted()).toEqual(['shared', 'staging']);
  expect(Object.keys(kept.rows).toSorted()).toEqual(['shared', 'staging']);
  const bytes = readFileSync(path('ci.db'));
  // Not even the room that they took.
  expect(bytes.length).toBeLessThan(statSync(path('.knox/vault.db')).size - 90_000);
  for (const [environment, box] of all)
    expect([environment, bytes.includes(box.subarray(0, 24))]).toEqual([
      environment,
      ['staging', 'shared'].includes(environment),
    ]);
  expect(readdirSync(project.folder).filter((name) => name.includes('tmp'))).toEqual([]);
  await must(inCopy('audit', 'verify'));
  const auditor = { XDG_STATE_HOME: path('auditor') };
  const identity = /knox_vault_1_\S+/.exec(project.read('k.key'))![0];
  const argv = ['audit', 'verify', '--vault', 'ci.db', '--identity', identity];
  expect((await project.knox(argv, '', { env: auditor })).exit).toBe(0);
  const [entry] = (await project.json<object[]>(['audit', '--action', 'backup', '--vault', 'ci.db'])).json;
  expect(entry).toMatchObject({ detail: { environments: ['staging', 'shared'] } });
  // The vault itself is as it was.
  expect((await project.json<object[]>(['audit', '--action', 'backup'])).json).toEqual([]);
});

test('gives what it holds, says that nothing is recorded, and of what it does not hold, why', async () => {
  await backup('staging');
  const got = await must(inCopy('get', 'api_key', '-e', 'staging'));
  expect(got.stdout.toString()).toBe(OLD.staging);
  expect(got.stderr).toContain('copy of the vault for staging only');
  expect(got.stderr).toContain('--use-log');
  await must(inCopy('get', 'api_key', '-e', 'staging', '--use-log', 'uses.jsonl'));
  expect((await must(project.knox(['report', 'uses', 'uses.jsonl']))).stdout.toString()).toBe('Recorded 1 use.\n');
  project.write('a.txt', 'K={{secret:api_key}}\n');
  for (const argv of [
    ['get', 'api_key', '-e', 'production'],
    ['get', 'api_key@current', '-e', 'production'],
    ['get', 'one_for_all', '-e', 'staging'],
    ['export', '-e', 'production'],
    ['run', '-e', 'production', '--secret', 'K=api_key', '--', 'true'],
    ['render', 'a.txt', '-e', 'production'],
  ]) {
    const ran = await inCopy(...argv);
    expect([argv.join(' '), ran.exit]).toEqual([argv.join(' '), argv[0] === 'run' ? 125 : 5]);
    expect(ran.stderr).toContain('was made for staging only');
    expect(ran.stdout.toString()).toBe('');
  }
});

test('is changed by no command', async () => {
  await backup('staging');
  const before = readFileSync(path('ci.db'));
  for (const argv of [
    ['add', 'new', '-e', 'staging', '--generate'],
    ['set', 'api_key', '--note', 'x'],
    ['delete', 'api_key', '--yes', '--force', 'still_used', '--reason', 'x'],
    ['rotate', 'api_key', '--generate', '--yes'],
    ['env', 'add', 'qa'],
    ['rekey', '--yes'],
    ['get', 'api_key', '-e', 'staging'],
  ]) {
    const ran = await inCopy(...argv);
    expect([argv[0], ran.exit]).toEqual([argv[0], argv[0] === 'get' ? 0 : 1]);
    expect([argv[0], ran.stderr]).toEqual([argv[0], expect.stringContaining('and read-only')]);
  }
  expect(readFileSync(path('ci.db')).equals(before)).toBe(true);
  expect(await project.json(['backup', 'less.db', '--env', 'staging', '--vault', 'ci.db'])).toMatchObject({
    code: 'usage',
  });
});

test('what it was made without is no finding there', async () => {
  await addRoutes(project);
  await backup('staging');
  const codes = async (...argv: string[]) =>
    (await project.json<{ code: string; environment: string }[]>(['check', ...argv])).json
      .filter(({ code }) => ['missing-value', 'unresolved-reference', 'route-outdated'].includes(code))
      .map(({ code, environment }) => `${code} ${environment}`);
  copyFileSync(path('ci.db'), path('.knox/ci.db'));
  expect(await codes('--vault', '.knox/ci.db')).toEqual([]);
  // What is missing in the vault is missing in the copy too, which knows of no other environment that has it.
  await must(project.knox(['add', 'half', '-e', 'development'], 'half a value'));
  project.write('half.txt', 'nothing yet\n');
  await must(project.knox(['route', 'add', 'half.txt', '-e', 'staging,production']));
  project.write('half.txt', '{{secret:half}}\n');
  await backup('staging', '.knox/ci2.db');
  expect(await codes('--vault', '.knox/ci2.db')).toEqual(['unresolved-reference staging']);
  expect((await codes()).toSorted()).toEqual(['missing-value production', 'missing-value staging']);
});

test('is made by who was not given the others, and needs a key; names must be environments', async () => {
  const recipient = (await must(project.knox(['key', 'new', 'ci.key']))).stdout.toString().match(/knox_pub_1_\S+/)![0];
  await must(project.knox(['key', 'add', '--recipient', recipient, '--env', 'staging', '--label', 'ci']));
  const env = { KNOX_KEY_FILE: 'ci.key', XDG_STATE_HOME: path('state') };
  await must(project.knox(['backup', 'ci.db', '--env', 'staging'], '', { env }));
  await must(inCopy('audit', 'verify'));
  expect([...contents('ci.db').boxes.keys()]).toEqual(['staging']);
  expect((await project.knox(['--vault', 'ci.db', 'get', 'api_key', '-e', 'production'], '', { env })).exit).toBe(4);
  expect((await project.knox(['backup', 'no.db', '--env', 'staging'], '', { env: {} })).exit).toBe(4);
  expect(await backup('staging,qa', 'no.db')).toMatchObject({ exit: 5, code: 'environment_not_found' });
  expect(await backup('staging,', 'no.db')).toMatchObject({ exit: 2, code: 'usage' });
  expect(readdirSync(project.folder).filter((name) => /^no|tmp/.test(name))).toEqual([]);
});

test("takes no vault's place; where there is none, it becomes one", async () => {
  await backup('staging');
  const force = ['--force', 'vault_exists', '--reason', 'x'];
  expect(await project.json(['restore', 'ci.db', ...force])).toMatchObject({ exit: 2, code: 'usage' });
  await must(project.knox(['restore', 'ci.db', '--vault', 'new/vault.db']));
  const inNew = (...argv: string[]) => project.knox(['--vault', 'new/vault.db', ...argv], 'a new value for it');
  const got = await must(inNew('get', 'api_key', '-e', 'staging'));
  expect([got.stdout.toString(), got.stderr]).toEqual([OLD.staging, '']);
  expect((await inNew('get', 'api_key', '-e', 'production')).stderr).toContain(
    'add it: knox add api_key -e production',
  );
  await must(inNew('add', 'api_key', '-e', 'production'));
  await must(inNew('audit', 'verify'));
});

test('a machine that trusts it takes the next one for newer, and an older one for turned back', async () => {
  const identity = /knox_vault_1_\S+/.exec(project.read('k.key'))![0];
  project.write('bare.key', project.read('k.key').replace(/^knox_vault_1_.*$/m, ''));
  const env = { KNOX_KEY_FILE: path('bare.key'), XDG_STATE_HOME: path('runner'), PATH: process.env['PATH'] ?? '' };
  const run = () =>
    project.knox(['--vault', 'ci.db', 'run', '-e', 'staging', '--secret', 'K=api_key', '--', 'true'], '', { env });
  await backup('staging');
  copyFileSync(path('ci.db'), path('first.db'));
  await must(project.knox(['add', 'more', '-e', 'staging'], 'one value more'));
  rmSync(path('ci.db'));
  await backup('staging');
  expect((await run()).exit).toBe(125);
  await must(project.knox(['--vault', 'ci.db', 'trust', identity], '', { env }));
  await must(run());
  await must(project.knox(['add', 'even_more', '-e', 'staging'], 'and one more value'));
  rmSync(path('ci.db'));
  await backup('staging');
  await must(run());
  copyFileSync(path('first.db'), path('ci.db'));
  const older = await run();
  expect(older).toMatchObject({ exit: 0, stderr: expect.stringContaining('older') });
  expect((await project.knox(['--vault', 'ci.db', 'delete', 'api_key', '--yes'], '', { env })).exit).toBe(8);
});
