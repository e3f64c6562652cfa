/** `knox backup`: a copy of the vault as it is at one moment, while others write. It opens with the same keys, and needs none to be made. */
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Handler } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { errors, systemError } from '../errors.ts';

export const backup: Handler = async (context, args) => {
  const given = args[0]!;
  const file = resolve(context.io.cwd, given);
  const vault = await context.vault('look');
  if (vault.store.copyTo === undefined)
    throw errors.usage('this vault is no file', 'see the documentation of its server');
  makeEmpty(file, given);
  try {
    await vault.store.copyTo(file);
    settle(file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
  const head = await vault.read(async (view) => view.head);
  return {
    json: { file, identity: vault.manifest.identity, entries: head.seq },
    text: `Copied the vault to ${printable(given)}. Look whether it is whole: knox audit verify --vault ${printable(given)}`,
  };
};

/** Its own, from the first moment on. @throws file_exists, io */
function makeEmpty(file: string, given: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw errors.file_exists(`${printable(given)} exists already, and is not written over`, 'name another file');
    throw systemError(`can not write ${printable(given)}`, error);
  }
}

/** On the disk before it is called a copy. */
function settle(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
