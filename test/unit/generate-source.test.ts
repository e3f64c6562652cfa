import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Plaintext, revealText } from '../../src/domain/plaintext.ts';
import { checkForm, generateSource } from '../../src/sources/generate.ts';
import { testNeeding } from '../helpers/needing.ts';

async function make(options: Record<string, string>) {
  const { value, notes, overlap, handle } = await generateSource.create(
    {
      secret: 'key',
      environment: 'staging',
      rotation: null,
      attempt: null,
      replacement: null,
      options: new Map(Object.entries(options).map(([name, text]) => [name, Plaintext.fromText(text)])),
      secrets: [],
      services: {
        root: '/',
        fetch,
        environment: {},
        signals: null,
        sleep: async () => undefined,
        now: () => new Date(),
      },
    },
    null,
  );
  expect([overlap, handle]).toEqual(['unlimited', null]);
  return { text: revealText(value)!, notes };
}

describe('a generated value', () => {
  test.each([
    [{}, /^[A-Za-z0-9]{32}$/],
    [{ length: '50' }, /^[A-Za-z0-9]{50}$/],
    [{ alphabet: 'äöü0123456789', length: '12' }, /^[äöü0-9]{12}$/],
    [{ form: 'hex' }, /^[0-9a-f]{64}$/],
    [{ form: 'hex', length: '33' }, /^[0-9a-f]{33}$/],
    [{ form: 'base64url' }, /^[A-Za-z0-9_-]{43}$/],
    [{ form: 'uuid' }, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    [{ form: 'webhook' }, /^whsec_[A-Za-z0-9+/]{43}=$/],
    [{ form: 'jwt' }, /^[A-Za-z0-9_-]{86}$/],
  ])('by %j', async (options, pattern) => {
    const seen = new Set<string>();
    for (let count = 0; count < 20; count++) {
      const { text } = await make(options);
      expect(text).toMatch(pattern);
      seen.add(text);
    }
    expect(seen.size).toBe(20);
  });

  test('a password holds what it must, wherever', async () => {
    const first = new Set<string>();
    for (let count = 0; count < 60; count++) {
      const { text } = await make({ form: 'password', length: '12', digits: '3', symbols: '2', upper: '0' });
      expect(text).toHaveLength(12);
      expect(text.replaceAll(/\D/g, '').length).toBeGreaterThanOrEqual(3);
      expect(text.replaceAll(/[A-Za-z0-9]/g, '').length).toBeGreaterThanOrEqual(2);
      expect(text).toMatch(/[a-z]/);
      first.add(/\d/.test(text[0]!) ? 'digit' : /[a-z]/i.test(text[0]!) ? 'letter' : 'symbol');
    }
    expect(first.size).toBe(3);
  });

  test.each([
    { length: '7' },
    { length: 'long' },
    { alphabet: 'abc' },
    { alphabet: 'aabcdefghijkl' },
    { form: 'morse' },
    { form: 'uuid', length: '36' },
    { form: 'hex', alphabet: '0123456789' },
    { form: 'rsa', length: '1024' },
    { form: 'password', length: '8', digits: '9' },
    { form: 'password', alphabet: 'abcdefghijkl', digits: '1' },
    { form: 'password', lower: '-1' },
  ])('%j makes none', (options) => {
    expect(() => checkForm(options as unknown as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });

  test.each([{ form: 'rsa', length: '2048' }, { form: 'ed25519' }])(
    '%j is a key pair, the public half told',
    async (options) => {
      const { text, notes } = await make(options);
      const privateKey = createPrivateKey(text);
      const publicKey = createPublicKey(notes[0]!.slice(notes[0]!.indexOf('-----BEGIN')));
      const algorithm = options.form === 'rsa' ? 'sha256' : null;
      const signature = sign(algorithm, Buffer.from('text'), privateKey);
      expect(verify(algorithm, Buffer.from('text'), publicKey, signature)).toBe(true);
    },
  );

  testNeeding(['ssh-keygen'], 'an SSH key is read by ssh-keygen', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-ssh-'));
    try {
      const { text, notes } = await make({ form: 'ssh' });
      writeFileSync(join(folder, 'id'), text);
      chmodSync(join(folder, 'id'), 0o600);
      const read = spawnSync('ssh-keygen', ['-y', '-f', join(folder, 'id')], { encoding: 'utf8' });
      expect(read).toMatchObject({ status: 0, stderr: '' });
      expect(notes[0]).toContain(read.stdout.trim());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
