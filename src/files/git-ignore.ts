/**
 * Has git leave out what knox makes inside a repository. Into `.gitignore`, where the whole team has it; where that is a link, a folder or
 * can't be written, into the repository's own `info/exclude`. Git is asked whether it worked. Nothing here throws: what was made stays made.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { GIT_OPTIONS, GIT_VARIABLES } from './git-settings.ts';
import { placeInside } from './root-file.ts';

export interface Ignored {
  /** As it stands in the file. */
  readonly pattern: string;
  /** The file that it was added to; null where git does not ignore it. */
  readonly file: string | null;
  /** Why it could not go into the file where it belongs, in words; null where it did. */
  readonly reason: string | null;
}

type Git = (...argv: string[]) => string | null;

/**
 * @param path absolute; it exists. @param home the folder whose `.gitignore` is meant, where that lies above it
 * @returns null where there is nothing to do: no repository, or ignored already
 */
export function ignoreInGit(path: string, home: string, environment: Readonly<Record<string, string>>): Ignored | null {
  const folder = realOf(dirname(path));
  const git = gitIn(folder, environment);
  const real = join(folder, basename(path));
  const top = git('rev-parse', '--show-toplevel')?.replace(/\r?\n$/, '') ?? topOf(folder);
  if (top === null) return null;
  const isIgnored = (): boolean => git('check-ignore', '-q', '--', real) !== null;
  if (isIgnored()) return null;
  // Without a git to ask, what was written is believed.
  const isAsked = git('rev-parse', '--git-dir') !== null;
  const slash = kindOf(real) === 'folder' ? '/' : '';
  const base = isBelow(real, realOf(home)) ? realOf(home) : top;
  const list = join(base, '.gitignore');
  const isVault = basename(real) === '.knox';
  // Wherever below a vault is made later, it is left out too.
  const pattern = isVault ? `.knox${slash}` : patternOf(base, real) + slash;
  // The same name without a slash: in another checkout it may be a link to this folder.
  const failed = append(list, isVault && slash !== '' ? [pattern, '.knox'] : [pattern]);
  if (failed === null && (!isAsked || isIgnored())) return { pattern, file: list, reason: null };
  const reason = failed ?? `${list} does not make git ignore it`;
  const exclude = excludeOf(git, folder);
  const line = patternOf(top, real);
  if (exclude === null || append(exclude, [line]) !== null || (isAsked && !isIgnored()))
    return { pattern, file: null, reason };
  return { pattern: line, file: exclude, reason };
}

/** A path as a line of a `.gitignore` in `base`: what is not a letter there has a meaning. */
export function patternOf(base: string, path: string): string {
  const below = relative(base, path).split(sep).join('/');
  return `/${below.replaceAll(/[\\*?[\]]/g, String.raw`\$&`).replace(/ $/, String.raw`\ `)}`;
}

/** Its output, or null where git says no or is not there. */
function gitIn(folder: string, environment: Readonly<Record<string, string>>): Git {
  // What a hook says of its own repository does not hold here.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...env } = environment;
  return (...argv) => {
    const ran = spawnSync('git', ['-C', folder, ...GIT_OPTIONS, ...argv], {
      env: { ...env, ...GIT_VARIABLES },
      encoding: 'utf8',
    });
    return ran.status === 0 ? ran.stdout : null;
  };
}

/** The nearest folder that holds a `.git`. */
function topOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (kindOf(join(at, '.git')) !== null) return at;
    if (dirname(at) === at) return null;
  }
}

function excludeOf(git: Git, folder: string): string | null {
  const asked = git('rev-parse', '--git-path', 'info/exclude', '--git-common-dir')?.split(/\r?\n/);
  if (asked === undefined) return null;
  const [path, common] = asked.map((line) => resolve(folder, line)) as [string, string];
  try {
    return placeInside(common, path);
  } catch {
    // A link that leads out of the repository's own folder.
    return null;
  }
}

/** Adds lines. @returns why it could not, or null */
function append(file: string, lines: readonly string[]): string | null {
  // Git follows no link here, and neither does knox.
  const kind = kindOf(file);
  if (kind !== null && kind !== 'file') return `${basename(file)} is a ${kind}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const text = kind === null ? '' : readFileSync(file, 'utf8');
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const opened = openSync(file, flags, 0o666);
    try {
      const { size } = fstatSync(opened);
      const bytes = Buffer.from(`${text === '' || text.endsWith('\n') ? '' : '\n'}${lines.join('\n')}\n`);
      let written = 0;
      try {
        written = writeSync(opened, bytes);
      } finally {
        if (written < bytes.length) ftruncateSync(opened, size);
      }
      return written < bytes.length ? 'the disk is full' : null;
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    return `${basename(file)} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
  }
}

function kindOf(path: string): 'file' | 'folder' | 'link' | 'special file' | null {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return null;
    if (found.isSymbolicLink()) return 'link';
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'special file';
  } catch {
    return null;
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
