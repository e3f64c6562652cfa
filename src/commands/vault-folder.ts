/** The folder that a new vault lies in: private, and left out of git. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { systemError } from '../errors.ts';

/** With mode 0700. @throws io */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw systemError(`can not make the folder ${folder}`, error);
  }
}

/** A vault does not belong into a repository: `.knox/` goes into the ignore list of the one it lies in. */
export function ignoreInGit(context: Context): void {
  const { cwd } = context.io;
  if (!isInRepository(cwd)) return;
  const file = join(cwd, '.gitignore');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (text.split(/\r?\n/).some((line) => /^\/?\.knox\/?$/.test(line.trim()))) return;
  appendFileSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}.knox/\n`);
  context.say('Added .knox/ to .gitignore.');
}

function isInRepository(folder: string): boolean {
  if (statSync(join(folder, '.git'), { throwIfNoEntry: false }) !== undefined) return true;
  return dirname(folder) !== folder && isInRepository(dirname(folder));
}
