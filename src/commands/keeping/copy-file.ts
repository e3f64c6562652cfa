/** Copies of vaults as files: made under a temporary name, and on the disk before they have their own. */
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import type { Context } from '../../context.ts';
import { printable } from '../../domain/printable.ts';
import { errors, systemError } from '../../errors.ts';
import { temporaryBeside } from '../../files/replace-file.ts';
import type { Store } from '../../store/store.ts';
import { IdentityMemory } from '../../vault/trust/identity-memory.ts';
import { Vault } from '../../vault/opening/vault.ts';

/** What SQLite may leave beside a file. */
const ENDS = ['', '-journal'];

/**
 * Copies a vault, as it is at one moment, to a file beside `target` that nobody else knows, hands its path to `work`, and removes it
 * afterwards under that name. Mode 0600.
 * @param name of the target, for an error
 * @throws io, vault_busy, vault_damaged, and what `work` throws
 */
export async function withCopyBeside<T>(
  store: Store,
  target: string,
  name: string,
  work: (copy: string) => Promise<T>,
): Promise<T> {
  const copy = makeEmpty(target, name);
  try {
    await copyOf(store)(copy);
    return await work(copy);
  } finally {
    for (const end of ENDS) rmSync(`${copy}${end}`, { force: true });
  }
}

/** @throws usage where it is kept by a server */
export function copyOf(store: Store): (file: string) => Promise<void> {
  if (store.copyTo === undefined) throw errors.usage('this vault is not a file', 'see the documentation of its server');
  return (file) => store.copyTo!(file);
}

/** @throws io */
function makeEmpty(target: string, name: string): string {
  try {
    const copy = temporaryBeside(target);
    closeSync(openSync(copy, 'wx', 0o600));
    return copy;
  } catch (error) {
    throw systemError(`cannot write ${printable(name)}`, error);
  }
}

/**
 * Opens a copy under its temporary name, to be changed before it gets its own. This machine remembers nothing of it.
 * @param name of the vault, for an error
 * @throws vault_locked, wrong_key, vault_damaged, vault_rolled_back (KNOX_HEAD)
 */
export async function openCopied(context: Context, copy: string, name: string): Promise<Vault> {
  const opening = await context.opening(name, 'key');
  const store = await (await context.vaultFiles()).open(copy);
  try {
    return await Vault.open({
      ...opening,
      store,
      memory: new IdentityMemory(context.stateFolder()),
      // That a copy is older than what it is to replace is why it is one.
      warn: (code, message) => (code === 'older_copy' ? undefined : opening.warn(code, message)),
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Makes what was written outlast a power cut. */
export function settle(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
