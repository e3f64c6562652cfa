/**
 * Puts the search before each commit. A hook that is there stays: it is kept beside under another name and runs first; it is never
 * overwritten, and at no moment is there none.
 */
import { chmodSync, linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { printable } from '../domain/printable.ts';
import { errors, systemError } from '../errors.ts';
import { placeInside } from '../files/root-file.ts';
import { refusalOf } from './git.ts';
import type { Git } from './git.ts';

const KEPT = 'pre-commit.before-knox';
const MARK = 'made by knox scan --install-hook';

const HOOK = `#!/bin/sh
# ${MARK}: searches what is staged for values of the vault.
# The hook that was here before, where there was one, is ${KEPT} and runs first.
before=$(dirname -- "$0")/${KEPT}
if [ -x "$before" ]; then
  "$before" "$@" || exit $?
fi
if command -v knox >/dev/null 2>&1; then
  knox scan --staged
elif [ -x node_modules/.bin/knox ]; then
  node_modules/.bin/knox scan --staged
else
  echo 'pre-commit: knox is not on PATH: staged changes were not searched for secrets.' >&2
  (exit 1)
fi
status=$?
[ "$status" -eq 0 ] && exit 0
if [ "$status" -eq 3 ]; then
  echo 'pre-commit: staged changes contain a secret of the vault; nothing was committed.' >&2
else
  echo "pre-commit: knox could not search the staged changes (exit $status); nothing was committed." >&2
fi
echo 'pre-commit: to commit anyway: git commit --no-verify' >&2
exit 1
`;

export interface InstalledHook {
  /** Absolute. */
  readonly hook: string;
  readonly did: 'made' | 'chained' | 'unchanged';
  /** Where the former hook is now. */
  readonly kept: string | null;
}

/** @throws incomplete, usage, file_exists, io */
export async function installHook(git: Git, cwd: string): Promise<InstalledHook> {
  const folder = await hooksFolder(git, cwd);
  const hook = join(folder, 'pre-commit');
  const kept = join(folder, KEPT);
  try {
    mkdirSync(folder, { recursive: true });
    const former = textOf(hook);
    if (former?.includes(MARK) === true || /^[^#\n]*\bknox scan\b[^\n]*--staged/m.test(former ?? ''))
      return { hook, did: 'unchanged', kept: isThere(kept) ? kept : null };
    if (former !== null) keep(hook, kept);
    const fresh = `${hook}.knox-new`;
    try {
      rmSync(fresh, { force: true });
      writeFileSync(fresh, HOOK, { flag: 'wx', mode: 0o755 });
      // Whatever the umask leaves of it, git runs only what can be executed.
      chmodSync(fresh, 0o755);
      if (former === null) linkSync(fresh, hook);
      else renameSync(fresh, hook);
    } finally {
      rmSync(fresh, { force: true });
    }
    return { hook, did: former === null ? 'made' : 'chained', kept: former === null ? null : kept };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined || !('syscall' in (error as object))) throw error;
    throw systemError(`cannot write the hook ${printable(hook)}`, error);
  }
}

/** @throws file_exists */
function keep(hook: string, kept: string): void {
  if (isThere(kept)) {
    throw errors.file_exists(
      `${printable(kept)} already exists, and ${printable(hook)} is another hook`,
      `merge the two, or add this line to it: knox scan --staged`,
    );
  }
  linkSync(hook, kept);
}

async function hooksFolder(git: Git, cwd: string): Promise<string> {
  const asked = await git.ask(['rev-parse', '--is-bare-repository', '--git-common-dir', '--git-path', 'hooks']);
  if (asked.status !== 0) {
    const { reason, cure } = refusalOf(asked);
    throw errors.incomplete(`no hook was installed: ${reason}`, ...(cure === null ? [] : [cure]));
  }
  const [isBare, common, hooks] = asked.text.replace(/\n$/, '').split('\n') as [string, string, string];
  if (isBare === 'true') throw errors.usage('this is a bare repository: no hook was installed');
  const top = (await git.ask(['rev-parse', '--show-toplevel'])).text.replace(/\n$/, '');
  const folder = resolve(cwd, hooks);
  if (![resolve(cwd, common), top].some((inside) => !relative(inside, folder).startsWith('..'))) {
    throw errors.usage(
      `core.hooksPath is ${printable(folder)}, which other repositories use too: no hook was installed`,
      'to run it there, add this line to its pre-commit: knox scan --staged',
    );
  }
  if (![resolve(cwd, common), top].some((inside) => staysInside(inside, folder))) {
    throw errors.usage(
      `${printable(folder)} is a link that leads out of the repository: no hook was installed`,
      'to run it there, add this line to its pre-commit: knox scan --staged',
    );
  }
  if (basename(folder) === '_' && basename(dirname(folder)) === '.husky') {
    throw errors.usage(
      'husky manages the hooks of this repository and would remove this one',
      `add this line to ${printable(join(dirname(folder), 'pre-commit'))}: knox scan --staged`,
    );
  }
  return folder;
}

function staysInside(folder: string, path: string): boolean {
  try {
    placeInside(folder, path);
    return true;
  } catch {
    return false;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Null where there is none. */
function textOf(path: string): string | null {
  if (!isThere(path)) return null;
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // A link to nowhere, or not to be read: kept as it is.
    return '';
  }
}
