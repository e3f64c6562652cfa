/** Files as a code host wants them named: from the repository's root, wherever knox was run. */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Context } from '../../context.ts';
import { Git } from '../../scan/git.ts';

export interface RepositoryPaths {
  /** Absolute, what the files are relative to. */
  readonly root: string;
  /** A path that is relative to the folder, from the root; one that lies outside of the repository stays. */
  readonly fromRoot: (file: string) => string;
}

/** @param folder where there is no repository it stands for its root */
export async function repositoryPaths(context: Context, folder: string): Promise<RepositoryPaths> {
  const asked = await new Git(folder, context.childEnvironment()).ask(['rev-parse', '--show-toplevel']);
  const root = asked.status === 0 ? asked.text.replace(/\n$/, '') : folder;
  const real = realpathSync(folder);
  const fromRoot = (file: string): string => {
    const path = relative(root, resolve(real, file));
    return path.startsWith('..') || isAbsolute(path) ? file : path.replaceAll(sep, '/');
  };
  return asked.status === 0 ? { root, fromRoot } : { root, fromRoot: (file) => file };
}
