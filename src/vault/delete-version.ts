/** Deleting: the ciphertext is destroyed (the store overwrites freed pages), the name and its dates stay in the history. */
import type { StoredRow } from '../store/tables.ts';
import type { Change } from './change.ts';

/** Destroys one value. */
export async function deleteValue(
  change: Change,
  secret: StoredRow<'secret'>,
  value: StoredRow<'value'>,
): Promise<void> {
  await change.remove('value', value);
  change.noteGone(`value:${secret.name}:${value.environment}`);
}

/** Destroys all values of a version and marks it as deleted. @throws not_granted for an environment whose key is not at hand */
export async function deleteVersion(change: Change, secret: StoredRow<'secret'>): Promise<void> {
  for (const value of await change.find('value', { secret: secret.id })) await deleteValue(change, secret, value);
  const { entry: _entry, tag: _tag, ...row } = secret;
  await change.put('secret', { ...row, state: 'deleted', deleted_at: change.at });
  change.noteGone(`secret:${secret.name}`);
}
