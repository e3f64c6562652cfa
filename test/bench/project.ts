/** Makes the vaults that are measured, with the built program, as a user would. Everything comes from one seed. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from './measure.ts';

const SEED = 20_251_125;
export const ROOT = resolve(import.meta.dirname, '../..');
const KNOX = resolve(ROOT, 'bin/knox.js');
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The same numbers in each run, from 0 to 1 (mulberry32). They are no secrets, and must not become any. */
function numbers(): () => number {
  let state = SEED;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function environmentOf(folder: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, NO_COLOR: '1' };
}

/** Bare Node: the floor that no Node program can go under. */
export function bareNode(folder: string): Command {
  return { argv: [process.execPath, '-e', '0'], cwd: folder, env: environmentOf(folder) };
}

export function knox(folder: string, ...argv: string[]): Command {
  return { argv: [process.execPath, KNOX, ...argv], cwd: folder, env: environmentOf(folder) };
}

/** A small program of its own, by the same Node. */
export function script(folder: string, file: string, text: string): Command {
  writeFileSync(join(folder, file), text);
  return { argv: [process.execPath, file], cwd: folder, env: environmentOf(folder) };
}

/** A line for the shell, in which `knox` is the built program. */
export function shell(folder: string, line: string): Command {
  const command = `knox() { "${process.execPath}" "${KNOX}" "$@"; }; ${line}`;
  return { argv: ['sh', '-c', command], cwd: folder, env: environmentOf(folder) };
}

/** Runs it once and gives its standard output. @throws where it does not exit with 0 */
export function runOnce({ argv, cwd, env }: Command, input = ''): string {
  const child = spawnSync(argv[0]!, argv.slice(1), { cwd, env, input, encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${argv.join(' ')} ended with ${child.status}: ${child.stderr}`);
  return child.stdout;
}

/**
 * A vault in `folder` with the key file `key` and `count` secrets that have a value for development.
 * @returns name to value
 */
export function makeVault(folder: string, count: number): Map<string, string> {
  runOnce(knox(folder, 'init', '--env', 'development,staging,production', '--key-file', 'key'));
  const next = numbers();
  const secrets = new Map<string, string>();
  for (let index = 0; index < count; index += 1) {
    const name = `service_${String(index).padStart(2, '0')}_api_key`;
    const value = Array.from({ length: 40 }, () => LETTERS[Math.floor(next() * LETTERS.length)]).join('');
    runOnce(knox(folder, 'add', name, '-e', 'development', '--key-file', 'key'), `${value}\n`);
    secrets.set(name, value);
  }
  return secrets;
}
