/** What is searched for, by both sides: a vault of many values, and the same patterns as a file for ripgrep (Debian: ripgrep). */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { patternsOf } from '../../src/scan/patterns.ts';
import { knox, makeVault, runOnce } from './project.ts';

/** The first line of its `--version`, or null where there is none. */
export function ripgrepVersion(): string | null {
  const { error, stdout } = spawnSync('rg', ['--version'], { encoding: 'utf8' });
  return error === undefined ? stdout.split('\n')[0]! : null;
}

/** The same for each index: 40 characters, as keys are written. */
function valueOf(index: number): string {
  return createHash('sha512').update(`value ${index}`).digest('base64').replace(/[+/=]/g, '').slice(0, 40);
}

/**
 * A vault in `folder` with the key file `key` and that many values, and `patterns`: all their forms but UTF-16, which holds zero bytes
 * and would need another run of ripgrep.
 * @returns one of the values
 */
export function makeSoughtVault(folder: string, count: number): string {
  makeVault(folder, 0);
  const values = Array.from({ length: count }, (_, index) => valueOf(index));
  writeFileSync(join(folder, 'all.env'), values.map((value, index) => `KEY_${index}=${value}\n`).join(''));
  runOnce(knox(folder, 'import', 'all.env', '-e', 'development', '--key-file', 'key'));
  const { patterns } = patternsOf(values.map((value) => Buffer.from(value)));
  const lines = patterns.map(({ bytes }) => bytes.toString('latin1')).filter((line) => !line.includes('\0'));
  writeFileSync(join(folder, 'patterns'), `${lines.join('\n')}\n`);
  return values[0]!;
}

/** Text as programs and their lock files are made of it, the same for each number. */
export function madeUpText(number: number, size: number): Buffer {
  const hash = createHash('sha512').update(`text ${number}`).digest();
  const lines: string[] = [];
  for (let length = 0, index = 0; length < size; index += 1) {
    const from = hash[index % 64]!;
    const line =
      index % 16 === 0
        ? `      "integrity": "sha512-${createHash('sha512').update(hash).update(String(index)).digest('base64')}",\n`
        : `  const ${WORDS[from % 16]!}${from} = await ${WORDS[index % 16]!}(${WORDS[(from >> 4) % 16]!}, ${index});\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, size);
}

const WORDS =
  'context request response settings folder count message render encode stream parse entry value index options result'.split(
    ' ',
  );
