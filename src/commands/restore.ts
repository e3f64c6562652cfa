/**
 * `knox restore`: a copy takes the vault's place, in one step, after all of it was verified. What lay there is kept beside it. The copy says
 * in its log that it was restored, and this machine takes it for the newest from then on.
 */
import { auditEntries } from '../domain/counted.ts';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { Handler } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { errors, isKnoxError } from '../errors.ts';
import { placeForVault } from '../files/find-vault.ts';
import { requireTarget } from '../files/write-file.ts';
import type { ReadTransaction, Store } from '../store/store.ts';
import { requireFolder } from '../vault/pointing-folder.ts';
import type { PointingFolder } from '../vault/pointing-folder.ts';
import { headText, recordRestore, requireWhole, standingOf } from '../vault/restore.ts';
import type { Standing } from '../vault/restore.ts';
import type { Vault } from '../vault/vault.ts';
import { openCopied, withCopyBeside } from './copy-file.ts';
import { leaveVaultOut, makeFolder } from './vault-folder.ts';

type There = Standing | 'unreadable' | null;

export const restore: Handler = async (context, [given = '']) => {
  context.guards(['vault_exists']);
  const source = resolve(context.io.cwd, given);
  const place = placeForVault({
    given: context.options.vault ?? context.variable('KNOX_VAULT'),
    cwd: context.io.cwd,
  });
  const target = requireTarget(place.file);
  const store = await openCopy(context, source, given);
  try {
    const copied = await store.read(standingOf);
    if (existsSync(target) && realpathSync(source) === realpathSync(target))
      throw errors.usage(`${printable(given)} is the vault itself`, 'name a copy that knox backup made');
    const mayReplace = (there: There): void => {
      if (there === null) return;
      refusePartial(copied, given);
      context.guards().refuse('vault_exists', () => exists(target, copied, there, given));
    };
    mayReplace(await lookAt(context, target));
    makeFolder(dirname(target));
    if (!place.isFound) leaveVaultOut(context);
    const folder = await context.projectFolder(place);
    return await withCopyBeside(store, target, target, (copy) =>
      putBack(context, { copy, target, given, folder, mayReplace }),
    );
  } finally {
    await store.close();
  }
};

interface Job {
  /** The copy beside the target. */
  readonly copy: string;
  readonly target: string;
  /** As the copy was called. */
  readonly given: string;
  readonly folder: PointingFolder | null;
  /** @throws vault_exists, usage */
  readonly mayReplace: (there: There) => void;
}

async function putBack(context: Context, { copy, target, given, folder, mayReplace }: Job) {
  const vault = await openCopied(context, copy, given);
  const name = printable(given);
  let kept: string | null = null;
  let replaced = null as There;
  let head = { seq: 0, hash: '' };
  try {
    vault.requireTrust();
    requireFolder(folder, vault.manifest);
    await context.longWork('nothing was restored', (step) =>
      requireWhole(vault, name, (done, of) => step(`Verifying ${name}: ${done} of ${of}`)),
    );
    const files = await context.vaultFiles();
    const at = context.io.now().toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
    kept = await files.replace(target, copy, at, async (standing) => {
      // Read once more: until now others could commit to it.
      replaced = typeof standing === 'string' ? standingText(standing) : await attempt(standing);
      mayReplace(replaced);
      head = await recordRestore(vault, { file: given, replaced, record: context.guards().record() });
      await vault.close();
    });
  } finally {
    await vault.close();
  }
  await rememberRestored(context, vault, target, head);
  const { identity } = vault.manifest;
  return {
    json: { vault: target, identity, entries: head.seq, from: given, replaced: kept },
    text: [
      `Restored ${printable(target)} from ${name}: ${auditEntries(head.seq)}.`,
      ...(kept === null ? [] : keptLines(kept, replaced, vault.manifest.vault, head.seq)),
    ].join('\n'),
  };
}

function keptLines(kept: string, replaced: There, vault: string, entries: number): string[] {
  const what =
    replaced === null || replaced === 'unreadable'
      ? 'What was there, which could not be read,'
      : replaced.vault === vault
        ? `The vault that was there (${auditEntries(replaced.head.seq)})`
        : `The vault that was there, another one (${replaced.identity}),`;
  const newer =
    typeof replaced === 'object' && replaced?.vault === vault && replaced.head.seq >= entries
      ? ['Machines that have seen it newer refuse this one until: knox doctor --accept-rollback --reason TEXT']
      : [];
  return [`${what} is kept as ${printable(kept)}. When nobody needs it: rm ${printable(kept)}`, ...newer];
}

function standingText(standing: 'nothing' | 'unreadable'): There {
  return standing === 'nothing' ? null : standing;
}

/** @throws vault_not_found, vault_damaged, io */
async function openCopy(context: Context, source: string, given: string): Promise<Store> {
  const name = printable(given);
  if (!existsSync(source))
    throw errors.vault_not_found(`there is no file ${name}`, 'name a copy that knox backup made');
  try {
    return await (await context.vaultFiles()).open(source);
  } catch (error) {
    if (!isKnoxError(error) || error.code !== 'vault_damaged') throw error;
    // `--vault` would name what is to be replaced.
    throw errors.vault_damaged(error.message, 'name a whole copy that knox backup made: knox restore FILE');
  }
}

/** What lies where the vault is to be put; null for nothing. */
async function lookAt(context: Context, target: string): Promise<There> {
  if (!existsSync(target)) return null;
  try {
    const store = await (await context.vaultFiles()).open(target);
    try {
      return await store.read(attempt);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (isDamage(error)) return 'unreadable';
    throw error;
  }
}

async function attempt(transaction: ReadTransaction): Promise<There> {
  try {
    return await standingOf(transaction);
  } catch (error) {
    if (isDamage(error)) return 'unreadable';
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  return isKnoxError(error) && (error.code === 'vault_damaged' || error.code === 'audit_broken');
}

/** Values of the other environments would be gone. @throws usage */
function refusePartial({ partial }: Standing, given: string): void {
  if (partial === null) return;
  throw errors.usage(
    `${printable(given)} holds the values of ${partial.environments.join(', ')} alone, so it can not take a vault's place`,
    'take a copy of everything: knox backup FILE',
    'or where there is no other: move the vault away, and run it again',
  );
}

function exists(target: string, copied: Standing, there: Standing | 'unreadable', given: string) {
  const place = printable(target);
  const name = printable(given);
  const hint = 'to put the copy in its place: --force vault_exists --reason TEXT (what is there now is kept beside it)';
  if (there === 'unreadable')
    return errors.vault_exists(`there is a file at ${place} already, which can not be read as a vault`, hint);
  if (there.vault !== copied.vault)
    return errors.vault_exists(
      `there is another vault at ${place}: ${there.identity}; ${name} is a copy of ${copied.identity}`,
      hint,
    );
  const [now, then] = [there.head, copied.head].map(({ seq, at }) => `${auditEntries(seq)}, the last of ${at}`);
  return errors.vault_exists(
    `there is a vault at ${place} already (${now}); ${name} has ${then} (${headText(copied.head).slice(0, 20)}…)`,
    hint,
  );
}

/** From now on this machine takes it for the newest that there is at this place. */
async function rememberRestored(
  context: Context,
  { manifest }: Vault,
  target: string,
  { seq, hash }: { seq: number; hash: string },
): Promise<void> {
  const { vault, identity } = manifest;
  const memory = await context.memory();
  const location = realpathSync(target);
  memory.forget(location);
  memory.remember({ vault, location, identity, seq, hash });
  memory.rememberVerified(vault, location, context.io.now().toISOString());
}
