/**
 * What was removed behind knox's back is damage, exit 8, and never called not found, nor is something older taken for it. These are the pairs that
 * once were not; test/long has every command with every damage.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { damagedScene } from '../helpers/damaged-scene.ts';
import type { DamagedScene } from '../helpers/damaged-scene.ts';

let scene: DamagedScene;
beforeAll(async () => {
  scene = await damagedScene();
});
afterAll(() => scene.remove());

test.each([
  ['name: the newest version is gone', 'get api_key@current -e production'],
  ['name: the newest version is gone', 'get api_key@current -e staging'],
  ['name: the newest version is gone', 'rotate api_key --yes'],
  ['name: all are gone', 'get api_key@current -e production'],
  ['name: all are gone', 'rotate sourced --yes --until create'],
  ['name: all are gone', 'report auth-failure region -e production'],
  ['lineage: all are gone', 'get api_key@current -e production'],
  ['value: that of the newest version is gone', 'get api_key@current -e production'],
  ['value: one environment of a name is gone', 'rotate two_places --yes --until create'],
  ['value: all are gone', 'rotate sourced --yes --until create'],
  ['value: all are gone', 'route check'],
  ['route: all are gone', 'route remove config/staging.yaml -e staging'],
  ['rotation: all are gone', 'rotate api_key --rollback --reason test'],
  ['rotation: a row is gone', 'rotate api_key --rollback --reason test'],
  ['source: all are gone', 'source remove sourced'],
  ['incident: all are gone', 'evidence'],
  // Found when all is done: who was to be told of it.
  ['receiver: all are gone', 'rotate api_key --rollback --reason test'],
  ['node: all are gone', 'get api_key -e production'],
  ['manifest: changed', 'setting remove records'],
])('%s: knox %s', async (damage, line) => {
  const { exit, code } = await scene.trial(damage, line.split(' '));
  expect([exit, code]).toEqual([8, 'vault_damaged']);
});
