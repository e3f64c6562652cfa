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
import { errors, systemError } from '../errors.ts';

const MOST_BYTES = 65_536;

/** @throws wrong_key where the file can't be read */
export function readKeyText(path: string, cwd: string, warn: (message: string) => void): string {
  const file = resolve(cwd, path);
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > MOST_BYTES) throw errors.wrong_key(`${path} is no key file`);
    if ((stat.mode & 0o077) !== 0) warn(`the key file ${path} can be read by others: chmod 600 ${path}`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'wrong_key') throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw errors.wrong_key(
      `the key file ${path} ${isMissing ? 'does not exist' : 'can not be read'}`,
      'name the right file with --key-file FILE',
    );
  }
}

/** Writes a new key file with mode 0600; never over one that is there. @throws file_exists, io */
export function writeNewKeyFile(file: string, text: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw errors.file_exists(`the key file ${file} exists already, and is never overwritten`, 'name another');
    throw systemError(`can not write the key file ${file}`, error);
  }
  try {
    writeFileSync(descriptor, text);
    // On the disk before there is anything that only this key opens.
    fsyncSync(descriptor);
  } catch (error) {
    unlinkSync(file);
    throw systemError(`can not write the key file ${file}`, error);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs `command` by `sh -c` and takes what it prints. @throws wrong_key */
export async function runForKey(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  const { spawn } = await import('node:child_process');
  return new Promise((_resolve, _reject) => {
    const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('error', () => _reject(errors.wrong_key('KNOX_KEY_COMMAND could not be started')));
    child.on('close', (code) => {
      if (code === 0) _resolve(Buffer.concat(parts).toString('utf8'));
      else
        _reject(
          errors.wrong_key(`KNOX_KEY_COMMAND failed (exit ${code ?? 'by a signal'})`, 'try the command by itself'),
        );
    });
  });
}

/** Puts the vault's identity under a key that has none yet, so that a vault in its place is noticed. @throws io */
export function appendIdentity(file: string, text: string, identity: string): void {
  const gap = text === '' || /[\r\n]$/.test(text) ? '' : '\n';
  try {
    appendFileSync(file, `${gap}${identity}\n`);
  } catch (error) {
    // Half of a line would make the key unreadable.
    if (readFileSync(file).length > Buffer.byteLength(text)) truncateSync(file, Buffer.byteLength(text));
    throw systemError(`can not write the key file ${file}`, error);
  }
}
