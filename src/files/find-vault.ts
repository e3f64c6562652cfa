/** Where a vault lies: a file that is named, or the nearest `.knox` from the working directory upwards. */
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isMisplacedText } from '../domain/misplaced-text.ts';
import { printable } from '../domain/printable.ts';
import { errors, systemError } from '../errors.ts';
import { worktreeOf } from './worktree.ts';

export interface FoundVault {
  readonly file: string;
  /** The folder that route paths are relative to. */
  readonly root: string;
  readonly project: string;
  /** Whether it was found in the main checkout of a linked worktree. */
  readonly isOfMain?: boolean;
  /** Whether the folder points to a vault that lies outside of it, by its settings or a link, and nobody named that vault. */
  readonly isOutside?: boolean;
}

interface Where {
  /** `--vault` or `KNOX_VAULT`. */
  readonly given: string | null;
  readonly cwd: string;
}

/** @throws vault_not_found, usage, io */
export function findVault(where: Where): FoundVault {
  const found = findNamed(where);
  if (found !== null) return found;
  const tree = worktreeOf(where.cwd);
  const place = tree === null ? where.cwd : `${where.cwd} or above it, or in the main checkout ${tree.main}`;
  throw errors.vault_not_found(
    tree === null ? `no vault found in ${place} or above it` : `no vault found in ${place}`,
    tree === null ? 'create one: knox init' : `create one in the main checkout: cd ${tree.main} && knox init`,
    'or use another: --vault FILE',
  );
}

/** The vault that a new one in `cwd` would hide: of the folder above, or of the main checkout. */
export function vaultAbove(cwd: string): string | null {
  try {
    return findNamed({ given: null, cwd })?.file ?? null;
  } catch {
    // One of somebody else, or one whose settings are damaged, hides nothing that would be found.
    return null;
  }
}

/** Where a vault is to be put: where one is looked for, else where `init` makes one. @throws vault_not_found (of another user), usage, io */
export function placeForVault(where: Where): FoundVault & { readonly isFound: boolean } {
  const found = findNamed(where);
  return found === null
    ? { file: join(where.cwd, '.knox', 'vault.db'), root: where.cwd, project: '', isFound: false }
    : { ...found, isFound: true };
}

/** The vault that is named, or the nearest; null for none. */
function findNamed({ given, cwd }: Where): FoundVault | null {
  if (given !== null) {
    requireVaultName(given);
    const file = resolve(cwd, given);
    const folder = dirname(file);
    return { file, root: folder.endsWith('/.knox') ? dirname(folder) : folder, project: projectOf(folder) };
  }
  const nearest = nearestTo(cwd);
  if (nearest !== null) return nearest;
  // A linked worktree of git has no `.knox` of its own, since git does not take it: the main checkout's is meant.
  const tree = worktreeOf(cwd);
  const found = tree === null ? null : nearestTo(join(tree.main, relative(tree.top, cwd)));
  return found === null ? null : { ...found, isOfMain: true };
}

function nearestTo(cwd: string): FoundVault | null {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const knox = join(folder, '.knox');
    if (isFile(join(knox, 'vault.db')) || isFile(join(knox, 'config.json'))) {
      refuseForeign(folder, knox);
      const found = configured(knox, folder);
      return leadsOut(found) ? { ...found, isOutside: true } : found;
    }
    if (dirname(folder) === folder) return null;
  }
}

/** @throws usage */
export function requireVaultName(given: string): void {
  if (/^postgres(?:ql)?:\/\//.test(given))
    throw errors.usage('this version of knox does not support a vault on PostgreSQL', 'use a file: --vault FILE');
  // An address may hold a password: it is not shown.
  // So may a text; and a setting may hold a character that no file is named with.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(given) || isMisplacedText(given) || given.includes('\0'))
    throw errors.usage('what is given as the vault is not the name of a file', 'name one: --vault FILE or KNOX_VAULT');
}

function configured(knox: string, root: string): FoundVault {
  const vault = configOf(knox)['vault'];
  if (typeof vault === 'string') requireVaultName(vault);
  const file = typeof vault === 'string' ? resolve(root, vault) : join(knox, 'vault.db');
  return { file, root, project: projectOf(knox) };
}

function configOf(knox: string): Record<string, unknown> {
  const path = join(knox, 'config.json');
  if (!isFile(path)) return {};
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    config = null;
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw errors.usage(`${path} is not a JSON object`, 'expected {"vault": "FILE", "project": "NAME"}');
  return config as Record<string, unknown>;
}

function projectOf(folder: string): string {
  const project = folder.endsWith('/.knox') ? configOf(folder)['project'] : undefined;
  return typeof project === 'string' ? project : '';
}

/** @throws io where nobody can tell, such as in a folder that this user may not look into */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    throw systemError(`cannot open the folder ${printable(dirname(path))}`, error);
  }
}

/**
 * Whoever owns the folder, or what leads to the vault in it, says which scripts run with the vault's values: it must be this user, or the
 * superuser. Links are looked at themselves.
 * @throws vault_not_found
 */
function refuseForeign(folder: string, knox: string): void {
  const vault = join(knox, 'vault.db');
  const config = join(knox, 'config.json');
  const foreign =
    [folder, knox, config].find((path) => isForeign(lstatSync(path, { throwIfNoEntry: false }))) ??
    // A team may share the file itself.
    [vault].find((path) => {
      const found = lstatSync(path, { throwIfNoEntry: false });
      return found?.isSymbolicLink() === true && isForeign(found);
    });
  if (foreign === undefined) return;
  throw errors.vault_not_found(
    foreign === folder
      ? `${printable(folder)} belongs to another user: its vault is ignored`
      : `${printable(foreign)} belongs to another user and is ignored`,
    `to use it anyway: --vault ${vault}`,
  );
}

function isForeign(found: { readonly uid: number } | undefined): boolean {
  // oxlint-disable-next-line no-restricted-globals -- a user without a name in the system's list still has a number
  const uid = process.getuid?.() ?? 0;
  return found !== undefined && uid > 0 && found.uid !== uid && found.uid !== 0;
}

/** Whether the vault lies elsewhere than below its root, every link followed. */
function leadsOut({ file, root }: FoundVault): boolean {
  try {
    const real = realpathSync(root);
    return !realpathSync(file).startsWith(real.endsWith(sep) ? real : real + sep);
  } catch {
    // Where there is no such file, there is no vault.
    return false;
  }
}
