/** After a change of keys knox says which commands ask from then on, and offers to vouch for them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { voucherOf, vouchFor } from '../../src/vault/gate/vouch.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';
import { answering } from '../helpers/terminal.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeEach(async () => {
  made = await makeVault({ secrets: { api_key: { development: 'a-value', production: 'another' } } });
  // A colleague who holds every environment, without administering, has set a source for both.
  const { secret } = await made.using((vault) => addSlot(vault, 'carla', ['development', 'production', 'shared']));
  await made.using(
    (vault) =>
      vault.change(async (change) => {
        for (const realm of ['development', 'production']) {
          const options = { create: 'make-key --for api' };
          const content = { base: 'api_key', kind: 'command', options, overlap: null, createdAt: change.at };
          await change.put('source', realm, vouchFor(change, 'source', realm, content));
        }
        change.log({ action: 'source-set' });
      }),
    { key: { secret, identity: made.key.identity } },
  );
});
afterEach(() => made.remove());

const knox = (argv: readonly string[], surroundings = {}): Promise<Ran> =>
  runKnox(made.folder, ['--vault', made.file, ...argv], '', { KNOX_KEY_FILE: made.keyFile }, surroundings);

/** Labels of those who vouch for the source of each environment. */
const vouchers = (): Promise<(string | null)[]> =>
  made.using((vault) =>
    vault.read(async (view) =>
      (await view.across('source')).map((source) => voucherOf(view.manifest, source)?.label ?? null),
    ),
  );

describe('key remove', () => {
  test('names what the key vouched for, and leaves it at that where nobody can be asked', async () => {
    const { exit, stderr } = await knox(['key', 'remove', 'carla', '--yes']);
    expect(exit).toBe(0);
    expect(stderr).toContain('From now on, knox will ask before it runs or sends this, registered by "carla":');
    expect(stderr).toContain(
      'the source of api_key for production\n    source: command\n      create=make-key --for api',
    );
    expect(await vouchers()).toEqual([null, null]);
  });

  test('vouches for it anew on a yes', async () => {
    const { prompts, done } = answering(
      [/^Remove the key "carla"/, true],
      [/^Vouch for them with your own key\?$/, true],
    );
    expect((await knox(['key', 'remove', 'carla', '--no-rekey'], { prompts })).exit).toBe(0);
    done();
    expect(await vouchers()).toEqual(['first', 'first']);
    expect((await knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('says nothing of it under --json, and of a key that vouched for nothing', async () => {
    await made.using((vault) => addSlot(vault, 'reader', ['development']));
    expect((await knox(['key', 'remove', 'reader', '--yes'])).stderr).not.toContain('registered');
    expect((await knox(['key', 'remove', 'carla', '--yes', '--json'])).stderr).toBe('');
  });
});

test('env add names what ran unasked until then, and what it took over of it', async () => {
  const { prompts, done } = answering([/^Vouch for them with your own key\?$/, false]);
  const { exit, stderr } = await knox(['env', 'add', 'qa'], { prompts });
  done();
  expect(exit).toBe(0);
  expect(stderr).toContain('Where a key was used that opens qa, knox will ask before it runs or sends this');
  expect(await vouchers()).toEqual(['carla', 'carla', null]);
});
