/**
 * A copy of a vault that holds some realms alone: those whole, of the others only their part of the head. It says so by its newest audit
 * entry, which the signed head names: nothing is ever recorded after it, since what is written into a copy is lost with it.
 */
import { entryHash } from '../../crypto/audit-chain.ts';
import { brokenAudit, errors, readOnlyError } from '../../errors.ts';
import type { ReadTransaction } from '../../store/store.ts';
import { parseEntry } from '../log/audit-entry.ts';
import type { Change } from './change.ts';
import type { Head } from '../documents/head.ts';
import { SHARED } from '../documents/manifest.ts';
import type { PartialCopy } from './copy-facts.ts';
import type { View } from './view.ts';

/** Of that entry, whose detail names the realms. */
const BACKUP = 'backup';

/**
 * Makes a copy one of these realms alone: everything of the others goes, and the entry says so. The file still holds what was deleted,
 * overwritten or not: hand out a copy of it.
 * @param change of the copy
 * @param names of the realms that stay
 * @throws not_granted where the key of one of them is not at hand
 */
export async function keepOnly(change: Change, names: readonly string[]): Promise<void> {
  for (const name of change.realmNames()) {
    if (names.includes(name)) change.nameRealm(name);
    else await change.dropRecords(name);
  }
  change.log({ action: BACKUP, detail: { environments: names } });
}

/** Null for a vault that is not such a copy. @throws audit_broken */
export async function partialCopyOf(
  transaction: Pick<ReadTransaction, 'entry'>,
  vault: string,
  head: Head,
): Promise<PartialCopy | null> {
  const last = await transaction.entry(head.seq);
  // Most entries are another's, and some are long.
  if (last === null || !last.body.includes(`"action":"${BACKUP}"`)) return null;
  const { action, detail } = parseEntry(last);
  const environments = detail?.['environments'];
  if (action !== BACKUP || !Array.isArray(environments)) return null;
  const below = await transaction.entry(head.seq - 1);
  if (below === null || entryHash(vault, head.seq, below.hash, last.body) !== head.hash)
    throw brokenAudit(`audit entry ${head.seq} was changed`);
  return { environments: environments.map(String), basis: { seq: below.seq, hash: below.hash } };
}

/** Which realms a copy was made without; none where the vault is not such a copy. */
export function leftOutOf(view: View): ReadonlySet<string> {
  return new Set(view.realmNames().filter((name) => view.isLeftOut(name)));
}

/**
 * @param environment or `shared`
 * @throws value_missing where this is a copy that was made without it, not_granted where the key would not open it either
 */
export function requireInCopy({ partial, ring }: Pick<View, 'partial' | 'ring'>, environment: string): void {
  if (partial === null || partial.environments.includes(environment)) return;
  ring?.realmKey(environment);
  throw errors.value_missing(
    `this copy of the vault was made for ${partial.environments.join(', ')} only: it has no ${environment === SHARED ? 'shared value' : `value for ${environment}`}`,
    `make one that has it: knox backup FILE --env ${[...partial.environments, environment].join(',')}`,
  );
}

/** @throws io, as for a vault that can only be read, where it is such a copy */
export async function refusePartialCopy({ partial }: Pick<View, 'partial'>): Promise<void> {
  if (partial === null) return;
  throw readOnlyError(
    `this is a copy of the vault for ${partial.environments.join(', ')} only, and read-only`,
    'change the original vault',
  );
}

/** The same before work that changes something. */
export function notInPartialCopy<T>(work: (change: Change) => Promise<T>): (change: Change) => Promise<T> {
  return async (change) => {
    await refusePartialCopy(change);
    return work(change);
  };
}
