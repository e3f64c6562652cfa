/**
 * A copy of a vault that holds the values of some environments alone. It says so by its newest audit entry, which the signed head names:
 * nothing is ever recorded after it, since what is written into a copy is lost with it. Needs no key.
 */
import { entryHash } from '../crypto/audit-chain.ts';
import { errors, readOnlyError } from '../errors.ts';
import type { ReadTransaction } from '../store/store.ts';
import { parseEntry } from './audit-entry.ts';
import type { Change } from './change.ts';
import { pageLimit } from '../store/tables.ts';
import type { Head } from './head.ts';
import { SHARED } from './manifest.ts';
import type { View } from './view.ts';

/** Of that entry, whose detail names the environments. */
const BACKUP = 'backup';

export interface PartialCopy {
  /** Whose values it holds; `shared` may be among them. */
  readonly environments: readonly string[];
  /** The last entry that it has in common with the vault that it is a copy of. `hash` is hex. */
  readonly basis: Pick<Head, 'seq' | 'hash'>;
}

/**
 * Makes a copy one of these environments alone: every other value goes, and the entry says so. Names, dates, routes and keys stay. The file
 * still holds what was deleted, overwritten or not: hand out a copy of it.
 * @param change of the copy
 */
export async function keepOnly(change: Change, environments: readonly string[]): Promise<void> {
  const limit = pageLimit('value');
  let after = '';
  for (;;) {
    const page = await change.page('value', after, limit);
    for (const row of page) {
      after = row.id;
      if (environments.includes(row.environment)) continue;
      const secret = await change.get('secret', row.secret);
      await change.dropValue(row);
      if (secret !== null) change.noteGone(`value:${secret.name}:${row.environment}`);
    }
    if (page.length < limit) break;
  }
  change.log({ action: BACKUP, detail: { environments } });
}

/** Null for a vault that is no such copy. @throws audit_broken */
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
    throw errors.audit_broken(`audit entry ${head.seq} was changed`, 'find out more: knox audit verify');
  return { environments: environments.map(String), basis: { seq: below.seq, hash: below.hash } };
}

/** The same for a vault that is being looked at. */
export function partialCopy(view: View): Promise<PartialCopy | null> {
  return partialCopyOf({ entry: (seq) => view.entryRecord(seq) }, view.manifest.vault, view.head);
}

/** Which environments, `shared` among them, a copy was made without; none where the vault is no such copy. */
export async function leftOutOf(view: View): Promise<ReadonlySet<string>> {
  const copy = await partialCopy(view);
  if (copy === null) return new Set();
  return new Set([...view.environmentNames(), SHARED].filter((name) => !copy.environments.includes(name)));
}

/** @param environment or `shared` @throws value_missing where this is a copy that was made without it */
export async function requireInCopy(view: View, environment: string): Promise<void> {
  const copy = await partialCopy(view);
  if (copy === null || copy.environments.includes(environment)) return;
  throw errors.value_missing(
    `this copy of the vault was made for ${copy.environments.join(', ')} alone: it holds no ${environment === SHARED ? 'shared value' : `value for ${environment}`}`,
    `have one made with it: knox backup FILE --env ${[...copy.environments, environment].join(',')}`,
  );
}

/** @throws io, as for a vault that can only be read, where it is such a copy */
export async function refusePartialCopy(view: View): Promise<void> {
  const copy = await partialCopy(view);
  if (copy === null) return;
  throw readOnlyError(
    `this is a copy of the vault for ${copy.environments.join(', ')} alone, made to be read`,
    'change the vault that it is a copy of',
  );
}

/** The same before work that changes something. */
export function notInPartialCopy<T>(work: (change: Change) => Promise<T>): (change: Change) => Promise<T> {
  return async (change) => {
    await refusePartialCopy(change);
    return work(change);
  };
}
