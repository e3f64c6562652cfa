/** Taking a shared value up for an environment: from then on that environment means this very ciphertext, whoever writes another one. */
import { errors, versionInRotation } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import type { NameRecord } from '../records/kinds.ts';
import { isStanding, valueOfRecord } from './find-secret.ts';
import { forgetPast, newContent, putLineage, versionOf } from './new-name.ts';

/**
 * @param shared what the realm `shared` says of the name
 * @param base the lineage that it is to belong to there, where the person says it
 * @throws secret_exists where the environment has a value of its own; rotation_in_progress, usage, not_granted
 */
export async function takeUp(
  change: Change,
  shared: NameRecord,
  environment: string,
  base: string | null = null,
): Promise<NameRecord> {
  const { name } = shared;
  const own = await change.get('name', environment, name);
  if (own?.state === 'pending') throw versionInRotation(name);
  if (own !== null && isStanding(own) && own.shared === null) {
    throw errors.secret_exists(
      `${name} has a value of its own for ${environment}`,
      `to use the shared one there, delete that first: knox delete ${name} -e ${environment}`,
    );
  }
  const hash = await change.boxHash((await valueOfRecord(change, shared)).value);
  if (own !== null && isStanding(own)) return change.update(own, { shared: hash });
  const before = { realm: environment, own, like: shared };
  const version = await versionOf(change, name, base, before);
  await forgetPast(change, before);
  const content = { ...newContent(change, name, version, before), shared: hash };
  const record = await change.put('name', environment, content);
  await putLineage(change, record);
  return record;
}
