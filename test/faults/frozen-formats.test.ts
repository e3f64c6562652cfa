/** A vault of every format that was ever released, as it was kept then: opened, read and verified by the knox of now. */
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/store/sqlite/formats.ts';
import { VALUES } from '../interop/made-by-knox.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

it('there is one for each format', () => {
  const kept = globSync('vault-format-*', { cwd: FIXTURES }).toSorted();
  expect(kept).toEqual(FORMATS.map(({ version }) => `vault-format-${version}`));
});

describe.each(FORMATS.map(({ version }) => version))('a vault of format %i', (version) => {
  const kept = join(FIXTURES, `vault-format-${version}`);
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'knox-frozen-'));
    mkdirSync(join(folder, '.knox'), { mode: 0o700 });
    writeFileSync(join(folder, '.knox/vault.db'), gunzipSync(readFileSync(join(kept, 'vault.db.gz'))), { mode: 0o600 });
    for (const name of ['everything.key', 'development.key']) {
      copyFileSync(join(kept, name), join(folder, name));
      chmodSync(join(folder, name), 0o600);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const knox = (argv: readonly string[], key = 'everything.key'): Promise<Ran> =>
    runKnox(folder, argv, '', { KNOX_KEY_FILE: join(folder, key) });

  it('lists what it listed then, and verifies', async () => {
    const listed = await knox(['list', '--json']);
    expect(listed).toMatchObject({ stderr: '', exit: 0 });
    expect(JSON.parse(listed.stdout.toString())).toEqual(JSON.parse(readFileSync(join(kept, 'list.json'), 'utf8')));
    const verified = await knox(['audit', 'verify', '--json']);
    expect(JSON.parse(verified.stdout.toString())).toMatchObject({ brokenAt: null });
  });

  it('gives every value, and to a key for one environment its own alone', async () => {
    for (const [name, environment, value] of VALUES) {
      const at = environment === 'shared' ? 'production' : environment;
      // A version that no environment is on yet.
      const forced = name.endsWith('_v2') ? ['--force', 'unreleased', '--reason', 'a test'] : [];
      const got = await knox(['get', name, '-e', at, ...forced]);
      expect([got.exit, got.stdout.toString('base64')], `${name} ${at}`).toEqual([
        0,
        Buffer.from(value).toString('base64'),
      ]);
    }
    const partial = await knox(['get', 'api_key', '-e', 'development'], 'development.key');
    expect(partial.exit).toBe(0);
    expect((await knox(['get', 'api_key', '-e', 'production'], 'development.key')).exit).toBe(4);
  });

  it('is written to as well', async () => {
    expect((await knox(['set', 'blob', '--note', 'by a later knox'])).exit).toBe(0);
    expect((await knox(['rekey', '--yes'])).exit).toBe(0);
    expect((await knox(['audit', 'verify'])).exit).toBe(0);
  });
});
