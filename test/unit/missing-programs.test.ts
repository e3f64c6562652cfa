/** The line at the end of a run of the tests: what was skipped for want of a program, and how to get it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAMS } from '../../scripts/test-programs.js';
import { ROOT } from '../helpers/built-program.ts';
import { missingLine } from '../helpers/missing-programs.ts';

const SKIPPED = [
  'a page (needs chromium) > is light',
  'words (needs zsh)',
  'all are read (needs docker, chromium)',
  'not as root',
];

test('each program is named once, with how to get it', () => {
  expect(missingLine(SKIPPED, () => true)).toBe(
    'Skipped, for want of chromium, docker, zsh (npm run test:setup installs them; by hand, where wanted: docker)',
  );
  expect(missingLine(SKIPPED, (name) => name === 'zsh')).toBe(
    'Skipped, for want of zsh (npm run test:setup installs them)',
  );
  expect(missingLine(SKIPPED, (name) => name === 'docker')).toBe(
    'Skipped, for want of docker (by hand, where wanted: docker)',
  );
});

test('nothing is said where nothing is missing, or a test was skipped for another reason', () => {
  expect(missingLine(SKIPPED, () => false)).toBe(null);
  expect(missingLine(['not as root (needs a file system of its own)'], () => true)).toBe(null);
});

test('no check installs anything', () => {
  for (const { check } of Object.values(PROGRAMS)) expect(check).not.toMatch(/apt|install|npm/);
});

/** Programs that a machine may lack, by what starts them; those in the table, and their like. */
const STARTED = new RegExp(
  `\\b(?:spawn|exec|startPty)\\w*\\(\\s*'(?:${[...Object.keys(PROGRAMS), 'javac', 'ps', 'php', 'ruby', 'psql', 'initdb', 'jq', 'curl', 'xmllint', 'faketime', 'perl'].join('|')})'`,
);
const isGuarded = (text: string): boolean => /\b(?:testNeeding|describeNeeding|isHere)\(|HAS_KERNEL_KEYRING/.test(text);

test('a test that starts a program which may be missing is one that may be skipped', () => {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
  const started = files.filter((name) => STARTED.test(readFileSync(join(ROOT, 'test', name), 'utf8')));
  expect(started.length).toBeGreaterThan(3);
  expect(started.filter((name) => !isGuarded(readFileSync(join(ROOT, 'test', name), 'utf8')))).toEqual([]);
  expect("execFileSync('python3', ['-c'])").toMatch(STARTED);
});
