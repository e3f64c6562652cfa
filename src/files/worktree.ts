/** Which checkout of git a folder is in, by git's own files (gitrepository-layout(5)): no git is started for it. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export interface Worktree {
  /** Its topmost folder. */
  readonly top: string;
  /** That of the main checkout. */
  readonly main: string;
}

/** Null in the main checkout, in a submodule, and where there is no git. @param cwd absolute */
export function worktreeOf(cwd: string): Worktree | null {
  for (let top = cwd; ; top = dirname(top)) {
    const git = join(top, '.git');
    const found = statSync(git, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return null;
    if (found?.isFile() === true) return linked(top, git);
    if (dirname(top) === top) return null;
  }
}

function linked(top: string, git: string): Worktree | null {
  try {
    const [, to] = /^gitdir: (.+?)\r?\n?$/.exec(readFileSync(git, 'utf8')) ?? [];
    if (to === undefined) return null;
    const folder = resolve(top, to);
    // A submodule has no such file. What git's folder says of the worktree must be this one: else anybody's file named `.git` would do.
    const common = resolve(folder, readFileSync(join(folder, 'commondir'), 'utf8').trim());
    const back = resolve(folder, readFileSync(join(folder, 'gitdir'), 'utf8').trim());
    if (realpathSync(back) !== realpathSync(git)) return null;
    // And that folder must lie in the repository itself: a file that came with somebody's archive would name anybody's.
    if (dirname(realpathSync(folder)) !== join(realpathSync(common), 'worktrees')) return null;
    // A bare repository has no main checkout.
    return basename(common) === '.git' ? { top, main: dirname(common) } : null;
  } catch {
    return null;
  }
}
