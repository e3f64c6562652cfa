/** How tests are written: none goes by the clock, and one helper starts the built program. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../helpers/built-program.ts';

/** What waits for a time, or takes one. A shell may pause in a loop that ends with a state, and sleep where it is a program that stays. */
const CLOCK = [
  /\b(?:setTimeout|setInterval|waitForTimeout)\b/,
  /\bperformance\.now\b|\bhrtime\b|\bDate\.now\(\) -/,
  /(?<!\bdo )\bsleep (?:\d{1,2}|\d*\.\d+)\b/,
  /\.poll\([^;]*\btimeout:/,
];

/** Files that may, and why. */
const MAY: Readonly<Record<string, string>> = {
  'test/helpers/pty.ts': 'the deadline of a program that hangs',
  'test/helpers/rekey-trial.ts': 'a process is killed at any moment, and what holds then holds at each',
  'test/long/fuzz/fuzz.ts': 'a case that has no end is ended',
  'test/cli/old-node.test.ts': 'a program that stays until a signal ends it',
  'test/pty/prompts-program.ts': 'it looks for a file again and again',
};

/** Files that need the program's file itself, and why; every other one starts it by `built-program.ts` or `built-terminal.ts`. */
const FILE_ITSELF: Readonly<Record<string, string>> = {
  'test/helpers/built-program.ts': 'starts it',
  'test/helpers/built-terminal.ts': 'starts it on a terminal',
  'test/unit/laziness.test.ts': 'starts Node with and without it',
  'test/unit/man.test.ts': 'needs that it was built',
  'test/cli/package.test.ts': 'needs that it was built',
  'test/cli/start.test.ts': 'starts it by a link, as npm does',
  'test/cli/readme.test.ts': 'has a shell that types a page start it',
  'test/cli/guides.test.ts': 'has a shell that types a page start it',
  'test/pty/recording.test.ts': 'has what records a session start it',
};

const OWN = 'test/unit/ways-of-tests.test.ts';
const texts = globSync('test/**/*.{ts,mjs,cjs}', { cwd: ROOT })
  .filter((file) => !file.startsWith('test/bench/') && file !== OWN)
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
const without = (allowed: Readonly<Record<string, string>>, found: readonly string[]) => ({
  more: found.filter((file) => !(file in allowed)),
  allowedForNothing: Object.keys(allowed).filter((file) => !found.includes(file)),
});
const goesByTheClock = (text: string) => CLOCK.some((pattern) => pattern.test(text));

test('the rule can tell', () => {
  for (const text of [
    'await setTimeout(5)',
    'sleep 0.2; echo',
    'a && sleep 5',
    'Date.now() - begun',
    'expect.poll(f, { timeout: 9 })',
  ])
    expect({ text, isOne: goesByTheClock(text) }).toEqual({ text, isOne: true });
  for (const text of [
    'until [ -e go ]; do sleep 0.05; done',
    'sleep 600 & echo $!',
    'sleep: async () => undefined',
    'expect.poll(f)',
  ])
    expect({ text, isOne: goesByTheClock(text) }).toEqual({ text, isOne: false });
});

test('no test waits for a time or takes one', () => {
  const found = texts.filter(({ text }) => goesByTheClock(text)).map(({ file }) => file);
  expect(without(MAY, found)).toEqual({ more: [], allowedForNothing: [] });
});

test('one helper starts the built program', () => {
  const found = texts.filter(({ text }) => /(?<!`)\bbuiltProgram\(\)/.test(text)).map(({ file }) => file);
  expect(without(FILE_ITSELF, found)).toEqual({ more: [], allowedForNothing: [] });
});
