/** Keys and identities as people hand them in: key text, key files, what a key command prints, KNOX_TRUST, KNOX_HEAD. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatKeyFile, parseKeyFile } from '../../../src/crypto/key-file.ts';
import { decodeKeyText, encodeKeyText } from '../../../src/crypto/key-text.ts';
import type { KeyTextKind } from '../../../src/crypto/key-text.ts';
import { loadSodium } from '../../../src/crypto/sodium.ts';
import { readKeyText, runForKey } from '../../../src/files/key-file.ts';
import { parseIdentity } from '../../../src/vault/trust/identity.ts';
import { runKnox } from '../../helpers/run-knox.ts';
import { makeVault } from '../../helpers/vault.ts';
import type { TestVault } from '../../helpers/vault.ts';
import { expectNoMarker, expectSame, fuzz, HOW, MARKER, outcomeOf } from './fuzz.ts';
import { mutatedBytes, mutatedText, savedText } from './mutations.ts';

const KINDS = ['secret', 'public', 'identity'] as const;
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kind = fc.constantFrom<KeyTextKind>(...KINDS);
const keyText = fc.tuple(kind, key).map(([of, bytes]) => encodeKeyText(of, bytes));
const line = fc.oneof(keyText, fc.constantFrom(`# ${MARKER}`, MARKER, ''));
const keyFile = fc.oneof(
  fc.tuple(key, fc.option(key)).map(([secret, identity]) => formatKeyFile({ secret, identity }, MARKER)),
  fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n')),
);

beforeAll(loadSodium);

describe(`keys, ${HOW}`, () => {
  test('key text is the text of its key, or none', async () => {
    let keys = 0;
    const ran = await fuzz(60_000, fc.tuple(kind, mutatedText(keyText)), ([of, text]) => {
      const found = decodeKeyText(of, text);
      if (typeof found === 'string') return;
      keys += 1;
      expect(encodeKeyText(of, found)).toBe(text);
    });
    expect(keys).toBeGreaterThan(ran / 50);
  });

  test('a key file gives one key, and the same again when it is written', async () => {
    let keys = 0;
    const ran = await fuzz(40_000, mutatedText(keyFile), async (text) => {
      const found = await outcomeOf(['wrong_key'], () => parseKeyFile(text, 'the file'));
      if (!('value' in found)) return;
      keys += 1;
      expect(parseKeyFile(formatKeyFile(found.value, 'again'), 'again')).toEqual(found.value);
      expect(text).toContain(encodeKeyText('secret', found.value.secret));
    });
    expect(keys).toBeGreaterThan(ran / 50);
  });

  test('an identity is what was given', async () => {
    await fuzz(20_000, mutatedText(keyText), async (text) => {
      const found = await outcomeOf(['usage'], () => parseIdentity(text));
      if ('value' in found) expect(found.value).toBe(text);
    });
  });
});

describe(`keys on the disk, ${HOW}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'knox-fuzz-'));
  const file = join(folder, 'key');
  afterAll(() => rmSync(folder, { recursive: true }));
  const saved = fc.oneof(
    savedText(keyFile),
    mutatedBytes(key),
    fc.integer({ min: 65_530, max: 65_540 }).map((length) => new Uint8Array(length).fill(0x20)),
  );

  test('a file of any bytes is a key file or is refused', async () => {
    await fuzz(10_000, saved, async (bytes) => {
      writeFileSync(file, bytes, { mode: 0o600 });
      await outcomeOf(['wrong_key'], () => parseKeyFile(readKeyText(file, folder, expectNoMarker), 'key'));
    });
  });

  test('so is what a key command prints', async () => {
    await fuzz(150, saved, async (bytes) => {
      writeFileSync(file, bytes, { mode: 0o600 });
      await outcomeOf(['wrong_key'], async () => parseKeyFile(await runForKey('cat key', folder, {}), 'the command'));
    });
  });
});

describe(`variables, ${HOW}`, () => {
  let made: TestVault;
  beforeAll(async () => {
    made = await makeVault({ secrets: { api_key: { production: 'the value' } } });
  });
  afterAll(() => made.remove());
  const variable = (valid: fc.Arbitrary<string>) => mutatedText(valid).map((text) => text.replaceAll('\0', ''));

  test('KNOX_HEAD, KNOX_TRUST and KNOX_KEY in their places', async () => {
    const { seq, hash } = await made.using((vault) => vault.read(async (view) => view.head));
    const variables = fc.record(
      {
        KNOX_HEAD: variable(fc.constantFrom(`${seq}:${hash}`, `KNOX_HEAD=${seq}:${hash}`, `1:${'0'.repeat(64)}`)),
        KNOX_TRUST: variable(fc.constant(made.identity)),
        KNOX_KEY: variable(fc.constant(made.keyText)),
      },
      { requiredKeys: [] },
    );
    const exits = new Map<number, number>();
    await fuzz(2500, variables, async (env) => {
      const argv = ['--vault', made.file, 'get', 'api_key', '-e', 'production'];
      const ran = await runKnox(made.folder, argv, '', {
        KNOX_KEY_FILE: 'KNOX_KEY' in env ? '' : made.keyFile,
        ...env,
      });
      exits.set(ran.exit, (exits.get(ran.exit) ?? 0) + 1);
      if (ran.exit === 0) expectSame(ran.stdout, Buffer.from('the value'));
      else expect([2, 4, 8]).toContain(ran.exit);
    });
    expect(new Set(exits.keys())).toEqual(new Set([0, 2, 4, 8]));
  });
});
