/**
 * A colleague with a key for staging wants to stay, or to be in everybody's way: what they spoil there, by a program of their own, keeps no
 * key from being removed and no other environment's command from being done. Each is told, none becomes valid, and none opens under new keys.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { placeOf, recordDigest } from '../../src/vault/documents/tree.ts';
import type { Content, KindName } from '../../src/vault/records/kinds.ts';
import { makeAttackScene, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';
import type { Colleague } from '../helpers/colleague.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

/** What the colleague does to staging, in one entry of theirs. */
const inStaging = (work: (colleague: Colleague) => Promise<unknown>) =>
  scene.forge('colleague', async (colleague) => {
    await work(colleague);
    await colleague.finish({ staging: await colleague.relist('staging') });
  });

const valueOf = async (colleague: Colleague, name: string): Promise<Content<'value'>> =>
  (await colleague.all('value', 'staging')).find((value) => value.name === name)!;

/** The value of `db_password` for staging with another box, which does not open. */
const spoilValue = (box: Uint8Array = new Uint8Array(80)) =>
  inStaging(async (colleague) => colleague.put('value', 'staging', await valueOf(colleague, 'db_password'), box));

/** A record with a text that no knox writes, where the one with this id is, or would be. */
const spoilRecord = (kind: KindName, id: string, body: string, about: string | null) =>
  inStaging(async (colleague) => {
    const key = { vault: colleague.manifest.vault, realm: colleague.idOf('staging'), kind, id };
    const place = about === null ? null : placeOf(about);
    const box = kind === 'value' ? new Uint8Array(80) : null;
    const digest = recordDigest(key, colleague.seq, body, box);
    await colleague.transaction.put({ realm: key.realm, kind, id, place, body, box, entry: colleague.seq, digest });
  });

interface Json {
  readonly damaged: readonly Record<string, unknown>[];
  readonly exposed: readonly string[];
}
/** What a command said on both streams, under `--json`. */
const said = async (argv: readonly string[], stdin = '') => {
  const { exit, stdout, stderr } = await scene.as('admin', [...argv, '--json'], { stdin });
  const told = stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { warning?: Record<string, string>; error?: Record<string, string> });
  return {
    exit,
    json: (stdout.length === 0 ? null : JSON.parse(stdout.toString())) as Json,
    warnings: told.flatMap(({ warning }) => (warning === undefined ? [] : [warning['code']])),
    texts: told.map(({ warning, error }) => (warning ?? error)!['message']!),
    error: told.find(({ error }) => error !== undefined)?.error?.['code'] ?? null,
  };
};
const production = async () => {
  const { exit, stdout } = await scene.as('admin', ['get', 'db_password', '-e', 'production']);
  return [exit, stdout.toString().trim()];
};
/** Box, key and digest of a row of staging. */
const rowOf = (kind: KindName, id: string) =>
  scene.forge('admin', async ({ transaction, ...colleague }) =>
    transaction.get({ realm: colleague.manifest.realms.find(({ name }) => name === 'staging')!.id, kind, id }),
  );

describe('a value that does not open', () => {
  test('is carried along by the removal of its writer, told, and deleted after it', async () => {
    await spoilValue();
    const removed = await scene.as('admin', ['key', 'remove', 'colleague', '--yes']);
    expect([removed.exit, removed.stderr.split('\n').filter((line) => line.startsWith('warning'))]).toEqual([
      0,
      [
        'warning: the value of db_password for staging is damaged or misplaced: not changed, under none of the new keys (it claims audit entry 9, of the key "colleague"). Delete it: knox delete db_password -e staging; then add the right one: knox add db_password -e staging (a backup has it: knox get db_password -e staging --vault FILE)',
      ],
    ]);
    expect(await scene.told('colleague', ['list'])).toMatch(/^4 /);
    expect(await production()).toEqual([0, SECRET]);
    expect(await scene.told('admin', ['get', 'db_password', '-e', 'staging'])).toBe('8 vault_damaged');
    expect(await scene.told('admin', ['audit', 'verify'])).toMatch(/^8 /);
    expect(await scene.told('admin', ['delete', 'db_password', '-e', 'staging', '--yes'])).toMatch(/^0 /);
    expect(
      await scene.told('admin', ['add', 'db_password', '-e', 'staging'], { stdin: 'the-right-one-again' }),
    ).toMatch(/^0 /);
    expect(await scene.told('admin', ['get', 'db_password', '-e', 'staging'])).toContain('the-right-one-again');
    expect(await scene.told('admin', ['audit', 'verify'])).toMatch(/^0 /);
  });

  test('is listed under --json by key remove and rekey, and each rekey leaves it as it was', async () => {
    await spoilValue();
    const { id } = (await scene.forge('colleague', (colleague) =>
      valueOf(colleague, 'db_password'),
    )) as Content<'value'>;
    const before = await rowOf('value', id);
    const damaged = [{ kind: 'value', id, name: 'db_password', environment: 'staging', entry: 9, key: 'colleague' }];
    for (const argv of [
      ['rekey', '--yes'],
      ['key', 'remove', 'colleague', '--yes'],
      ['rekey', '--yes'],
    ]) {
      const { exit, json, warnings } = await said(argv);
      expect([exit, json.damaged, warnings]).toEqual([0, damaged, ['value_damaged']]);
      expect(await rowOf('value', id)).toEqual(before);
    }
    const whole = await makeAttackScene();
    expect(JSON.parse((await whole.as('admin', ['rekey', '--yes', '--json'])).stdout.toString())).toMatchObject({
      damaged: [],
    });
    whole.remove();
  });

  test('of another time, another name or another key never opens again', async () => {
    const copies = (await scene.forge('colleague', async (colleague) => {
      const rows = await colleague.transaction.page(colleague.idOf('staging'), 'value', '', 100);
      return rows.map(({ id, box }) => ({ id, box: box! }));
    })) as { id: string; box: Uint8Array }[];
    const own = (await scene.forge('colleague', (colleague) => valueOf(colleague, 'db_password'))) as Content<'value'>;
    expect(await scene.told('admin', ['rekey', '--yes'])).toMatch(/^0 /);
    // The very value of before, under the key of before, which the colleague knows; and another name's.
    for (const [key, box] of [
      [own.key, copies.find(({ id }) => id === own.id)!.box],
      [own.key, copies.find(({ id }) => id !== own.id)!.box],
    ] as const) {
      await inStaging(async (colleague) => colleague.put('value', 'staging', { ...own, key }, box));
      expect((await said(['rekey', '--yes'])).json.damaged).toMatchObject([{ name: 'db_password' }]);
      expect(await scene.told('admin', ['get', 'db_password', '-e', 'staging'])).toBe('8 vault_damaged');
    }
    expect((await said(['key', 'remove', 'colleague', '--yes'])).exit).toBe(0);
    expect(await scene.told('admin', ['get', 'db_password', '-e', 'staging'])).toBe('8 vault_damaged');
  });

  test('that no name holds is carried too', async () => {
    await inStaging(async (colleague) => {
      const [value] = await colleague.all('value', 'staging');
      const ghost = { ...value!, id: 'AAAAAAAAAAAAAAAA', name: 'ghost' };
      await colleague.put('value', 'staging', ghost, new Uint8Array(80));
    });
    const { exit, json } = await said(['key', 'remove', 'colleague', '--yes']);
    expect([exit, json.damaged]).toMatchObject([0, [{ kind: 'value', name: 'ghost', environment: 'staging' }]]);
    expect(await production()).toEqual([0, SECRET]);
    // As the warning says, where there is a name to delete.
    expect(await scene.told('admin', ['add', 'ghost', '-e', 'staging'], { stdin: 'something-of-a-ghost' })).toMatch(
      /^0 /,
    );
    expect(await scene.told('admin', ['delete', 'ghost', '-e', 'staging', '--yes'])).toMatch(/^0 /);
    expect(await scene.told('admin', ['audit', 'verify'])).toMatch(/^0 /);
  });

  test('that bears the number of an entry of somebody else says so of itself alone', async () => {
    await inStaging(async (colleague) => {
      const value = await valueOf(colleague, 'db_password');
      const key = { vault: colleague.manifest.vault, realm: colleague.idOf('staging'), kind: 'value', id: value.id };
      const row = (await colleague.transaction.get({ realm: key.realm, kind: 'value', id: value.id }))!;
      const box = new Uint8Array(80);
      // Entry 2 put something for production alone.
      await colleague.transaction.put({ ...row, box, entry: 2, digest: recordDigest(key, 2, row.body, box) });
    });
    const { json, texts } = await said(['rekey', '--yes']);
    expect(json.damaged).toMatchObject([{ entry: 2, key: null }]);
    expect(texts[0]).toContain('it claims audit entry 2, which says nothing of that environment');
  });

  test('of the shared values is carried, and no environment that took another one up gets it', async () => {
    await scene.forge('sharer', async (sharer) => {
      const [value] = await sharer.all('value', 'shared');
      await sharer.put('value', 'shared', value!, new Uint8Array(80));
      await sharer.finish({ shared: await sharer.relist('shared') });
    });
    expect(await scene.told('admin', ['get', 'region_token', '-e', 'production'])).toBe('5 value_missing');
    const { exit, json, texts } = await said(['key', 'remove', 'sharer', '--yes']);
    expect([exit, json.damaged]).toMatchObject([0, [{ name: 'region_token', environment: null }]]);
    expect(texts[0]).toContain(
      'Delete it: knox delete region_token; then add the right one: knox add region_token --shared',
    );
    expect(await scene.told('admin', ['get', 'region_token', '-e', 'production'])).toBe('5 value_missing');
  });

  test('that was damaged by somebody without the key still keeps the keys as they are', async () => {
    await scene.forge('admin', async ({ transaction, manifest }) => {
      const realm = manifest.realms.find(({ name }) => name === 'staging')!.id;
      const [row] = await transaction.page(realm, 'value', '', 1);
      const box = Uint8Array.from(row!.box!);
      box[30]! ^= 1;
      await transaction.put({ ...row!, box });
    });
    const { exit, error } = await said(['rekey', '--yes']);
    expect([exit, error]).toEqual([8, 'audit_broken']);
    expect((await said(['key', 'remove', 'colleague', '--yes'])).exit).toBe(8);
    expect((await said(['key', 'remove', 'colleague', '--no-rekey', '--yes'])).exit).toBe(0);
  });
});

describe('a value that does not open keeps nobody from another', () => {
  beforeEach(async () => spoilValue());
  const passed = ['value_damaged'];

  test('scan goes on with the others, and says so', async () => {
    scene.write('leak.txt', `a ${SECRET} b`);
    const { exit, warnings, texts } = await said(['scan', '.']);
    expect([exit, warnings]).toEqual([3, passed]);
    expect(texts[0]).toBe(
      'the value of db_password for staging is damaged or misplaced: it is ignored; to delete it: knox delete db_password -e staging',
    );
  });

  test('a new value is compared with the others', async () => {
    expect(
      await said(['delete', 'db_password', '-e', 'production', '--yes', '--force', 'still_used', '--reason', 'x']),
    ).toMatchObject({ exit: 0 });
    expect(await said(['add', 'db_password', '-e', 'production'], 'a-new-one-for-production')).toMatchObject({
      exit: 0,
      warnings: passed,
    });
  });

  test('import calls it a conflict', async () => {
    scene.write('values.env', 'db_password=another-value-here\n');
    const { exit, error, warnings } = await said(['import', 'values.env', '-e', 'staging']);
    expect([exit, error, warnings]).toEqual([6, 'value_exists', passed]);
  });

  test('a rotation gives it a new value', async () => {
    for (const [file, text] of [
      ['staging.txt', 'a-new-one-for-staging'],
      ['production.txt', 'a-new-one-for-production'],
    ] as const)
      scene.write(file, text);
    const files = ['--value-file', 'staging=staging.txt', '--value-file', 'production=production.txt'];
    const { exit, warnings } = await said(['rotate', 'db_password', ...files, '--until', 'create', '--yes']);
    expect([exit, warnings]).toEqual([0, passed]);
    expect(await scene.told('admin', ['get', 'db_password_v2', '-e', 'staging'])).toContain('a-new-one-for-staging');
  });

  test('audit verify looks at everything beyond it', async () => {
    await inStaging(async (colleague) =>
      colleague.put('value', 'staging', await valueOf(colleague, 'analytics_id'), new Uint8Array(90)),
    );
    const { exit, texts } = await said(['audit', 'verify']);
    expect([exit, texts[0]]).toEqual([
      8,
      expect.stringMatching(/for staging is damaged or misplaced, and 1 more like it$/),
    ]);
  });

  test('a copy of the vault is as good as the vault, and says so', async () => {
    expect((await said(['backup', 'copy.db'])).exit).toBe(0);
    const { exit, warnings } = await said(['restore', 'copy.db', '--force', 'vault_exists', '--reason', 'test']);
    expect([exit, warnings]).toEqual([0, passed]);
    expect(await production()).toEqual([0, SECRET]);
  });
});

describe('a record that has invalid content', () => {
  const cases: [string, KindName, string, string, string | null][] = [
    ['a name', 'name', 'db_password', '{"name":"db_password"}', 'db_password'],
    ['a name in the place of another', 'name', 'db_password', '', 'analytics_id'],
    ['a lineage', 'lineage', 'db_password', 'nothing', 'db_password'],
    ['a value', 'value', 'AAAAAAAAAAAAAAAA', '[]', 'db_password'],
    ['a route', 'route', 'AAAAAAAAAAAAAAAA', '{}', null],
    ['a source', 'source', 'db_password', '{"base":"db_password"}', null],
    ['a receiver', 'receiver', 'AAAAAAAAAAAAAAAA', 'null', null],
    ['a rotation', 'rotation', 'AAAAAAAAAAAAAAAA', '{"id":1}', null],
    ['an incident', 'incident', 'AAAAAAAAAAAAAAAA', '', null],
    ['a use', 'use', 'AAAAAAAAAAAAAAAA', '{}', 'db_password'],
    ['of a kind that there is not', 'wish' as KindName, 'AAAAAAAAAAAAAAAA', '{}', 'db_password'],
  ];

  test.each(cases)('%s is carried along, and keeps no command from the rest', async (_what, kind, id, text, about) => {
    const body =
      text !== '' || kind !== 'name'
        ? text
        : ((await scene.forge('colleague', async ({ transaction, manifest }) => {
            const realm = manifest.realms.find(({ name }) => name === 'staging')!.id;
            return (await transaction.get({ realm, kind, id }))!.body;
          })) as string);
    await spoilRecord(kind, id, body, about);
    const before = await rowOf(kind, id);
    for (const argv of [
      ['list'],
      ['check', '--fail-on', 'error'],
      ['status'],
      ['scan', '.'],
      ['route', 'list'],
      ['rotations'],
    ]) {
      const { exit, error } = await said(argv);
      expect([argv, [0, 3].includes(exit), error]).toEqual([argv, true, null]);
    }
    expect((await said(['audit', 'verify'])).exit).toBe(8);
    expect(await said(['add', 'another', '-e', 'production'], 'another-of-production')).toMatchObject({ exit: 0 });
    const { exit, json, warnings } = await said(['key', 'remove', 'colleague', '--yes']);
    expect([exit, json.damaged]).toMatchObject([0, [{ kind, id, environment: 'staging', key: 'colleague' }]]);
    expect(warnings).toContain(kind === 'value' ? 'value_damaged' : 'record_damaged');
    expect(await rowOf(kind, id)).toEqual(before);
    expect(await scene.told('colleague', ['list'])).toMatch(/^4 /);
    expect(await production()).toEqual([0, SECRET]);
  });

  test('a name that holds a value which is not there is one too', async () => {
    await inStaging(async (colleague) => {
      const name = await colleague.get('name', 'staging', 'db_password');
      await colleague.put('name', 'staging', { ...name, value: 'AAAAAAAAAAAAAAAA' });
    });
    expect(await said(['add', 'another', '-e', 'staging'], 'another-of-staging')).toMatchObject({ exit: 0 });
    const { exit, json } = await said(['key', 'remove', 'colleague', '--yes']);
    expect([exit, json.damaged]).toMatchObject([0, [{ kind: 'name', id: 'db_password' }]]);
    expect(await production()).toEqual([0, SECRET]);
  });

  test('a name is put right by storing its value again, wherever the spoiled one hangs', async () => {
    const { body } = (await rowOf('name', 'db_password')) as { body: string };
    for (const [text, about] of [
      ['{}', 'db_password'],
      [body, 'analytics_id'],
    ] as const) {
      await spoilRecord('name', 'db_password', text, about);
      expect((await said(['audit', 'verify'])).exit).toBe(8);
      expect((await said(['get', 'db_password', '-e', 'staging'])).error).toBe('vault_damaged');
      const added = await said(['add', 'db_password', '-e', 'staging'], `the-right-one-${about}`);
      expect([added.exit, added.warnings]).toEqual([0, ['record_damaged']]);
      expect(await scene.told('admin', ['get', 'db_password', '-e', 'staging'])).toContain(`the-right-one-${about}`);
      expect((await said(['audit', 'verify'])).exit).toBe(0);
    }
  });

  test('a lineage that is not where it belongs keeps no value of production from being stored', async () => {
    const body = (await scene.forge('colleague', async ({ transaction, manifest }) => {
      const realm = manifest.realms.find(({ name }) => name === 'staging')!.id;
      return (await transaction.get({ realm, kind: 'lineage', id: 'db_password' }))!.body;
    })) as string;
    await spoilRecord('lineage', 'db_password', body, 'analytics_id');
    const forced = ['--yes', '--force', 'still_used', '--reason', 'x'];
    expect(await said(['delete', 'db_password', '-e', 'production', ...forced])).toMatchObject({ exit: 0 });
    expect(await said(['add', 'db_password', '-e', 'production'], 'a-new-one-for-production')).toMatchObject({
      exit: 0,
      warnings: expect.arrayContaining(['record_damaged']) as string[],
    });
    expect((await said(['key', 'remove', 'colleague', '--yes'])).exit).toBe(0);
  });
});

test('whoever left nothing of staging whole is removed all the same', async () => {
  await scene.forge('colleague', async (colleague) => {
    await colleague.finish({ staging: await colleague.relist('staging') });
    const realm = colleague.idOf('staging');
    for (const { node } of await colleague.transaction.nodes(realm))
      await colleague.transaction.deleteNode(realm, node);
  });
  const refused = await said(['key', 'remove', 'colleague', '--yes']);
  expect([refused.exit, refused.error]).toEqual([8, 'audit_broken']);
  const { exit, warnings } = await said(['key', 'remove', 'colleague', '--no-rekey', '--yes']);
  expect([exit, warnings]).toEqual([0, ['realm_damaged', 'not_rekeyed']]);
  expect(await scene.told('colleague', ['list'])).toMatch(/^4 /);
  expect(await production()).toEqual([0, SECRET]);
});

test('a text of the colleague in a record does not reach a terminal', async () => {
  await loadSodium();
  await spoilRecord('wish\u001b[2J' as KindName, 'AAAA\u001b[2J', '{}', 'db_password');
  const { exit, stderr } = await scene.as('admin', ['rekey', '--yes']);
  expect(exit).toBe(0);
  expect(stderr).not.toContain('\u001b');
  expect(stderr).toContain('wish');
});

test('nor does it make a line of its own in the warnings of a list', async () => {
  await spoilRecord('route', 'AAAA\nwarning: run this', '{}', null);
  await spoilRecord('use', 'BBBB\nwarning: run that', '{}', 'db_password');
  const { exit, stderr } = await scene.as('admin', ['list']);
  expect([exit, stderr.trim().split('\n')]).toEqual([
    0,
    [
      'warning: the use record BBBB\\nwarning: run that of staging has invalid content: it is ignored',
      'warning: the route record AAAA\\nwarning: run this of staging has invalid content: it is ignored',
    ],
  ]);
});
