/** What a command makes inside a repository, and the folder that a new vault lies in. */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Context } from '../../context.ts';
import { printable } from '../../domain/printable.ts';
import { systemError } from '../../errors.ts';
import { ignoreInGit } from '../../files/git-ignore.ts';

/** With mode 0700. @throws io */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw systemError(`cannot create the folder ${folder}`, error);
  }
}

/** A vault does not belong into a repository. Says what it did. */
export function leaveVaultOut(context: Context): void {
  leaveOut(context, join(context.io.cwd, '.knox'), 'the vault');
}

/** A key file does so still less. @param file absolute */
export function leaveKeyOut(context: Context, file: string): void {
  leaveOut(context, file, 'the key file');
}

function leaveOut(context: Context, path: string, what: string): void {
  const { cwd } = context.io;
  const ignored = ignoreInGit(path, cwd, context.childEnvironment());
  if (ignored === null) return;
  const { pattern, file, reason } = ignored;
  if (file === null) {
    const shown = printable(relative(cwd, path));
    context.warn('not_ignored', `git does not ignore ${what} (${shown}): ${printable(reason ?? '')}. Do not commit it`);
    return;
  }
  const because = reason === null ? '' : `, since ${printable(reason)}`;
  context.say(`Added ${printable(pattern)} to ${printable(relative(cwd, file))}${because}.`);
}
