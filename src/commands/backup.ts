/** `knox backup`: a copy of the vault as it is at one moment, while others write. It opens with the same keys, and needs none to be made. */
import { closeSync, linkSync, openSync, realpathSync, renameSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { Handler } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { errors, systemError } from '../errors.ts';
import { standingOf } from '../vault/restore.ts';
import type { Standing } from '../vault/restore.ts';
import { settle, withCopyBeside } from './copy-file.ts';

export const backup: Handler = async (context, [given = '']) => {
  const file = resolve(context.io.cwd, given);
  const vault = await context.vault('look');
  refuseTaken(file, given);
  const { identity, head } = await withCopyBeside(vault.store, file, given, async (copy) => {
    const standing = await standingIn(context, copy);
    giveName(copy, file, given);
    return standing;
  });
  // What this machine saw at that place before was another file.
  (await context.memory()).forget(realpathSync(file));
  return {
    json: { file, identity, entries: head.seq },
    text: `Copied the vault to ${printable(given)}. Look whether it is whole: knox audit verify --vault ${printable(given)}`,
  };
};

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
      throw systemError(`can not write ${printable(given)}`, error);
  }
  throw taken(given);
}

function taken(given: string) {
  return errors.file_exists(`${printable(given)} exists already, and is not written over`, 'name another file');
}

/** All of it is on the disk by then, and nothing is written over. @throws file_exists, io */
function giveName(copy: string, file: string, given: string): void {
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
    throw systemError(`can not write ${printable(given)}`, error);
  }
}
