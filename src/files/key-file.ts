/** Keys from where they are kept: a file, or a program that prints one. */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { KEY_LIMIT } from '../domain/limits.ts';
import { isKeyText, isMisplacedText } from '../domain/misplaced-text.ts';
import { printable } from '../domain/printable.ts';
import { errors, isKnoxError, systemError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { readUpTo } from './read-input.ts';

/** A file, or a pipe, which is read once. @throws wrong_key where it can't be read */
export function readKeyText(path: string, cwd: string, warn: (message: string) => void): string {
  requireName(path);
  const shown = printable(path);
  let text: Buffer | null;
  try {
    const stat = statSync(resolve(cwd, path));
    if (stat.isDirectory()) throw errors.wrong_key(`${shown} is a folder, not a key file`);
    if (stat.isFile() && (stat.mode & 0o077) !== 0) warn(`others can read the key file ${shown}: chmod 600 ${shown}`);
    text = readUpTo(path, cwd, KEY_LIMIT);
  } catch (error) {
    if (isKnoxError(error)) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw errors.wrong_key(
      `the key file ${shown} ${isMissing ? 'does not exist' : 'cannot be read'}`,
      'give the right file: --key-file FILE',
    );
  }
  if (text === null) throw errors.wrong_key(`${shown} is not a key file: it is longer than ${KEY_LIMIT.text}`);
  return text.toString('utf8');
}

/** @throws wrong_key for what is the text of a key, and no name */
function requireName(path: string): void {
  if (isMisplacedText(path))
    throw errors.wrong_key('expected the name of a key file, not a key', 'to pass the key itself: KNOX_KEY');
}

/** Writes a new key file with mode 0600; never over one that is there. @throws file_exists, io */
export function writeNewKeyFile(file: string, text: string): void {
  requireName(file);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw errors.file_exists(`the key file ${file} already exists`, 'give the name of a new file');
    throw notWritten(file, error);
  }
  try {
    writeFileSync(descriptor, text);
    // On the disk before there is anything that only this key opens.
    fsyncSync(descriptor);
  } catch (error) {
    unlinkSync(file);
    throw notWritten(file, error);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs `command` by `sh -c` and takes the lines of a key from what it prints. Its own end counts, not that of what it left running. @throws wrong_key */
export async function runForKey(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  if (isKeyText(command))
    throw errors.wrong_key('KNOX_KEY_COMMAND expects a command, not a key', 'to pass the key itself: KNOX_KEY');
  const { spawn } = await import('node:child_process');
  return new Promise((_resolve, _reject) => {
    const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const parts: Buffer[] = [];
    let length = 0;
    child.stdout.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length <= KEY_LIMIT.bytes) return;
      child.stdout.destroy();
      child.kill();
      _reject(errors.wrong_key(`KNOX_KEY_COMMAND prints more than ${KEY_LIMIT.text}`, 'it must print the key alone'));
    });
    child.on('error', () => _reject(errors.wrong_key('KNOX_KEY_COMMAND could not be started')));
    child.on('exit', (code) => {
      if (code !== 0) {
        child.stdout.destroy();
        _reject(
          errors.wrong_key(
            `KNOX_KEY_COMMAND failed (${code === null ? 'killed by a signal' : `exit ${code}`})`,
            'run the command by itself',
          ),
        );
        return;
      }
      const finish = async (): Promise<void> => {
        await drained(() => length);
        // Another process may still hold the pipe.
        child.stdout.destroy();
        _resolve(linesOfKey(Buffer.concat(parts).toString('utf8')));
      };
      void finish();
    });
  });
}

/** What was printed before the end is in the pipe by now: it is all there once a few turns of the loop brought nothing more. */
async function drained(length: () => number): Promise<void> {
  for (let quiet = 0, before = length(); quiet < 3; before = length()) {
    await new Promise((_resolve) => setImmediate(_resolve));
    quiet = length() === before ? quiet + 1 : 0;
  }
}

/** A password manager prints a title or a note beside the key. */
function linesOfKey(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .filter((line) => /^\s*\uFEFF?knox_/.test(line))
    .join('\n');
}

/** Puts the vault's identity under a key that has none yet, so that a vault in its place is noticed. @throws io */
export function appendIdentity(file: string, text: string, identity: string): void {
  // A pipe has no end to write to.
  if (!statSync(file).isFile()) return;
  const gap = text === '' || /[\r\n]$/.test(text) ? '' : '\n';
  try {
    appendFileSync(file, `${gap}${identity}\n`);
  } catch (error) {
    // Half of a line would make the key unreadable.
    if (readFileSync(file).length > Buffer.byteLength(text)) truncateSync(file, Buffer.byteLength(text));
    throw notWritten(file, error);
  }
}

function notWritten(file: string, error: unknown): KnoxError {
  return systemError(`cannot write the key file ${file}`, error);
}
