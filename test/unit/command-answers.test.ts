/** What a program answers: the value that it made is kept, whatever stands beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Plaintext, reveal, revealText } from '../../src/domain/plaintext.ts';
import { commandSource } from '../../src/sources/command.ts';
import type { SourceRequest } from '../../src/sources/source.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-answers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const OLD = { value: Plaintext.fromText('the old value'), handle: null };

function answering(answer: unknown, overlap?: string): SourceRequest {
  writeFileSync(join(folder, 'answer'), typeof answer === 'string' ? answer : JSON.stringify(answer));
  const options = { program: 'cat answer', ...(overlap === undefined ? {} : { overlap }) };
  return {
    secret: 'api_key',
    environment: 'production',
    rotation: null,
    attempt: 'one',
    replacement: null,
    options: new Map(Object.entries(options).map(([name, text]) => [name, Plaintext.fromText(text)])),
    secrets: [],
    services: {
      root: folder,
      fetch,
      environment: { PATH: process.env['PATH'] ?? '' },
      signals: null,
      sleep: async () => undefined,
      now: () => new Date('2026-01-10T12:00:00.000Z'),
    },
  };
}

const VALUE = 'made-value-1234';

test.each([
  ['a number as handle', { handle: 42 }, '42', null, ''],
  ['a list as handle', { handle: ['a'] }, null, null, 'handle is not text'],
  ['the value in the handle', { handle: `id-${VALUE}` }, null, null, 'handle contains the value'],
  ['an overlap that is none', { handle: 'h', overlap: 'soon' }, 'h', null, 'overlap is neither'],
  ['an overlap as a number', { handle: 'h', overlap: 3600 }, 'h', null, 'overlap is neither'],
  ['members that nobody knows', { handle: 'h', lastUsedAt: 5, more: [] }, 'h', null, ''],
  ['an overlap', { handle: null, overlap: '1h' }, null, 3600, ''],
])('%s', async (_what, more, handle, overlap, note) => {
  for (const action of ['create', 'find'] as const) {
    const request = answering({ value: VALUE, ...more });
    const made = await (action === 'find' ? commandSource.find(request) : commandSource.create(request, OLD));
    if (made === null || typeof made === 'symbol') throw new Error('nothing was made');
    expect([revealText(made.value), made.handle, made.overlap]).toEqual([VALUE, handle, overlap]);
    expect(made.notes.join('\n')).toContain(note);
    expect(made.notes).toHaveLength(note === '' ? 0 : 1);
    expect(made.notes.join()).not.toContain(VALUE);
  }
});

test('a handle may be the id that the value has beside its secret, and not the secret', async () => {
  const value = JSON.stringify({ AccessKeyId: 'AKIA0123456789ABCDEF', SecretAccessKey: 'made-secret-of-the-key-1' });
  for (const [given, kept] of [
    ['AKIA0123456789ABCDEF', 'AKIA0123456789ABCDEF'],
    ['made-secret-of-the-key-1', null],
    [value, null],
  ] as const) {
    const made = await commandSource.create(answering({ value, handle: given }), OLD);
    expect([made.handle, made.notes.length]).toEqual([kept, kept === null ? 1 : 0]);
  }
});

test('the overlap of the option counts where that of the answer cannot', async () => {
  expect((await commandSource.create(answering({ value: VALUE, overlap: 'soon' }, '2h'), OLD)).overlap).toBe(7200);
  await expect(commandSource.test(answering({ overlap: 'soon' }, '2h'), OLD)).rejects.toThrow('overlap is neither');
});

test.each([
  ['in lines', 'AP/+\nAAEC\r\n', [0, 255, 254, 0, 1, 2]],
  ['for addresses', 'AP_-AAEC', [0, 255, 254, 0, 1, 2]],
  ['without what fills it up', 'AP8', [0, 255]],
])('base64 %s', async (_what, base64, bytes) => {
  const { value } = await commandSource.create(answering({ value: { base64 } }), OLD);
  expect([...reveal(value)]).toEqual(bytes);
});

test.each([
  ['2026-01-10T09:00:00Z', '2026-01-10T09:00:00.000Z'],
  ['2026-01-10T09:00:00+02:00', '2026-01-10T07:00:00.000Z'],
  ['2026-01-10 09:00:00', '2026-01-10T09:00:00.000Z'],
  ['2026-01-10', '2026-01-10T00:00:00.000Z'],
  [1_768_035_600, '2026-01-10T09:00:00.000Z'],
  ['1768035600', '2026-01-10T09:00:00.000Z'],
  [1_768_035_600_123, '2026-01-10T09:00:00.123Z'],
  [null, null],
])('lastUsedAt %j is %s', async (lastUsedAt, time) => {
  expect(await commandSource.usage(answering({ lastUsedAt }), OLD)).toBe(time);
});

test.each(['yesterday', '', true, [], -1e20])('lastUsedAt %j cannot be used', async (lastUsedAt) => {
  await expect(commandSource.usage(answering({ lastUsedAt }), OLD)).rejects.toThrow('lastUsedAt is neither');
});
