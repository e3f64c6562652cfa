/** Somebody who may write the file, with no key and an older copy, wants knox to forget: refused logins, an exposure, uses, a value that was taken back. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

const must = async (argv: readonly string[], stdin = ''): Promise<string> => {
  const ran = await scene.as('admin', argv, { stdin });
  if (ran.exit !== 0) throw new Error(ran.stderr);
  return ran.stdout.toString();
};
function vandal(sql: string): void {
  const database = new Database(scene.file);
  database.exec(sql);
  database.close();
}

test.each([
  [
    'refused logins',
    ['report', 'auth-failure', 'db_password', '-e', 'production', '--count', '5'],
    "DELETE FROM record WHERE kind = 'refusal'",
  ],
  ['uses', ['get', 'db_password', '-e', 'production'], "DELETE FROM record WHERE kind = 'use'"],
  [
    'an exposure',
    ['key', 'remove', 'sharer', '--yes'],
    `UPDATE record SET body = replace(body, '"exposed":[{', '"expose":[{') WHERE kind = 'name'`,
  ],
])('%s', async (_what, argv, sql) => {
  await must(argv);
  const before = await scene.told('admin', ['check', '--json']);
  expect(before).toMatch(/^[03] /);
  vandal(sql);
  for (const command of [['check'], ['list'], ['show', 'db_password'], ['rotate', '--exposed', '--yes']])
    expect(await scene.told('admin', command), command.join(' ')).toMatch(/^8 /);
});

test('a value that was taken back does not come back', async () => {
  const older = scene.copy();
  await must(['delete', 'db_password', '-e', 'production', '--yes', '--force', 'still_used', '--reason', 'x']);
  await must(['add', 'db_password', '-e', 'production'], 'another-password-0002');
  const database = new Database(scene.file);
  database.prepare('ATTACH ? AS old').run(older);
  database.exec(`
    DELETE FROM main.value WHERE realm IN (SELECT realm FROM old.value WHERE id NOT IN (SELECT id FROM main.value));
    INSERT OR IGNORE INTO main.value SELECT * FROM old.value;
    INSERT OR REPLACE INTO main.record SELECT * FROM old.record WHERE id = 'db_password';
    INSERT OR REPLACE INTO main.node SELECT * FROM old.node;
  `);
  database.close();
  for (const machine of ['admin', 'new'])
    for (const argv of [
      ['get', 'db_password', '-e', 'production'],
      ['run', '-e', 'production', '--secret', 'P=db_password', '--', 'printenv', 'P'],
    ]) {
      const said = await scene.told('admin', argv, { machine });
      expect(said).toMatch(/^(8|125) /);
      expect(said).not.toContain(SECRET);
    }
});
