/** A copy of the vault, made while others write, is whole, opens with the same keys, and is verified with and without one. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

interface Verified {
  entries: number;
  brokenAt: number | null;
  verifiedRows: number;
  identity: string;
}
const verify = (...argv: string[]) => project.json<Verified>(['audit', 'verify', ...argv]);

test('is whole at one moment, whatever is written meanwhile', async () => {
  const writers = Array.from({ length: 6 }, (_, writer) =>
    (async () => {
      for (let count = 0; count < 4; count += 1)
        await must(project.knox(['add', `key_${writer}_${count}`, '-e', 'staging'], `a value of ${writer} ${count}`));
    })(),
  );
  const copies = ['one.db', 'two.db', 'three.db'];
  for (const copy of copies) await must(project.knox(['backup', copy]));
  await Promise.all(writers);
  for (const copy of copies) {
    const { exit, json } = await verify('--vault', copy);
    expect([exit, json.brokenAt]).toEqual([0, null]);
    expect(json.verifiedRows).toBeGreaterThan(3);
  }
  await must(project.knox(['backup', 'last.db']));
  expect((await project.knox(['get', 'key_5_3', '-e', 'staging', '--vault', 'last.db'])).stdout.toString()).toBe(
    'a value of 5 3',
  );
});

test('is verified with the identity alone, and the first entry that was changed is named', async () => {
  const { json: own } = await verify();
  await must(project.knox(['backup', 'copy.db']));
  expect(statSync(join(project.folder, 'copy.db')).mode & 0o777).toBe(0o600);
  const without = await project.knox(
    ['audit', 'verify', '--vault', 'copy.db', '--identity', own.identity, '--json'],
    '',
    {
      env: { XDG_STATE_HOME: `${project.folder}/auditor` },
    },
  );
  expect(without.exit).toBe(0);
  expect(JSON.parse(without.stdout.toString())).toMatchObject({
    entries: own.entries,
    brokenAt: null,
    verifiedRows: 0,
  });
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(join(project.folder, 'copy.db'));
  database.exec("UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'tester', 'nobody') AS BLOB) WHERE seq = 3");
  database.close();
  const broken = await verify('--vault', 'copy.db');
  expect([broken.exit, broken.json.brokenAt]).toEqual([8, 3]);
});

test('never takes the place of a file, and leaves none where it fails', async () => {
  project.write('mine.txt', 'mine');
  expect((await project.json(['backup', 'mine.txt'])).code).toBe('file_exists');
  expect(readFileSync(join(project.folder, 'mine.txt'), 'utf8')).toBe('mine');
  expect((await project.json(['backup', 'nowhere/copy.db'])).code).toBe('io');
  expect(existsSync(join(project.folder, 'nowhere'))).toBe(false);
});
