/** `knox scan`: the vault's own values where they should not be. Nothing of a value is shown, and looking is not an use of it. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { FormIndex } from '../../domain/mask.ts';
import { printable } from '../../domain/printable.ts';
import { tellingParts } from '../../domain/value-parts.ts';
import { cannotCombine, errors } from '../../errors.ts';
import type { View as Shown } from '../../output/view.ts';
import { Git } from '../../scan/git.ts';
import type { Environment } from '../../scan/git.ts';
import { searchHistory } from '../../scan/history.ts';
import { KeySearch } from '../../scan/key-search.ts';
import { installHook } from '../../scan/install-hook.ts';
import { Leaks } from '../../scan/leaks.ts';
import { Scanner } from '../../scan/scanner.ts';
import { searchFile } from '../../scan/search-file.ts';
import type { FileSearch } from '../../scan/search-file.ts';
import { searchStaged } from '../../scan/staged.ts';
import { filesUnder } from '../../scan/tree.ts';
import type { TreeOptions } from '../../scan/tree.ts';
import { soughtValues } from '../../scan/values.ts';
import type { Sought } from '../../scan/values.ts';
import { systemWord } from '../../scan/system-word.ts';
import { scanView } from './scan-views.ts';
import type { Scan } from './declared.ts';

export const scan: Run<Scan> = async (context, { paths: args, history: hasHistory, staged: isStaged, ...given }) => {
  if (given.installHook) return hookView(context, args.length > 0 || isStaged || hasHistory);
  const { format } = given;
  if (format !== null && context.isJson) throw cannotCombine('--format', '--json');
  const { root } = await context.place();
  const vault = await context.vault('key');
  vault.requireKeys();
  return context.longWork('the search was not finished', async (step) => {
    const sought = await vault.read((view) => soughtValues(view, step));
    tellLeftOut(context, sought);
    // A scan of a big tree takes a while, in which others may need the vault.
    await context.closeVault();
    const keys = new KeySearch(vault.manifest, sought.owners.length);
    const scanner = new Scanner(sought.patterns, keys);
    const { keyFile } = context;
    const isTree = !isStaged && keyFile !== null;
    const leaks = new Leaks([...sought.owners, ...keys.owners], {
      ownKey: isTree ? relative(context.io.cwd, resolve(context.io.cwd, keyFile)) : null,
      warn: (code, message) => context.warn(code, message),
      hide: (text) => (scanner.isIn(Buffer.from(text)) ? hidden(text, sought.secrets) : text),
    });
    const work = { scanner, leaks, step: () => step(`Searching: ${leaks.searched} files`) };
    const env = context.childEnvironment();
    if (isStaged) await searchStaged(args, { ...work, git: new Git(context.io.cwd, env, true) });
    else await searchPaths(context, args, work, { env, vaultFolder: realFolder(`${root}/.knox`), hasHistory });
    if (hasHistory) await searchHistories(context, args, work, env);
    return scanView(context, { leaks, sought, format, isStaged, root: context.io.cwd });
  });
};

/** A file may be named after a value. */
function hidden(text: string, secrets: Sought['secrets']): string {
  return new FormIndex(secrets, tellingParts).mask(Buffer.from(text)).toString();
}

function realFolder(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

async function searchPaths(
  context: Context,
  args: readonly string[],
  work: FileSearch,
  options: Pick<TreeOptions, 'env' | 'vaultFolder' | 'hasHistory'>,
): Promise<void> {
  const { cwd } = context.io;
  for (const given of args.length === 0 ? ['.'] : args) {
    let real: string;
    try {
      // A link that is named is meant; inside, none is followed.
      real = realpathSync(resolve(cwd, given));
    } catch (error) {
      work.leaks.unread(`cannot read ${printable(given)}: ${systemWord(error)}`);
      continue;
    }
    const start = resolve(cwd, given);
    const shown = (path: Buffer): string => {
      const below = relative(real, path.toString());
      return relative(cwd, resolve(start, below)) || '.';
    };
    const tree = { ...options, leaks: work.leaks, shown };
    if (await searchFile(Buffer.from(real), shown(Buffer.from(real)), true, work)) {
      await searchTree(Buffer.from(real), tree, work);
    }
  }
}

async function searchTree(folder: Buffer, tree: TreeOptions, work: FileSearch, isInside = false): Promise<void> {
  for await (const path of filesUnder(folder, tree, isInside)) {
    await work.step();
    // A repository inside: its own list.
    if (await searchFile(path, tree.shown(path), false, work)) await searchTree(withoutSlash(path), tree, work, true);
  }
}

/** Of the repositories that the paths are in, each once. */
async function searchHistories(
  { io: { cwd } }: Context,
  args: readonly string[],
  work: FileSearch,
  env: Environment,
): Promise<void> {
  const seen = new Set<string>();
  for (const given of args.length === 0 ? ['.'] : args) {
    const path = resolve(cwd, given);
    // What is not there was told by the search of the files.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    const folder = found.isDirectory() ? path : dirname(path);
    const git = new Git(folder, env);
    const repository = resolve(folder, (await git.ask(['rev-parse', '--git-common-dir'])).text.trim());
    if (seen.has(repository)) continue;
    seen.add(repository);
    await searchHistory({ ...work, git });
  }
}

/** Git writes a folder with a slash at its end. */
function withoutSlash(path: Buffer): Buffer {
  return path.at(-1) === 0x2f ? path.subarray(0, -1) : path;
}

function tellLeftOut(context: Context, { tooShort, notGiven, patterns }: Sought): void {
  const names = (list: readonly string[]): string => [...new Set(list)].toSorted().map(printable).join(', ');
  if (notGiven.length > 0)
    context.say(`note: not searched for, as this key does not open them: the values of ${names(notGiven)}`);
  if (tooShort.length > 0) context.say(`note: too short to search for: ${names(tooShort.map(({ secret }) => secret))}`);
  if (patterns.length === 0) context.say('note: this vault has no value to search for');
}

async function hookView(context: Context, hasOther: boolean): Promise<Shown> {
  if (hasOther) throw errors.usage('--install-hook cannot be used with other options', 'knox scan --install-hook');
  // Without a vault the hook would stop each commit.
  await context.place();
  const { cwd } = context.io;
  const { hook, did, kept } = await installHook(new Git(cwd, context.childEnvironment(), true), cwd);
  const shown = printable(relative(cwd, hook));
  const text = {
    made: `Installed ${shown}: git searches staged changes before each commit.`,
    chained: `Installed ${shown}: git searches staged changes before each commit. The hook that was there runs first; it is now ${printable(relative(cwd, dirname(hook)))}/pre-commit.before-knox`,
    unchanged: `${shown} already searches staged changes; nothing was changed.`,
  }[did];
  return { json: { hook, did, kept }, text };
}
