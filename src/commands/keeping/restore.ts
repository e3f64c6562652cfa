/**
 * `knox restore`: a copy takes the vault's place, in one step, after all of it was verified. What lay there is kept beside it. The copy says
 * in its log that it was restored, and this machine takes it for the newest from then on.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { auditEntries, counted } from '../../domain/counted.ts';
import { printable } from '../../domain/printable.ts';
import { errors, isKnoxError } from '../../errors.ts';
import { placeForVault } from '../../files/find-vault.ts';
import { requireTarget } from '../../files/write-file.ts';
import type { ReadTransaction, Store } from '../../store/store.ts';
import { requireFolder } from '../../vault/trust/pointing-folder.ts';
import type { PointingFolder } from '../../vault/trust/pointing-folder.ts';
import { rememberable } from '../../vault/opening/open-vault.ts';
import { headText, recordRestore, requireWhole, standingOf } from '../../vault/keeping/restore.ts';
import type { Replaced, Restored, Standing } from '../../vault/keeping/restore.ts';
import type { Head } from '../../vault/documents/head.ts';
import type { KeyRing } from '../../vault/documents/key-ring.ts';
import type { Manifest } from '../../vault/documents/manifest.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { tellSpoiled } from '../common/carried-views.ts';
import { openCopied, withCopyBeside } from './copy-file.ts';
import { leaveVaultOut, makeFolder } from '../common/vault-folder.ts';
import type { Restore } from './declared.ts';

export const restore: Run<Restore> = async (context, { file: given }) => {
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
      throw errors.usage(`${printable(given)} is the vault itself`, 'use a copy that knox backup made');
    const mayReplace = (there: Replaced): void => {
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
  readonly mayReplace: (there: Replaced) => void;
}

/** The copy as it is when it takes the vault's place. */
interface Result extends Restored {
  readonly manifest: Manifest;
  readonly head: Head;
  readonly ring: KeyRing;
}

async function putBack(context: Context, { copy, target, given, folder, mayReplace }: Job) {
  const vault = await openCopied(context, copy, given);
  const name = printable(given);
  let kept: string | null = null;
  let replaced = null as Replaced;
  let result = null as Result | null;
  try {
    vault.requireIdentity();
    requireFolder(folder, vault.manifest);
    const spoiled = await context.longWork('nothing was restored', (step) =>
      requireWhole(vault, name, (done, of) => step(`Verifying ${name}: ${done} of ${of}`)),
    );
    tellSpoiled(context, spoiled);
    const seen = await generationSeen(context, vault, target);
    const files = await context.vaultFiles();
    const at = context.io.now().toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
    kept = await files.replace(target, copy, at, async (standing) => {
      // Read once more: until now others could commit to it.
      replaced = typeof standing === 'string' ? standingText(standing) : await attempt(standing);
      mayReplace(replaced);
      const job = { file: given, replaced, record: context.guards().record(), seen };
      const restored = await context.longWork('nothing was restored', (step) =>
        recordRestore(vault, job, (done, of) => step(`Replacing the keys: ${done} of ${of}`)),
      );
      const head = await vault.read(async (view) => view.head);
      result = { ...restored, head, manifest: vault.manifest, ring: vault.requireKeys() };
      await vault.close();
    });
  } finally {
    await vault.close();
  }
  const { manifest, head, removed } = result!;
  await rememberRestored(context, result!, target);
  return {
    json: { vault: target, identity: manifest.identity, entries: head.seq, from: given, replaced: kept, removed },
    text: [
      `Restored ${printable(target)} from ${name}: ${auditEntries(head.seq)}.`,
      ...removedLines(result!),
      ...(kept === null ? [] : keptLines(kept, replaced, manifest.vault, head.seq)),
    ].join('\n'),
    next: 'knox status',
  };
}

function removedLines({ removed, exposed, manifest }: Result): string[] {
  if (removed.length === 0) return [];
  const names = removed.map(({ label }) => `"${printable(label)}"`).join(', ');
  return [
    `The copy had brought back ${names}, removed since it was made: removed again, and all keys were replaced.`,
    ...(exposed.length === 0
      ? []
      : [`It could read ${counted(exposed.length, 'secret')}, due now: knox rotate --exposed`]),
    `Send everybody the new identity: ${manifest.identity}`,
  ];
}

function keptLines(kept: string, replaced: Replaced, vault: string, entries: number): string[] {
  const what =
    replaced === null || replaced === 'unreadable'
      ? 'The file that was there, which could not be read,'
      : replaced.vault === vault
        ? `The vault that was there (${auditEntries(replaced.head.seq)})`
        : `The other vault that was there (${replaced.identity})`;
  const newer =
    typeof replaced === 'object' && replaced?.vault === vault && replaced.head.seq >= entries
      ? ['Machines that have seen a newer one refuse this one until: knox doctor --accept-rollback --reason TEXT']
      : [];
  return [`${what} is kept as ${printable(kept)}. To remove it: rm ${printable(kept)}`, ...newer];
}

function standingText(standing: 'nothing' | 'unreadable'): Replaced {
  return standing === 'nothing' ? null : standing;
}

/** @throws vault_not_found, vault_damaged, io */
async function openCopy(context: Context, source: string, given: string): Promise<Store> {
  const name = printable(given);
  if (!existsSync(source)) throw errors.vault_not_found(`there is no file ${name}`, 'use a copy that knox backup made');
  try {
    return await (await context.vaultFiles()).open(source);
  } catch (error) {
    if (!isKnoxError(error) || error.code !== 'vault_damaged') throw error;
    // `--vault` would name what is to be replaced.
    throw errors.vault_damaged(error.message, 'use a complete copy that knox backup made: knox restore FILE');
  }
}

/** What lies where the vault is to be put; null for nothing. */
async function lookAt(context: Context, target: string): Promise<Replaced> {
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

async function attempt(transaction: ReadTransaction): Promise<Replaced> {
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
    `${printable(given)} has only ${partial.environments.join(', ')}, so it cannot replace a vault`,
    'use a complete copy: knox backup FILE',
    'or if there is no other, move the vault away and run it again',
  );
}

function exists(target: string, copied: Standing, there: Standing | 'unreadable', given: string) {
  const place = printable(target);
  const name = printable(given);
  const hint = 'to replace it with the copy: --force vault_exists --reason TEXT (what is there now is kept beside it)';
  if (there === 'unreadable')
    return errors.vault_exists(`a file already exists at ${place} and cannot be read as a vault`, hint);
  if (there.vault !== copied.vault)
    return errors.vault_exists(
      `another vault exists at ${place}: ${there.identity}; ${name} is a copy of ${copied.identity}`,
      hint,
    );
  const [now, then] = [there.head, copied.head].map(({ seq, at }) => `${auditEntries(seq)}, the last of ${at}`);
  return errors.vault_exists(
    `a vault already exists at ${place} (${now}); ${name} has ${then} (${headText(copied.head).slice(0, 20)}…)`,
    hint,
  );
}

/** The highest generation of the vault that this machine has seen in that place; 0 for none. */
async function generationSeen(context: Context, { manifest }: Vault, target: string): Promise<number> {
  const location = existsSync(target) ? realpathSync(target) : target;
  const seen = (await context.memory()).at(location).filter(({ vault }) => vault === manifest.vault);
  return Math.max(0, ...seen.map(({ generation }) => generation));
}

/** From now on this machine takes it for the newest that there is at this place. */
async function rememberRestored(context: Context, result: Result, target: string): Promise<void> {
  const memory = await context.memory();
  const location = realpathSync(target);
  memory.forget(location);
  memory.remember(rememberable(location, { ...result, partial: null }));
  memory.rememberVerified(result.manifest.vault, location, context.io.now().toISOString());
}
