/** Input without end, or longer than knox takes: refused soon, wherever it comes from, and nothing is stored. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FILE_LIMIT, VALUE_LIMIT } from '../../src/domain/limits.ts';
import { runKnox } from '../helpers/run-knox.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-endless-'));
  await runKnox(folder, ['init', '--key-file', 'k.key']);
  await knox(['add', 'tok', '-e', 'development'], Readable.from([Buffer.from('value-of-tok')]));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const knox = (argv: readonly string[], stdin = Readable.from([])) =>
  runKnox(folder, argv, '', { KNOX_KEY_FILE: 'k.key' }, { stdin });

/** Counts what was taken of it. */
function endless() {
  const taken = { bytes: 0 };
  const part = Buffer.alloc(65_536, 'y\n');
  function* parts() {
    for (;;) {
      taken.bytes += part.length;
      yield part;
    }
  }
  return { stream: Readable.from(parts()), taken };
}

const code = (stderr: string) =>
  stderr.split('\n').flatMap((line) => /^\{"error":\{"code":"(\w+)"/.exec(line)?.[1] ?? []);

test.each([
  ['add z -e development --value-file /dev/zero', 2],
  ['import /dev/zero -e development', 2],
  ['import /dev/zero -e development --format json', 2],
  ['render /dev/zero -e development', 2],
  ['route add /dev/zero -e development', 2],
  ['run -e development --env-file /dev/zero -- true', 125],
  ['run -e development --mount A=/dev/zero -- true', 125],
  ['rotate tok --value-file development=/dev/zero --yes', 2],
  ['check --baseline /dev/zero', 2],
  ['export -e development --format github --public-key /dev/zero', 2],
  ['report uses /dev/zero', 2],
])('%s', async (line, exit) => {
  const ran = await knox([...line.split(' ').slice(0, 1), '--json', ...line.split(' ').slice(1)]);
  expect([ran.exit, ran.stdout.toString()]).toEqual([exit, '']);
  expect(code(ran.stderr)[0]).toMatch(/^(invalid_value|usage)$/);
});

test.each([
  ['add z -e development', VALUE_LIMIT.bytes],
  ['import - -e development', FILE_LIMIT.bytes],
  ['render - -e development', FILE_LIMIT.bytes],
  ['rotate tok --values-stdin --yes', FILE_LIMIT.bytes],
])('standard input of %s', async (line, limit) => {
  const { stream, taken } = endless();
  const ran = await knox([...line.split(' '), '--json'], stream);
  expect([ran.exit, ran.stdout.toString(), code(ran.stderr)]).toEqual([2, '', ['invalid_value']]);
  expect(taken.bytes).toBeLessThan(limit + 2_000_000);
  expect(stream.destroyed).toBe(true);
});

test('a value of exactly 1 MiB is one, with a line end behind it on stdin; a byte more is not', async () => {
  const whole = Buffer.alloc(VALUE_LIMIT.bytes, 'v');
  writeFileSync(join(folder, 'v'), whole);
  expect((await knox(['add', 'a', '-e', 'development', '--value-file', 'v'])).exit).toBe(0);
  const given = Buffer.concat([whole.fill('w'), Buffer.from('\r\n')]);
  expect((await knox(['add', 'b', '-e', 'development'], Readable.from([given]))).exit).toBe(0);
  expect((await knox(['get', 'b', '-e', 'development'])).stdout.length).toBe(VALUE_LIMIT.bytes);
  writeFileSync(join(folder, 'v'), Buffer.alloc(VALUE_LIMIT.bytes + 1, 'x'));
  expect((await knox(['add', 'c', '-e', 'development', '--value-file', 'v'])).exit).toBe(2);
  const more = Readable.from([Buffer.alloc(VALUE_LIMIT.bytes + 2, 'x')]);
  expect((await knox(['add', 'c', '-e', 'development'], more)).exit).toBe(2);
});
