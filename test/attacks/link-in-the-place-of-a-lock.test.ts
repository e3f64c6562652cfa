/**
 * Whoever may make files beside a vault puts a link, or a file, under the name of one of its locks, or has a lineage bear a path for its id: he
 * wants a file of the person's elsewhere opened, made private, made anew or removed.
 */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const at = (path: string) => join(project.folder, path);
const ROTATE = ['rotate', 'api_key', '--generate', '--yes', '--until', 'create'];

/** The name of the file that a rotation of `api_key` locks. */
async function lockName(): Promise<string> {
  const store = await SqliteStore.open(at('.knox/vault.db'));
  const lock = await store.lock('rotation-api_key');
  const name = readdirSync(at('.knox')).find((file) => file !== 'vault.db');
  expect(statSync(at(`.knox/${name}`))).toMatchObject({ size: 0 });
  expect(statSync(at(`.knox/${name}`)).mode & 0o777).toBe(0o600);
  await lock!.release();
  await store.close();
  expect(readdirSync(at('.knox'))).toEqual(['vault.db']);
  return name!;
}

function otherDatabase(): string {
  const file = at('other.db');
  const database = new Database(file);
  database.exec('CREATE TABLE t (x)');
  database.close();
  chmodSync(file, 0o644);
  return file;
}

test.each(['a link to a database', 'a link to nothing', 'a hard link', 'a file that is not empty', 'a folder'])(
  '%s is not touched, and nothing is rotated',
  async (what) => {
    const name = at(`.knox/${await lockName()}`);
    const other = otherDatabase();
    const before = readFileSync(other);
    if (what === 'a link to a database') symlinkSync('../other.db', name);
    else if (what === 'a link to nothing') symlinkSync('../made-anew.db', name);
    else if (what === 'a hard link') linkSync(other, name);
    else if (what === 'a folder') mkdirSync(name);
    else writeFileSync(name, 'somebody’s');
    const ran = await project.json(ROTATE);
    expect(ran).toMatchObject({ exit: 1, code: 'io' });
    expect(readFileSync(other)).toEqual(before);
    expect(statSync(other).mode & 0o777).toBe(0o644);
    expect(readdirSync(project.folder)).not.toContain('made-anew.db');
    expect(readdirSync(at('.knox'))).toContain(name.split('/').at(-1));
    const checks = (await project.json<{ check: string; ok: boolean }[]>(['doctor'])).json;
    expect(checks.find(({ check }) => check === 'leftovers')).toMatchObject({ ok: false });
  },
);

test('an empty file that a killed run left is taken over, and gone after', async () => {
  writeFileSync(at(`.knox/${await lockName()}`), '');
  expect((await project.json(ROTATE)).exit).toBe(0);
  expect(readdirSync(at('.knox'))).toEqual(['vault.db']);
});

test('whatever is locked is no path', async () => {
  const victim = otherDatabase();
  mkdirSync(at('.knox/vault.db-lock-rotation-x'));
  const store = await SqliteStore.open(at('.knox/vault.db'));
  try {
    const names: string[] = [];
    for (const id of ['x/../../../other.db', '../../other.db', 'a\0b', '', 'x'.repeat(5000)]) {
      const lock = await store.lock(`rotation-${id}`);
      expect(lock).not.toBe(null);
      expect(await store.lock(`rotation-${id}`)).toBe(null);
      names.push(...readdirSync(at('.knox')).filter((name) => /^vault\.db-lock-[0-9a-f]{32}$/.test(name)));
      await lock!.release();
    }
    expect(new Set(names).size).toBe(5);
  } finally {
    await store.close();
  }
  expect(statSync(victim).size).toBeGreaterThan(0);
  expect(readdirSync(at('.knox')).toSorted()).toEqual(['vault.db', 'vault.db-lock-rotation-x']);
  await must(project.knox(['list']));
});
