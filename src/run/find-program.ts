/** Whether a command can be started, told as a shell tells it: 127 for one that is not there, 126 for one that is not a program. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import type { KnoxError } from '../errors.ts';

/** @returns null where it can */
export function startable(
  command: string,
  env: Readonly<Record<string, string>>,
  cwd: string,
): { readonly error: KnoxError; readonly exit: 126 | 127 } | null {
  const folders = command.includes('/') ? [null] : (env['PATH'] ?? '').split(delimiter);
  let isThere = false;
  for (const folder of folders) {
    const found = look(
      folder === null ? resolve(cwd, command) : join(resolve(cwd, folder === '' ? '.' : folder), command),
    );
    if (found === 'program') return null;
    if (found === 'file') isThere = true;
  }
  const name = printable(command);
  if (isThere)
    return { exit: 126, error: errors.io(`${name} cannot be executed`, `is it a program? chmod +x ${name}`) };
  return { exit: 127, error: errors.io(`command not found: ${name}`, 'is it installed, and on the PATH?') };
}

function look(path: string): 'program' | 'file' | 'nothing' {
  try {
    if (statSync(path).isDirectory()) return path.endsWith('/') ? 'nothing' : 'file';
    accessSync(path, constants.X_OK);
    return 'program';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'file' : 'nothing';
  }
}
