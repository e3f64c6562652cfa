/** The known answers that the tests of every construction go by are those that the second implementation makes. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { testNeeding } from '../helpers/needing.ts';
import { runProgram } from './second-program.ts';

const FIXTURE = new URL('../fixtures/crypto-known-answers.json', import.meta.url);

testNeeding(['python3-nacl', 'python3-argon2'], 'known answers are made again', () => {
  expect(runProgram('known-answers.py')).toBe(readFileSync(FIXTURE, 'utf8'));
});
