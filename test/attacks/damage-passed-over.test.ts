/**
 * Whoever may write the file, with no key, wants a record of production to be gone for the commands that read many, by damage that looks like
 * what a holder of production's key spoiled there: what they spoiled is ignored with a warning, what he changed is exit 8.
 */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeAttackScene, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';
import { changeBehindIndex } from '../helpers/vandal.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

function vandal(work: (database: Database.Database) => void): void {
  const database = new Database(scene.file);
  database.unsafeMode(true);
  work(database);
  database.close();
}

/** Its id, as the manifest says. */
const PRODUCTION =
  "(SELECT json_extract(value, '$.id') FROM manifest, json_each(CAST(body AS TEXT), '$.realms') WHERE json_extract(value, '$.name') = 'production')";

describe.each([
  ['another place', 'place + 1'],
  ['no place', 'NULL'],
])(
  'a name of production says that it has %s, where the index that the lists are read from has the right one',
  (_what, place) => {
    test.each([[['list']], [['scan', '.']], [['export', '-e', 'production']]])('%j', async (argv) => {
      scene.write('leak.txt', `a ${SECRET} b`);
      vandal((database) =>
        changeBehindIndex(
          database,
          'record_of_place',
          `UPDATE record SET place = ${place} WHERE kind = 'name' AND id = 'db_password' AND realm = ${PRODUCTION}`,
        ),
      );
      expect(await scene.told('admin', argv)).toBe('8 vault_damaged');
    });
  },
);

test('an old value of production that was changed keeps a new one from being stored: whether they are the same cannot be told', async () => {
  vandal((database) => {
    const where = `realm = ${PRODUCTION} AND json_extract(body, '$.name') = 'db_password'`;
    const box = database.prepare(`SELECT box FROM value WHERE ${where}`).pluck().get() as Buffer;
    box[30]! ^= 1;
    expect(database.prepare(`UPDATE value SET box = ? WHERE ${where}`).run(box).changes).toBe(1);
  });
  const added = await scene.told('admin', ['add', 'db_password_v2', '-e', 'production'], { stdin: SECRET });
  expect(added).toBe('8 vault_damaged');
  expect(await scene.told('admin', ['get', 'db_password_v2', '-e', 'production'])).toBe('5 secret_not_found');
});
