/** Masking while a program prints: how long a part that may begin a value is kept. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { MaskOutput } from '../../src/run/mask-output.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const secrets = [{ name: 's', value: Plaintext.fromText('sk_live_4242424242424242') }];

function made(isTerminal: boolean) {
  const mask = new MaskOutput(secrets, isTerminal);
  const shown = () => Buffer.from((mask.read() as Buffer | null) ?? '').toString();
  return { mask, shown };
}

test('a value in two writes is masked, however long it is between them', async () => {
  const { mask, shown } = made(false);
  mask.write('key: sk_live_42');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(shown()).toBe('key: ');
  mask.write('42424242424242\n');
  expect(shown()).toBe('[knox:s]\n');
  expect(mask.count).toBe(1);
});

test('what only began like a value is there at the end', async () => {
  const { mask, shown } = made(false);
  mask.write('task');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(shown()).toBe('ta');
  mask.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(shown()).toBe('sk');
});

test('and where no end comes', () => {
  const { mask, shown } = made(false);
  mask.write('sk_live_');
  expect(shown()).toBe('');
  expect(mask.release().toString()).toBe('sk_live_');
  expect(mask.release()).toHaveLength(0);
});

test('on a terminal it is shown when nothing follows, such as a prompt', async () => {
  const { mask, shown } = made(true);
  mask.write('Which task');
  await vi.advanceTimersByTimeAsync(1000);
  expect(shown()).toBe('Which task');
  mask.write('sk_live_42');
  mask.write('42424242424242');
  expect(shown()).toBe('[knox:s]');
});

test('on a terminal too what is as long as something that is masked is kept until it is decided', async () => {
  const { mask, shown } = made(true);
  mask.write('sk_live_');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(shown()).toBe('');
  mask.write('4242424242424242');
  expect(shown()).toBe('[knox:s]');
  mask.write('sk_live_4');
  mask.write('!');
  expect(shown()).toBe('sk_live_4!');
});
