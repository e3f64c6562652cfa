/** The line at the end of a run of the tests: what was skipped for want of a program, and how to get it. */
import { expect, test } from 'vitest';
import { PROGRAMS } from '../../scripts/test-programs.js';
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
