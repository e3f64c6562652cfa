/** A vault that knox wrote is read by a program that shares no code with it, written from docs/format.md. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatKeyFile } from '../../src/crypto/key-file.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

const PYTHON = '/usr/bin/python3';
const READER = fileURLToPath(new URL('../helpers/read-vault.py', import.meta.url));
const hasNacl = spawnSync(PYTHON, ['-c', 'import nacl.bindings']).status === 0;
const MISSING = hasNacl ? '' : ' (skipped: python3-nacl is not installed)';

const BINARY = Uint8Array.from({ length: 5000 }, (_byte, index) => (index * 7) % 256);
const SECRETS = {
  stripe_api_key: { development: 'sk_test_1', production: 'sk_live_1' },
  'größe.of-it_v2': { production: 'ends in zeros\u0000\u0000' },
  blob: { development: BINARY, production: new Uint8Array([0x80]) },
  edge: { development: 'x'.repeat(4095), production: 'y'.repeat(4096) },
  region: 'eu-central-1',
};

interface Reading {
  vault: string;
  identity: string;
  slot: string;
  entries: number;
  head: string;
  rows: { verified: number; unverified: number };
  values: { name: string; environment: string; base64: string }[];
}

function expectedValues(environments: readonly string[]): Reading['values'] {
  return Object.entries(SECRETS)
    .flatMap(([name, values]) =>
      Object.entries(typeof values === 'string' ? { shared: values } : values).map(([environment, value]) => ({
        name,
        environment,
        base64: Buffer.from(value as string).toString('base64'),
      })),
    )
    .filter(({ environment }) => environments.includes(environment));
}

describe.skipIf(!hasNacl)(`a second reader${MISSING}`, () => {
  let made: TestVault;
  beforeAll(async () => {
    made = await makeVault({ secrets: SECRETS, withEveryTable: true });
  });
  afterAll(() => made.remove());

  function read(file: string, keyFile: string): Reading {
    const { status, stdout, stderr } = spawnSync(PYTHON, [READER, file, keyFile], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return JSON.parse(stdout) as Reading;
  }

  it('verifies the whole vault and reads every value', async () => {
    const reading = read(made.file, made.keyFile);
    const head = await made.using((vault) => vault.read(async (view) => view.head));
    expect(reading).toMatchObject({ identity: made.identity, slot: 'first', entries: head.seq, head: head.hash });
    expect(reading.rows).toEqual({ verified: 60, unverified: 0 });
    const sorted = (values: Reading['values']) => values.map((value) => JSON.stringify(value)).toSorted();
    expect(sorted(reading.values)).toEqual(sorted(expectedValues(['development', 'production', 'shared'])));
  });

  it('reads with a key for some environments those alone', async () => {
    const { secret } = await made.using((vault) => addSlot(vault, 'ci', ['development']));
    const keyFile = join(made.folder, 'ci.key');
    writeFileSync(keyFile, formatKeyFile({ secret, identity: made.key.identity }, 'ci'));
    const reading = read(made.file, keyFile);
    expect(reading.slot).toBe('ci');
    expect(reading.values.map(({ name }) => name)).toEqual(['blob', 'edge', 'stripe_api_key']);
    expect(reading.rows.unverified).toBeGreaterThan(0);
  });

  it('refuses a vault in which one byte of a row was changed, as a check that it can', async () => {
    const folder = join(made.folder, 'changed');
    mkdirSync(folder);
    const file = join(folder, 'vault.db');
    const source = new Database(made.file);
    await source.backup(file);
    source.close();
    const changed = new Database(file);
    changed.exec("UPDATE secret SET note = 'another' WHERE name = 'region'");
    changed.close();
    const { status, stderr } = spawnSync(PYTHON, [READER, file, made.keyFile], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('the tag of a row of secret');
  });
});
