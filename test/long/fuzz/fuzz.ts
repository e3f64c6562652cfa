/**
 * What holds for everything that reads what an outsider wrote: it gives a value, or an error of the catalogue with one of the codes that it
 * may have; soon; and neither a value nor a control character stands in what is said of it.
 *
 * `KNOX_FUZZ_SCALE=10` runs ten times as many cases. A case that hangs ends the process, with the seed and its number.
 */
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { afterAll, expect } from 'vitest';
import { valueForms } from '../../../src/domain/value-forms.ts';
import { isPrintable } from '../../../src/domain/printable.ts';
import { isKnoxError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { errorLines } from '../../../src/output/error-text.ts';
import { SEED } from '../../helpers/seed.ts';

const SCALE = Number(process.env['KNOX_FUZZ_SCALE'] ?? 1);
/** Of the processor, so that a busy machine is no fault. A case is small: what takes longer grows faster than its input. */
const SLOWEST_MS = 3000;
/** So long a failed case is made smaller. */
const SHRINK_MS = 60_000;
const HANGS_AFTER_MS = 120_000;

/** Stands where a secret value would; no name, date or number can hold it. */
export const MARKER = 'Zq7$mark/er+Value=8';
const MARKS = valueForms(Buffer.from(MARKER)).map(({ bytes }) => bytes);

export const HOW = `KNOX_TEST_SEED=${SEED}`;

let cases = 0;
const heartbeat = new Int32Array(new SharedArrayBuffer(4));
let watchdog: Worker | null = null;

/** Nothing in this thread can end a loop without an end. */
function watch(): Worker {
  const source = `
    const { workerData } = require('node:worker_threads');
    let last = -1;
    setInterval(() => {
      const now = Atomics.load(workerData.heartbeat, 0);
      if (now !== last) { last = now; return; }
      require('node:fs').writeSync(2, 'case ' + now + ' of this file hangs, KNOX_TEST_SEED=' + workerData.seed + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }, ${HANGS_AFTER_MS});`;
  const worker = new Worker(source, { eval: true, workerData: { heartbeat, seed: SEED } });
  worker.unref();
  return worker;
}

afterAll(async () => {
  await watchdog?.terminate();
  watchdog = null;
  process.stdout.write(`${cases} cases, ${HOW}\n`);
});

/**
 * Runs `work` on many inputs.
 * @param runs before they are scaled
 * @param slowest milliseconds of the processor that one may take
 * @returns how many there were
 */
export async function fuzz<T>(
  runs: number,
  inputs: fc.Arbitrary<T>,
  work: (input: T) => unknown,
  slowest = SLOWEST_MS,
): Promise<number> {
  watchdog ??= watch();
  let failedAt = Infinity;
  const property = fc.asyncProperty(inputs, async (input) => {
    if (performance.now() - failedAt > SHRINK_MS) return;
    cases += 1;
    Atomics.store(heartbeat, 0, cases);
    const before = process.cpuUsage();
    try {
      await work(input);
      const { user, system } = process.cpuUsage(before);
      const took = (user + system) / 1000;
      if (took > slowest) throw new Error(`it took ${Math.round(took)} ms`);
    } catch (error) {
      failedAt = Math.min(failedAt, performance.now());
      throw error;
    }
  });
  const numRuns = Math.ceil(runs * SCALE);
  await fc.assert(property, { numRuns, seed: SEED });
  return numRuns;
}

/** What came of it: a value, or the code of its refusal. */
export type Outcome<T> = { readonly value: T } | { readonly code: ErrorCode };

/**
 * @param codes that it may be refused with
 * @throws where it crashed, was refused otherwise, or said what it must not
 */
export async function outcomeOf<T>(codes: readonly ErrorCode[], work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!isKnoxError(error)) throw new Error(`a crash: ${String(error)}`, { cause: error });
    if (!codes.includes(error.code)) throw new Error(`refused with ${error.code}: ${error.message}`, { cause: error });
    expectClean(errorLines(error, false));
    expectNoMarker(errorLines(error, true));
    return { code: error.code };
  }
}

/** Text for a person: lines of what can be printed, without the marker. */
export function expectClean(text: string): void {
  const raw = text.split('\n').find((line) => !isPrintable(line.replaceAll('\t', '')));
  if (raw !== undefined) throw new Error(`a control character in ${JSON.stringify(raw)}`);
  expectNoMarker(text);
}

export function expectNoMarker(text: string): void {
  const bytes = Buffer.from(text);
  if (MARKS.some((mark) => bytes.includes(mark))) throw new Error(`the marker in ${JSON.stringify(text)}`);
}

export function expectSame(found: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(found, expected) !== 0) expect(Buffer.from(found)).toEqual(Buffer.from(expected));
}
