/** Small files beside a vault: `.knox/config.json`, which a repository brings along, and what this machine remembers of vaults. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findVault } from '../../../src/files/find-vault.ts';
import { runKnox } from '../../helpers/run-knox.ts';
import { makeVault } from '../../helpers/vault.ts';
import type { TestVault } from '../../helpers/vault.ts';
import { expectClean, expectSame, fuzz, HOW, outcomeOf } from './fuzz.ts';
import { savedJson } from './mutations.ts';
import type { Json } from './mutations.ts';

describe(`files, ${HOW}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'knox-fuzz-'));
  let made: TestVault;
  beforeAll(async () => {
    mkdirSync(join(folder, '.knox'));
    made = await makeVault({ secrets: { api_key: { production: 'the value' } } });
  });
  afterAll(() => {
    made.remove();
    rmSync(folder, { recursive: true });
  });

  test('the settings of a project', { timeout: 3_600_000 }, async () => {
    const config = savedJson(fc.constant<Json>({ vault: made.file, project: 'shop' }));
    await fuzz(8000, config, async (bytes) => {
      writeFileSync(join(folder, '.knox', 'config.json'), bytes);
      const found = await outcomeOf(['usage', 'io'], () => findVault({ given: null, cwd: folder }));
      if (!('value' in found)) return;
      expect([typeof found.value.file, typeof found.value.project, found.value.root]).toEqual([
        'string',
        'string',
        folder,
      ]);
    });
    await fuzz(600, config, async (bytes) => {
      writeFileSync(join(folder, '.knox', 'config.json'), bytes);
      const ran = await runKnox(folder, ['get', 'api_key', '-e', 'production'], '', { KNOX_KEY_FILE: made.keyFile });
      if (ran.exit === 0) expectSame(ran.stdout, Buffer.from('the value'));
      else expect([1, 2, 4, 5, 8], ran.stderr).toContain(ran.exit);
      expectClean(ran.stderr);
    });
  });

  test('the memory of heads', { timeout: 3_600_000 }, async () => {
    const env = { KNOX_KEY_FILE: made.keyFile, XDG_STATE_HOME: join(made.folder, 'state') };
    const get = () => runKnox(made.folder, ['--vault', made.file, 'get', 'api_key', '-e', 'production'], '', env);
    const heads = join(made.folder, 'state', 'knox', 'heads');
    expect((await get()).exit).toBe(0);
    const name = readdirSync(heads).find((one) => one.endsWith('.json'))!;
    const { seq, hash } = await made.using((vault) => vault.read(async (view) => view.head));
    const { manifest } = await made.using(async (vault) => vault);
    const known = { vault: manifest.vault, location: realpathSync(made.file), identity: made.identity, seq, hash };
    const memory = savedJson(fc.constant<Json>([known]));
    await fuzz(1200, memory, async (bytes) => {
      writeFileSync(join(heads, name), bytes);
      writeFileSync(join(heads, name.replace(/json$/, 'verified')), bytes);
      writeFileSync(join(heads, 'other.json'), bytes);
      const ran = await get();
      // What the memory says can only keep knox from writing: the value is the right one, also of a vault that was turned back.
      if (ran.exit === 0) expectSame(ran.stdout, Buffer.from('the value'));
      else expect(ran.exit, ran.stderr).toBe(8);
      expectClean(ran.stderr);
      const status = await runKnox(made.folder, ['--vault', made.file, 'status'], '', env);
      expect([0, 8], status.stderr).toContain(status.exit);
      expectClean(status.stdout.toString() + status.stderr);
    });
  });
});
