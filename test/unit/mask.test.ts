import { describe, expect, test } from 'vitest';
import { maskText } from '../../src/domain/mask.ts';
import { Plaintext } from '../../src/domain/plaintext.ts';

const secret = (name: string, value: string | Uint8Array) => ({
  name,
  value: typeof value === 'string' ? Plaintext.fromText(value) : new Plaintext(value),
});
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');

test.each([
  ['the value', 'x hunter2-hunter2 y', 'x [knox:a] y'],
  ['twice, side by side', 'hunter2-hunter2hunter2-hunter2', '[knox:a][knox:a]'],
  ['a part only', 'hunter2-hunter', 'hunter2-hunter'],
  ['at both ends', 'hunter2-hunter2', '[knox:a]'],
])('%s', (_, text, shown) => expect(maskText(text, [secret('a', 'hunter2-hunter2')])).toBe(shown));

test('a value of 7 bytes is left, of 8 bytes replaced; bytes are counted', () => {
  expect(maskText('1234567', [secret('a', '1234567')])).toBe('1234567');
  expect(maskText('12345678', [secret('a', '12345678')])).toBe('[knox:a]');
  expect(maskText('ääää', [secret('a', 'ääää')])).toBe('[knox:a]');
});

test('nothing in a value or a name is expanded', () => {
  for (const value of ['$&$&$&$&', '$1$2$3$4', '$$$$$$$$', '\\1\\2\\3\\4', '.*.*.*.*', '[knox:a]']) {
    expect(maskText(`<${value}>`, [secret('a', value)])).toBe('<[knox:a]>');
  }
  expect(maskText('12345678', [secret('$&$`', '12345678')])).toBe('[knox:$&$`]');
});

test('the longest first, and nothing of an overlapped value is left', () => {
  const inner = secret('inner', 'password');
  const outer = secret('outer', 'my-password-1');
  for (const secrets of [
    [inner, outer],
    [outer, inner],
  ]) {
    expect(maskText('my-password-1 password', secrets)).toBe('[knox:outer] [knox:inner]');
  }
  const left = secret('left', 'abcdefghij');
  const right = secret('right', 'ghijklmnop');
  expect(maskText('>abcdefghijklmnop<', [left, right])).toBe('>[knox:left][knox:right]<');
  expect(maskText('a'.repeat(12), [secret('a', 'a'.repeat(8))])).toBe('[knox:a]');
});

test('two names of one value: the first given is shown', () => {
  expect(maskText('12345678', [secret('b', '12345678'), secret('a', '12345678')])).toBe('[knox:b]');
});

test('each line of 8 bytes or more', () => {
  const pem = secret('pem', '-----BEGIN-----\r\nMIIBVgIBADAN\nshort\nlast-line-here');
  expect(maskText('MIIBVgIBADAN short last-line-here -----BEGIN-----', [pem])).toBe(
    '[knox:pem] short [knox:pem] [knox:pem]',
  );
  expect(maskText(`"${base64('MIIBVgIBADAN')}"`, [pem])).toBe('"[knox:pem]"');
});

describe('encoded', () => {
  const value = 'p ä/+?&"s\\ecret<\n>~';
  const secrets = [secret('a', value)];
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const percent = [...bytes].map((b) => `%${b.toString(16).toUpperCase().padStart(2, '0')}`);
  const rfc = [...bytes].map((b, i) => (/[\w.~-]/.test(String.fromCharCode(b)) ? String.fromCharCode(b) : percent[i]!));
  test.each([
    ['base64', base64(value)],
    ['base64 without padding', base64(value).replace(/=+$/, '')],
    ['base64url', bytes.toString('base64url')],
    ['URL', rfc.join('')],
    ['URL in lower case', rfc.join('').replace(/%../g, (hex) => hex.toLowerCase())],
    ['encodeURIComponent', encodeURIComponent(value)],
    ['a form', new URLSearchParams([['', value]]).toString().slice(1)],
    ['JSON', json],
    ['JSON in ASCII', json.replace('ä', () => '\\u00e4')],
    ['JSON with slashes escaped', json.replaceAll('/', '\\/')],
    ['JSON fit for HTML', json.replace('<', '\\u003c').replace('>', '\\u003e').replace('&', '\\u0026')],
  ])('%s', (_, form) => expect(maskText(`<<${form}>>`, secrets)).toBe('<<[knox:a]>>'));

  test.each(['', 'u', 'us', 'user:'])('base64 at each alignment, after %j', (before) => {
    const random = secret('b', 'tfE8#Qm!0zXw');
    for (const after of ['', '1', '22', '333']) {
      const shown = maskText(base64(`${before}tfE8#Qm!0zXw${after}`), [random]);
      expect(shown).toContain('[knox:b]');
      // What is left are the characters that other bytes have a share in.
      expect(shown.replace('[knox:b]', () => '').length).toBeLessThanOrEqual(
        Math.ceil(((before.length + after.length) * 4) / 3) + 6,
      );
    }
  });
});

test('bytes that are not UTF-8 pass through, and are masked where they are the value', () => {
  const value = Uint8Array.of(0xff, 0, 0xfe, 1, 0xfd, 2, 0xfc, 3);
  const text = Buffer.concat([Buffer.from([0x80, 0xff]), value, Buffer.from([0xc3])]);
  expect(maskText(text, [secret('a', Uint8Array.from(value))])).toEqual(
    Buffer.concat([Buffer.from([0x80, 0xff]), Buffer.from('[knox:a]'), Buffer.from([0xc3])]),
  );
  expect(maskText(base64(value), [secret('a', Uint8Array.from(value))])).toBe('[knox:a]');
  expect(maskText(text, [secret('b', 'not in there')])).toEqual(text);
});

test('no secrets: the same text', () => {
  expect(maskText('abc', [])).toBe('abc');
});

test('a long text and a value of many lines finish', () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `key material ${index * 7919}`);
  const text = `${'nothing here, '.repeat(70_000)}${lines[4321]}`;
  expect(maskText(text, [secret('big', lines.join('\n'))]).endsWith(', [knox:big]')).toBe(true);
});

describe('parts of a value', () => {
  const account = JSON.stringify({
    type: 'x',
    private_key: '-----BEGIN-----\nMIIBVgIBADAN\n',
    db: [{ pass: 'n "q" w pass' }],
  });
  test.each([
    ['without the blanks around it', '  padded-token-777  ', 'padded-token-777'],
    ['a line without its blanks', 'first-line\n   second-line  \n', 'second-line'],
    ['the password of a URL', 'postgres://app:p%40ss-word@db/shop', 'p@ss-word'],
    ['the password of a URL, as it stands there', 'postgres://app:p%40ss-word@db/shop', 'p%40ss-word'],
    ['the user and the password of a URL', 'redis://user:short@db/0', 'user:short'],
    ['a token as the user of a URL', 'https://ghp_0123456789@github.com/a', 'ghp_0123456789'],
    ['a member of a JSON document', account, 'n "q" w pass'],
    ['a member, as it stands there', account, 'n \\"q\\" w pass'],
    ['a line of a member', account, 'MIIBVgIBADAN'],
  ])('%s', (_, value, part) => expect(maskText(`<${part}>`, [secret('a', value)])).toBe('<[knox:a]>'));

  test('a password that is a word of its own URL is a word', () => {
    expect(maskText('application is up', [secret('a', 'postgres://application@localhost/x')])).toBe(
      'application is up',
    );
    expect(maskText('postgres is up', [secret('a', 'postgres://postgres:postgres@localhost/x')])).toBe(
      'postgres is up',
    );
  });

  test('a deep document ends', () => {
    const deep = `${'['.repeat(5000)}"deep-down-member"${']'.repeat(5000)}`;
    expect(maskText('deep-down-member', [secret('a', deep)])).toBe('[knox:a]');
  });
});
