/**
 * Giving values out: their use is recorded durably before. A vault that knox may not write to (one of unknown identity, one that was
 * turned back, one on a read-only file system) still gives values, with a warning.
 */
import type { Context } from '../context.ts';
import { errors, isKnoxError } from '../errors.ts';
import { recordUses } from '../vault/record-use.ts';
import type { Use } from '../vault/record-use.ts';
import type { Vault } from '../vault/vault.ts';
import type { View } from '../vault/view.ts';

/**
 * @param consumer the command or route that gets the values
 * @param detail more for the audit entry
 * @param work resolves and decrypts; what it throws leaves no record
 * @throws io where the record can not be written and `KNOX_REQUIRE_AUDIT=1`
 */
export async function useValues<T extends { readonly uses: readonly Use[] }>(
  context: Context,
  vault: Vault,
  consumer: string,
  work: (view: View) => Promise<T>,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<T> {
  if (vault.isRolledBack || !vault.isTrusted) return vault.read(work);
  try {
    return await vault.recordUse(async (change) => {
      const result = await work(change);
      // Which guards were overridden is known only now.
      await recordUses(change, result.uses, consumer, { ...detail, ...context.guards().record() });
      return result;
    });
  } catch (error) {
    if (!isKnoxError(error) || !error.isReadOnly) throw error;
    if (context.variable('KNOX_REQUIRE_AUDIT') === '1') {
      throw errors.io(
        'the vault can not be written to, so the use can not be recorded, and KNOX_REQUIRE_AUDIT=1 demands it',
        'make the vault writable, or leave KNOX_REQUIRE_AUDIT out',
      );
    }
    context.warn('not_recorded', 'the vault can not be written to: this use was not recorded');
    return vault.read(work);
  }
}
