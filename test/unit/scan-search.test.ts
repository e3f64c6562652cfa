/** Finding values in streams of bytes: in every form, at every place, across every cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskText } from '../../src/domain/mask.ts';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { valueForms } from '../../src/domain/value-forms.ts';
import { countLineFeeds } from '../../src/scan/line-feeds.ts';
import { ENCODERS, pythonTexts, shellTexts } from '../helpers/encoders.ts';
import { patternsOf } from '../../src/scan/patterns.ts';
import { MOST_PLACES, Scanner } from '../../src/scan/scanner.ts';
import type { Hit } from '../../src/scan/scanner.ts';

function scannerOf(...values: (string | Uint8Array)[]): Scanner {
  return new Scanner(patternsOf(values.map((value) => Buffer.from(value))).patterns);
}

/** @param cuts sizes of the parts in which it comes, taken in turn */
function search(scanner: Scanner, text: Uint8Array, cuts: readonly number[] = [1 << 30]): Hit[] {
  scanner.begin();
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const end = at + cuts[turn % cuts.length]!;
    scanner.push(text.subarray(at, end));
    at = end;
  }
  return scanner.end();
}

function hitsIn(text: string | Uint8Array, ...values: (string | Uint8Array)[]): Hit[] {
  return search(scannerOf(...values), Buffer.from(text));
}

const bytes = fc.uint8Array({ minLength: 8, maxLength: 60 });
const ascii = fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme-ascii' });
const unicode = fc.string({ minLength: 8, maxLength: 30, unit: 'grapheme' });
const values = fc
  .oneof(bytes, ascii, unicode)
  .map((value) => Buffer.from(value))
  // What ends in a line end is looked for without it.
  .filter((value) => value.toString('latin1').replace(/[\r\n]+$/, '').length >= 8);

describe('what is planted is found', () => {
  test('each form of random values, at each offset, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 }),
        (all, offset, tail, cuts) => {
          const scanner = scannerOf(...all);
          for (const [owner, value] of all.entries()) {
            for (const { form, bytes: planted } of valueForms(value)) {
              const text = Buffer.concat([Buffer.alloc(offset, 0xfe), planted, tail]);
              const hits = search(scanner, text, cuts);
              expect(
                hits.map((hit) => hit.owner),
                `${form} at ${offset}`,
              ).toContain(owner);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('in base64 of something longer, padded or not, in lines or in one', () => {
    fc.assert(
      fc.property(
        values,
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 100 }),
        (value, before, after) => {
          const encoded = Buffer.concat([before, value, after]).toString('base64');
          const scanner = scannerOf(value);
          const found = (text: string) => search(scanner, Buffer.from(text)).map(({ owner }) => owner);
          expect(found(encoded)).toEqual([0]);
          expect(found(encoded.replace(/=+$/, ''))).toEqual([0]);
          expect(found(encoded.replaceAll('+', '-').replaceAll('/', '_'))).toEqual([0]);
          for (const line of [64, 76]) {
            const wrapped = encoded.match(new RegExp(`.{1,${line}}`, 'g'))!;
            // Indented lines take 30 characters of their own.
            const ends = value.length < 24 ? ['\n', '\r\n'] : ['\n', '\r\n', '\n      '];
            for (const end of ends) expect(found(wrapped.join(end)), `${line}`).toEqual([0]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('in base64 wherever a line ends in it, however short, beside values of any length', () => {
    const digits = (length: number) => '9gL-v7Qx_'.repeat(5).slice(0, length);
    for (let length = 8; length <= 48; length += 1) {
      const value = `${digits(length - 2)}#${length % 10}`;
      for (const others of [[], ['x'.repeat(30) + length], ['short-one', 'z'.repeat(50)]]) {
        const scanner = scannerOf(value, ...others);
        // 48 bytes are a line of 64 characters.
        const lines = Array.from({ length: 48 }, (_, before) => {
          const encoded = Buffer.from(`${'-'.repeat(before + 24)}${value}${'+'.repeat(60)}`).toString('base64');
          return encoded.match(/.{1,64}/g)!.join(before % 2 === length % 2 ? '\n' : '\r\n');
        });
        const text = Buffer.from(lines.join('\n\n...\n'));
        expect(
          search(scanner, text).map(({ owner }) => owner),
          `${length} ${others.length}`,
        ).toEqual(lines.map(() => 0));
      }
    }
  });

  test('over the edges of its own buffer', () => {
    const value = 'Zx9-held-value-41';
    const scanner = scannerOf(value, 'another-value-of-some-length-in-between');
    for (const edge of [262_144, 262_144 * 2, 1_048_576]) {
      for (let shift = -60; shift <= 4; shift += 1) {
        const text = Buffer.alloc(edge + 4096, 'line of text\n');
        text.write(value, edge + shift);
        const before = text
          .subarray(0, edge + shift)
          .toString('latin1')
          .split('\n');
        expect(search(scanner, text, [65_536])).toEqual([
          { owner: 0, form: 'plain', line: before.length, column: before.at(-1)!.length + 1 },
        ]);
      }
    }
  });

  test('many values at once, each told by its own number', () => {
    const all = Array.from(
      { length: 1000 },
      (_, index) => `prefix_live_${(index * 7919).toString(36)}-${index}-suffix`,
    );
    const text = all
      .map((value, index) => (index % 2 === 0 ? value : Buffer.from(value).toString('base64')))
      .join('\n');
    const hits = hitsIn(text, ...all);
    expect(hits.map(({ owner, line }) => [owner, line])).toEqual(all.map((_, index) => [index, index + 1]));
  });

  test('what encoders make of it, wherever the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.oneof(ascii, unicode), fc.nat({ max: 300 }), sizes, (value, offset, cuts) => {
        fc.pre(Buffer.from(value).toString() === value && value.trim() === value && !/[\p{Cc}]/u.test(value));
        const scanner = scannerOf(value, 'another-value-of-a-secret', '"quoted\\value"');
        for (const [name, encode] of Object.entries(ENCODERS)) {
          const text = Buffer.from(`${'x '.repeat(offset)}\u0001${encode(value)}\u0001`);
          const hits = search(scanner, text, cuts);
          expect(
            hits.map(({ owner, column }) => [owner, column]),
            `${name}: ${text.toString()}`,
          ).toContainEqual([0, 2 * offset + 2]);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('what Python and shells make of it', () => {
    const some = fc.sample(ascii, 30).filter((value) => value.trim() === value);
    for (const [at, texts] of (pythonTexts(some) ?? []).entries())
      for (const text of texts) expect(hitsIn(`>${text}<`, some[at]!), text).toHaveLength(1);
    for (const shell of ['bash', 'dash'] as const)
      for (const [at, text] of shellTexts(shell, some).entries())
        expect(hitsIn(text, some[at]!).length, text).toBeGreaterThan(0);
  });

  test('by the name of the way in which it is written', () => {
    const forms = (text: string) => hitsIn(text, "k9+Zm/Pq2R7t=='x").map(({ form }) => form);
    expect(forms("k9+Zm/Pq2R7t=='x")).toEqual(['plain']);
    expect(forms("k9%2BZm/Pq2R7t%3d='x")).toEqual(['url']);
    expect(forms("k9\\u002BZm\\/Pq2R7t=='x")).toEqual(['json']);
    expect(forms("k9+Zm/Pq2R7t=='\\''x")).toEqual(['shell']);
    expect(forms(`k9+Zm/Pq2R7t=='"'"'x`)).toEqual(['shell']);
    expect(forms('k9+Zm/Pq2R7t==&#x27;x')).toEqual(['xml']);
    expect(forms("k9+Zm/Pq2R7t==''x")).toEqual(['quoted']);
  });

  test("what a program's output is masked for, a scan finds", () => {
    fc.assert(
      fc.property(values, (value) => {
        const scanner = scannerOf(value);
        const secrets = [{ name: 'a', value: new Plaintext(Uint8Array.from(value)) }];
        for (const { bytes: planted, form } of valueForms(value)) {
          if (form === 'hex' || form.startsWith('utf')) continue;
          expect(Buffer.from(maskText(planted, secrets)).toString()).toContain('[knox:a]');
          expect(search(scanner, planted)).toHaveLength(1);
        }
      }),
    );
  });
});

describe('what is not there is not found', () => {
  test('as a naive search says, in bytes of few letters', () => {
    const letter = fc.constantFrom(0x61, 0x62, 0x0a, 0x00);
    fc.assert(
      fc.property(
        fc.array(fc.array(letter, { minLength: 8, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        fc.array(letter, { minLength: 0, maxLength: 3000 }),
        (all, letters) => {
          const text = Buffer.from(letters);
          const { patterns } = patternsOf(all.map((value) => Uint8Array.from(value)));
          const hits = new Set(search(new Scanner(patterns), text, [97]).map(({ owner }) => owner));
          const plain = patterns.filter(({ slack }) => slack === 'none');
          const naive = plain.filter((pattern) => text.includes(pattern.bytes)).flatMap(({ owners }) => owners);
          for (const { owner } of naive) expect(hits).toContain(owner);
          const loose = patterns.filter(({ slack }) => slack !== 'none').flatMap(({ owners }) => owners);
          const expected = new Set([...naive, ...loose].map(({ owner }) => owner));
          for (const owner of hits) expect(expected).toContain(owner);
        },
      ),
    );
  });

  test('nothing in random bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 10, maxLength: 40 }), { minLength: 1, maxLength: 30 }), (all) => {
        const text = new Uint8Array(20_000).map((_, index) => (Math.imul(index, 0x9e_37_79_b1) >>> 13) & 0xff);
        expect(search(scannerOf(...all), text)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('a value that lacks its last byte, or has another', () => {
    const value = 'correct-horse-battery-staple';
    for (const { bytes: form, form: name } of valueForms(Buffer.from(value))) {
      expect(hitsIn(form.subarray(0, -1), value), name).toEqual([]);
      expect(hitsIn(Buffer.concat([form.subarray(0, -1), Buffer.from([form.at(-1)! ^ 1])]), value), name).toEqual([]);
    }
  });
});

describe('parts of a value', () => {
  const account = JSON.stringify({
    type: 'service_account',
    project_id: 'shop-production-1',
    private_key_id: 'd1f0e2c3b4a5968778695a4b3c2d1e0f',
    private_key: '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC4\nshort\n-----END PRIVATE KEY-----\n',
    client_email: 'robot@shop-production-1.example',
    db: { password: 'nested "pass" word' },
  });
  test.each([
    ['a URL', 'postgres://app:p%40ss-word@db.example/shop', 'PW=p@ss-word', 'password'],
    ['a URL, as it stands there', 'postgres://app:p%40ss-word@db.example/shop', 'x://y:p%40ss-word@z', 'password'],
    ['a URL, with its user', 'redis://app:short@db.example/0', 'https://app:short@other', 'userinfo'],
    ['blanks around it', '  padded-token-777  ', 'x=padded-token-777', 'trimmed'],
    ['a member', account, '"nested \\"pass\\" word"', 'member'],
    ['a member, decoded', account, 'nested "pass" word', 'member'],
    ['a line of a key', account, '  MIIEvQIBADANBgkqhkiG9w0BAQEFAASC4', 'line'],
    ['in base64', 'redis://app:short-pass@db/0', Buffer.from('other:short-pass').toString('base64'), 'base64'],
  ])('%s', (_, value, text, form) => expect(hitsIn(text, value).map((hit) => hit.form)).toEqual([form]));

  test.each([
    ['what only names or describes', account, 'service_account shop-production-1 robot@shop-production-1.example'],
    ['the frame of a key', account, '-----BEGIN PRIVATE KEY-----\nother\n-----END PRIVATE KEY-----'],
    ['a password that is a word of its own URL', 'postgres://postgres:postgres@localhost/db', 'image: postgres'],
    ['a word', 'postgres://app:password@localhost/db', 'the password is not here'],
  ])('not %s', (_, value, text) => expect(hitsIn(text, value)).toEqual([]));

  test('beside the whole value they are not told', () => {
    expect(hitsIn(`x=${account}`, account)).toHaveLength(1);
    expect(hitsIn(JSON.stringify({ account }), account)).toHaveLength(1);
  });
});

describe('lines', () => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n';

  test.each([
    ['as it is', key],
    ['without its last line end', key.trimEnd()],
    ['with CRLF', key.replaceAll('\n', '\r\n')],
    ['indented, in YAML', `key: |\n${key.replace(/^/gm, '        ')}`.replace('        -', '-')],
    ['JSON-escaped', JSON.stringify({ key })],
    ['JSON-escaped, with CRLF', JSON.stringify({ key: key.replaceAll('\n', '\r\n') })],
    ['in base64, with CRLF', Buffer.from(`x${key.replaceAll('\n', '\r\n')}`).toString('base64')],
    ['URL-encoded', encodeURIComponent(key)],
    ['UTF-16', Buffer.from(`\ufeff${key}`, 'utf16le')],
  ])('a value of several lines is found %s', (_, text) => {
    expect(hitsIn(text, key)).toHaveLength(1);
  });

  test('one that is stored with CRLF is found with LF', () => {
    expect(hitsIn(key, key.replaceAll('\n', '\r\n'))).toHaveLength(1);
  });

  test('short lines', () => {
    expect(hitsIn('x\na\nbc\nd\ne\nf\ny', 'a\nbc\nd\ne\nf\n')).toHaveLength(1);
    expect(hitsIn('x\r\na\r\nbc\r\nd\r\ne\r\nf', 'a\nbc\nd\ne\nf\n')).toHaveLength(1);
  });

  test('one line of it is not it', () => {
    expect(hitsIn('-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n', key)).toEqual([]);
  });

  test('line feeds are counted as a plain loop counts them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(), fc.nat(), (content, from, to) => {
        const memory = new ArrayBuffer(4096);
        const text = new Uint8Array(memory);
        text.set(content.map((byte) => (byte % 3 === 0 ? 0x0a : byte)));
        const [start, end] = [from % 3000, to % 3000].toSorted((left, right) => left - right) as [number, number];
        const expected = text.subarray(start, end).filter((byte) => byte === 0x0a).length;
        expect(countLineFeeds(text, new Int32Array(memory), start, end)).toBe(expected);
      }),
    );
  });
});

describe('one place is told once', () => {
  test('UTF-16 by its byte order', () => {
    const wide = Buffer.from('\ufeffx=held-value-41\n', 'utf16le');
    expect(hitsIn(wide, 'held-value-41')).toEqual([{ owner: 0, form: 'utf-16le', line: 1, column: 7 }]);
    expect(hitsIn(Buffer.from(wide).swap16(), 'held-value-41')).toEqual([
      { owner: 0, form: 'utf-16be', line: 1, column: 7 },
    ]);
  });

  test('a value that repeats itself', () => {
    expect(hitsIn('a'.repeat(24), 'aaaaaaaa')).toHaveLength(3);
  });

  test('by each value that has it', () => {
    const hits = hitsIn('x=shared-value-1', 'shared-value-1', 'value-elsewhere', 'shared-value-1');
    expect(hits.map(({ owner }) => owner)).toEqual([0, 2]);
  });

  test('a value in another', () => {
    const hits = hitsIn('postgres://app:pass-word-1@db/app', 'pass-word-1', 'postgres://app:pass-word-1@db/app');
    expect(hits.map(({ owner, column }) => [owner, column])).toEqual([
      [1, 1],
      [0, 16],
    ]);
  });

  test('and not for ever', () => {
    const scanner = scannerOf('held-value-41');
    expect(search(scanner, Buffer.from('held-value-41\n'.repeat(MOST_PLACES + 5)))).toHaveLength(MOST_PLACES);
    expect(scanner.isCut).toBe(true);
  });
});

test('what is under 8 bytes is not looked for', () => {
  expect(patternsOf([Buffer.from('1234567'), Buffer.from('12345678'), Buffer.from('1234567\n\n')]).tooShort).toEqual([
    0, 2,
  ]);
});

test('of a long value its beginning', () => {
  const long = Buffer.from(
    Array.from({ length: 300_000 }, (_, index) => 33 + ((Math.imul(index, 0x9e_37_79_b1) >>> 9) % 90)),
  );
  const scanner = scannerOf(long);
  expect(search(scanner, Buffer.concat([Buffer.from('a\nb'), long]))).toEqual([
    { owner: 0, form: 'plain', line: 2, column: 2 },
  ]);
  expect(search(scanner, Buffer.from(long.toString('base64')))).toHaveLength(1);
  expect(search(scanner, long.subarray(0, 10_000))).toEqual([]);
});
