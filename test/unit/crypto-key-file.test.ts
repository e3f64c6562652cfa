import { beforeAll, describe, expect, it } from 'vitest';
import { formatKeyFile, parseKeyFile } from '../../src/crypto/key-file.ts';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import type { KnoxError } from '../../src/errors.ts';

const secret = new Uint8Array(32).fill(7);
const identity = new Uint8Array(32).fill(8);
let key: string;
let name: string;

beforeAll(async () => {
  await loadSodium();
  key = encodeKeyText('secret', secret);
  name = encodeKeyText('identity', identity);
});

function failure(text: string): KnoxError {
  try {
    parseKeyFile(text, 'key.txt');
  } catch (error) {
    return error as KnoxError;
  }
  throw new Error('it was taken');
}

describe('a key file', () => {
  it('is read as it was written', () => {
    expect(parseKeyFile(formatKeyFile({ secret, identity }, 'for ci'), 'f')).toEqual({ secret, identity });
    expect(parseKeyFile(formatKeyFile({ secret, identity: null }, 'for ci'), 'f')).toEqual({ secret, identity: null });
  });

  it.each([
    ['alone, with no line end', () => key],
    ['with CRLF', () => `# note\r\n${key}\r\n${name}\r\n`],
    ['with the line ends of an old Mac', () => `${key}\r${name}\r`],
    ['with blanks around', () => `\n\n   ${key}\t \n  ${name} \n\n`],
    ['with a byte order mark', () => `\uFEFF${key}\n`],
    ['with the identity first', () => `${name}\n${key}\n`],
    ['twice the same', () => `${key}\n${key}\n${name}\n${name}`],
    ['with a key in a comment', () => `# ${encodeKeyText('secret', identity)}\n${key}`],
  ])('is forgiven: %s', (_what, text) => {
    expect(parseKeyFile(text(), 'f').secret).toEqual(secret);
  });

  it.each([
    ['a mistyped key', () => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, /mistyped or cut off/],
    ['a mistyped identity', () => `${key}\n${name.slice(0, -2)}`, /identity in key\.txt is mistyped/],
    ['a public key', () => encodeKeyText('public', secret), /public key/],
    ['two different keys', () => `${key}\n${encodeKeyText('secret', identity)}`, /two different/],
    ['two different identities', () => `${key}\n${name}\n${encodeKeyText('identity', secret)}`, /two different/],
    ['nothing', () => '', /no knox key/],
    ['only comments', () => '# a\n# b\n', /no knox key/],
    ['only an identity', () => name, /no knox key/],
    ['something else', () => 'AGE-SECRET-KEY-1', /no knox key/],
    ['a key and rubbish', () => `${key}\nrubbish`, /line 2 of key\.txt is neither/],
  ])('is refused with %s', (_what, text, message) => {
    const error = failure(text());
    expect(error).toMatchObject({ code: 'wrong_key', exit: 4 });
    expect(error.message).toMatch(message);
    expect(error.message + error.hints.join(' ')).not.toContain(key.slice(11, 30));
  });
});
