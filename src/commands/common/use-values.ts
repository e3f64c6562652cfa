/**
 * Giving values out: their use is recorded durably before, in the vault or, where it is so said, in a file beside it. A vault that knox may
 * not write to (one of unknown identity, one that was turned back, one on a read-only file system, a copy) still gives values, with a
 * warning.
 */
import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { errors, isKnoxError } from '../../errors.ts';
import { appendLines } from '../../files/append-lines.ts';
import { recordUses } from '../../vault/uses/record-use.ts';
import type { Use } from '../../vault/uses/record-use.ts';
import { useLines } from '../../vault/uses/use-log.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import type { View } from '../../vault/core/view.ts';

export interface Giving {
  /** The command or route that gets the values. */
  readonly consumer: string;
  /** A file that the use is written down in, and not in the vault. */
  readonly log?: string | null;
  /** More for the audit entry. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * @param work resolves and decrypts; what it throws leaves no record
 * @throws io where the use log cannot be written, or the record cannot and `KNOX_REQUIRE_AUDIT=1`; vault_rolled_back with
 * `KNOX_REQUIRE_FRESH=1`
 */
export async function useValues<T extends { readonly uses: readonly Use[] }>(
  context: Context,
  vault: Vault,
  { consumer, log: named = null, detail = {} }: Giving,
  work: (view: View) => Promise<T>,
): Promise<T> {
  if (context.variable('KNOX_REQUIRE_FRESH') === '1') vault.requireFresh();
  // Which guards were overridden is known only when the work is done.
  const details = () => ({ ...detail, ...context.guards().record() });
  const log = named ?? context.variable('KNOX_USE_LOG');
  if (log !== null) {
    vault.requireKeys();
    const { result, lines } = await vault.read(async (view) => {
      const given = await work(view);
      const who = { consumer, actor: vault.actor, detail: details() };
      return { result: given, lines: useLines(view, given.uses, who) };
    });
    appendLines(resolve(context.io.cwd, log), lines);
    return result;
  }
  if (vault.isRolledBack || !vault.isTrusted) return vault.read(work);
  try {
    return await vault.recordUse(async (change) => {
      const result = await work(change);
      await recordUses(change, result.uses, consumer, details());
      return result;
    });
  } catch (error) {
    if (!isKnoxError(error) || !error.isReadOnly) throw error;
    if (context.variable('KNOX_REQUIRE_AUDIT') === '1') {
      throw errors.io(
        `${error.message}: the use cannot be recorded, which KNOX_REQUIRE_AUDIT=1 requires`,
        'record it elsewhere: --use-log FILE',
        'or make the vault writable, or unset KNOX_REQUIRE_AUDIT',
      );
    }
    context.warn(
      'not_recorded',
      `${error.message}: this use was not recorded; --use-log FILE (or KNOX_USE_LOG) records it for knox report uses`,
    );
    return vault.read(work);
  }
}
