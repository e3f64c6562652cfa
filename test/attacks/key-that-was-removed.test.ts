/** Somebody who left, with the key that was removed and a copy from before, wants to be in the vault again, or to have values of his own taken. */
import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';
import { signedHead } from '../../src/vault/documents/head.ts';
import type { Head } from '../../src/vault/documents/head.ts';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import { slotPairs } from '../../src/crypto/keys.ts';

let scene: AttackScene;
let older: string;
beforeEach(async () => {
  scene = await makeAttackScene();
  older = scene.copy();
});
afterEach(() => scene.remove());

const must = async (argv: readonly string[], stdin = ''): Promise<string> => {
  const ran = await scene.as('admin', argv, { stdin });
  if (ran.exit !== 0) throw new Error(ran.stderr);
  return ran.stdout.toString();
};
const GET = ['get', 'db_password', '-e', 'staging'];

/** His copy's manifest and sealed keys in the vault of now, under a head that he signs. */
async function putManifestBack(): Promise<void> {
  const database = new Database(scene.file);
  database.prepare('ATTACH ? AS old').run(older);
  database.exec(
    'UPDATE main.manifest SET body = (SELECT body FROM old.manifest), signature = (SELECT signature FROM old.manifest)',
  );
  database.exec('INSERT OR REPLACE INTO main.grants SELECT * FROM old.grants');
  const bodyOf = (from: string): Head =>
    JSON.parse((database.prepare(`SELECT body FROM ${from}.head`).pluck().get() as Buffer).toString()) as Head;
  const [now, then] = [bodyOf('main'), bodyOf('old')];
  const manifest = JSON.parse(
    (database.prepare('SELECT body FROM main.manifest').pluck().get() as Buffer).toString(),
  ) as {
    vault: string;
    slots: { id: string; label: string }[];
  };
  const own = manifest.slots.find(({ label }) => label === 'colleague')!.id;
  const { seed } = slotPairs(scene.secretOf('colleague')).signing;
  const forged = { ...now, slot: own, manifest: then.manifest, generation: then.generation };
  const signed = signedHead(forged, manifest.vault, seed);
  database.prepare('UPDATE main.head SET body = ?, signature = ?').run(signed.body, signed.signature);
  database.close();
}

test('with --no-rekey: the manifest of before is not the one that the seals name', async () => {
  await must(['key', 'remove', 'colleague', '--no-rekey', '--yes']);
  await putManifestBack();
  for (const machine of ['admin', 'new']) {
    expect(await scene.told('admin', ['get', 'db_password', '-e', 'production'], { machine })).toMatch(/^8 /);
    expect(await scene.told('admin', ['rekey', '--yes'], { machine })).toMatch(/^8 /);
  }
  expect(await scene.told('colleague', GET, { machine: 'new' })).toMatch(/^8 /);
});

test('his key signs nothing any more, and opens nothing that a rekey made', async () => {
  await must(['key', 'remove', 'colleague', '--yes']);
  await must(['add', 'newest', '-e', 'staging'], 'newest-value-0001');
  expect(await scene.told('colleague', ['get', 'newest', '-e', 'staging'])).toBe('4 wrong_key');
});

test('his own line, in the place of the vault: whoever has the new identity takes nothing of it', async () => {
  await must(['key', 'remove', 'colleague', '--yes']);
  const identity = (JSON.parse(await must(['status', '--json'])) as { identity: string }).identity;
  const newest = scene.copy();
  scene.putBack(older);
  for (const argv of [
    ['delete', 'db_password', '-e', 'staging', '--yes'],
    ['add', 'db_password', '-e', 'staging'],
  ]) {
    const ran = await scene.as('colleague', argv, { stdin: 'REMOVED-CHOSEN-VALUE-999', machine: 'his' });
    expect([ran.exit, ran.stderr.includes('error')]).toEqual([0, false]);
  }
  // A job without memory, whose key names no identity, or the one that it was handed.
  const key = encodeKeyText('secret', scene.secretOf('sharer'));
  const job = { machine: 'job', env: { KNOX_KEY_FILE: '', KNOX_KEY: key, KNOX_TRUST: identity } };
  expect(await scene.told('sharer', GET, job)).toBe('8 vault_damaged');
  const withLine = { ...job, env: { KNOX_KEY_FILE: '', KNOX_KEY: `${key}\n${identity}\n` } };
  expect(await scene.told('sharer', GET, withLine)).toBe('8 vault_damaged');
  // A machine that has seen the vault since needs neither.
  for (const argv of [GET, ['render', '-', '-e', 'staging']])
    expect(await scene.told('admin', argv, { stdin: '{{secret:db_password}}' })).toMatch(/^8 /);
  copyFileSync(newest, scene.file);
  expect(await scene.told('admin', GET)).toMatch(/^0 /);
});
