import { resolve } from 'node:path';
import { inject } from 'vitest';

/** The checkout's folder. */
export const ROOT = resolve(import.meta.dirname, '../..');

/**
 * The file to run as `process.execPath FILE ARGUMENTS`: knox as a user has it, built from the present source.
 * @throws where it could not be built
 */
export function builtProgram(): string {
  const failure = inject('buildFailure');
  if (failure !== '') throw new Error(`the program could not be built: ${failure}`);
  return resolve(ROOT, 'bin/knox.js');
}

/** For the environment of a program that a test starts many times: what Node compiled of it before, in this run of the tests. */
export const COMPILED: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
};
