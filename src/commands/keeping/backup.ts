/**
 * `knox backup`: a copy of the vault as it is at one moment, while others write. It opens with the same keys, and needs none to be made. One
 * with the values of some environments alone needs a key, since its log says so; it is there to be read.
 */
import { closeSync, linkSync, openSync, realpathSync, renameSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { SHARED } from '../../domain/environment-name.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { printable } from '../../domain/printable.ts';
import { errors, systemError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { keepOnly } from '../../vault/core/partial-copy.ts';
import { standingOf } from '../../vault/keeping/restore.ts';
import { requireFileName } from '../../files/file-name.ts';
import type { Standing } from '../../vault/keeping/restore.ts';
import type { View } from '../../vault/core/view.ts';
import { openCopied, settle, withCopyBeside } from './copy-file.ts';
import type { Backup } from './declared.ts';

export const backup: Run<Backup> = async (context, { file: given, env: names }) => {
  requireFileName(given, 'a copy of the vault');
  const file = resolve(context.io.cwd, given);
  // A passphrase is asked for once, to open the copy.
  const vault = await context.vault('look');
  if (names !== null) await vault.read(async (view) => requireNames(view, names));
  refuseTaken(file, given);
  const { identity, head } = await withCopyBeside(vault.store, file, given, async (copy) => {
    if (names === null) return giveName(context, copy, file, given);
    const narrowed = await openNarrowed(context, copy, vault.store.location, names);
    try {
      // A copy of the copy: nothing of what was deleted in the first is in the second.
      return await withCopyBeside(narrowed, file, given, (last) => giveName(context, last, file, given));
    } finally {
      await narrowed.close();
    }
  });
  // What this machine saw at that place before was another file.
  (await context.memory()).forget(realpathSync(file));
  const what = names === null ? 'the vault' : `${names.join(', ')} and the audit log`;
  return {
    json: { file, identity, entries: head.seq, environments: names },
    text: `Copied ${what} to ${printable(given)}.`,
    next: `knox audit verify --vault ${shellWord(given)}  (checks the copy)`,
  };
};

/** @throws environment_not_found, usage */
function requireNames(view: View, names: readonly string[]): void {
  for (const name of names) if (name !== SHARED) view.requireEnvironment(name);
  const copy = view.partial;
  if (copy === null) return;
  throw errors.usage(
    `this is itself a copy of the vault, for ${copy.environments.join(', ')} only`,
    'back up the original vault, or all of this copy: knox backup FILE',
  );
}

/** Takes the other values out of the copy, with an entry in its log. @throws untrusted_vault, vault_locked, wrong_key */
async function openNarrowed(context: Context, copy: string, name: string, names: readonly string[]): Promise<Store> {
  const vault = await openCopied(context, copy, name);
  try {
    await vault.change((change) => keepOnly(change, names));
    return vault.store;
  } catch (error) {
    await vault.close();
    throw error;
  }
}

/** What the copy says of itself, which is what it is. */
async function standingIn(context: Context, copy: string): Promise<Standing> {
  const store = await (await context.vaultFiles()).open(copy);
  try {
    return await store.read(standingOf);
  } finally {
    await store.close();
  }
}

/** Said before the work is done; whether it is so is seen when the copy gets its name. @throws file_exists, io */
function refuseTaken(file: string, given: string): void {
  try {
    closeSync(openSync(file, 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    if ((error as NodeJS.ErrnoException).code !== 'EACCES')
      throw systemError(`cannot write ${printable(given)}`, error);
  }
  throw taken(given);
}

function taken(given: string) {
  return errors.file_exists(`${printable(given)} already exists`, 'use another file');
}

/** All of it is on the disk by then, and nothing is written over. @returns what the copy says of itself @throws file_exists, io */
async function giveName(context: Context, copy: string, file: string, given: string): Promise<Standing> {
  const standing = await standingIn(context, copy);
  try {
    settle(copy);
    try {
      linkSync(copy, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
      // A file system without hard links: the name is claimed first.
      closeSync(openSync(file, 'wx', 0o600));
      renameSync(copy, file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken(given);
    throw systemError(`cannot write ${printable(given)}`, error);
  }
  return standing;
}
