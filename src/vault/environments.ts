/** Adding and removing environments: a new key for each, sealed to whoever opens all of them, and a manifest signed by the root. */
import { commitment, newKey } from '../crypto/keys.ts';
import { randomId } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { TableName } from '../store/tables.ts';
import { isEnvironmentTable, TABLE_NAMES } from '../store/tables.ts';
import type { Change } from './change.ts';
import { keyRecord } from './manifest.ts';
import type { View } from './view.ts';

/** @throws environment_exists, not_granted where the key does not administer */
export async function addEnvironment(change: Change, name: string, production: boolean): Promise<void> {
  const { manifest } = change;
  if (manifest.environments.some((known) => known.name === name))
    throw errors.environment_exists(`there is an environment ${name} already`, 'see them: knox env list');
  const key = newKey();
  const record = { name, production, key: randomId(), commitment: Buffer.from(commitment(key)).toString('hex') };
  await change.putManifest({
    ...manifest,
    generation: manifest.generation + 1,
    environments: [...manifest.environments, record],
  });
  for (const slot of manifest.slots) {
    if (slot.environments === null) await change.putGrant(slot, record.key, name, key);
  }
  change.addEnvironmentKey(name, key);
  await carryOver(
    change,
    name,
    manifest.environments.map((known) => known.name),
  );
  change.log({ action: 'env-add', environment: name, detail: { production } });
}

/** What was set for every environment alike holds for the new one too. */
async function carryOver(change: Change, name: string, others: readonly string[]): Promise<void> {
  const isAlike = <R extends { environment: string }>(rows: readonly R[], content: (row: R) => string): boolean =>
    others.every((environment) => rows.some((row) => row.environment === environment)) &&
    new Set(rows.map(content)).size === 1;
  for (const rows of groups(await change.find('source'), ({ lineage }) => lineage)) {
    const { entry: _entry, tag: _tag, ...row } = rows[0]!;
    if (isAlike(rows, ({ kind, options }) => `${kind} ${options}`))
      await change.put('source', { ...row, id: change.newId(), environment: name });
  }
  for (const rows of groups(await change.find('notification'), ({ receiver }) => receiver)) {
    const { entry: _entry, tag: _tag, ...row } = rows[0]!;
    if (isAlike(rows, ({ kind, target, events }) => `${kind} ${events} ${target}`))
      await change.put('notification', { ...row, id: change.newId(), environment: name });
  }
}

function groups<R>(rows: readonly R[], key: (row: R) => string): R[][] {
  const found = new Map<string, R[]>();
  for (const row of rows) found.set(key(row), [...(found.get(key(row)) ?? []), row]);
  return [...found.values()];
}

/**
 * Takes an environment away that holds nothing any more. What counted and recorded there goes with it; the log keeps the history.
 * @throws environment_in_use, not_granted, environment_not_found
 */
export async function removeEnvironment(change: Change, name: string): Promise<void> {
  const { manifest } = change;
  await refuseInUse(change, name);
  for (const table of TABLE_NAMES.filter(isEnvironmentTable)) await removeRows(change, table, name);
  const record = keyRecord(manifest, name)!;
  for (const slot of manifest.slots) await change.removeGrant(slot, record.key);
  const slots = manifest.slots.map((slot) =>
    slot.environments === null
      ? slot
      : { ...slot, environments: slot.environments.filter((environment) => environment !== name) },
  );
  await change.putManifest({
    ...manifest,
    generation: manifest.generation + 1,
    environments: manifest.environments.filter((known) => known.name !== name),
    slots,
  });
  change.log({ action: 'env-remove', environment: name });
}

async function removeRows(change: Change, table: TableName, environment: string): Promise<void> {
  for (const row of await change.find(table, { environment } as object)) await change.remove(table, row);
}

/** @throws environment_in_use, environment_not_found, not_granted, vault_damaged */
export async function refuseInUse(view: View, name: string): Promise<void> {
  view.requireEnvironment(name);
  await view.requireIntact([name]);
  if (view.manifest.environments.length === 1)
    throw errors.environment_in_use(`${name} is the only environment`, 'add another one first: knox env add NAME');
  const values = await view.find('value', { environment: name });
  if (values.length > 0) {
    throw errors.environment_in_use(
      `${name} still holds ${values.length} ${values.length === 1 ? 'value' : 'values'}`,
      `see them: knox list --env ${name}`,
      `take them back: knox delete NAME -e ${name}`,
    );
  }
  const routes = await view.find('registration', { environment: name });
  if (routes.length > 0) {
    throw errors.environment_in_use(
      `${routes.map(({ path }) => path).join(', ')} is registered for ${name}`,
      `forget it: knox route remove ROUTE -e ${name}`,
    );
  }
  for (const { rotation } of await view.find('rotation_environment', { environment: name })) {
    if ((await view.get('rotation', rotation))?.ended_at === null)
      throw errors.environment_in_use(`a rotation under way works on ${name}`, 'finish it first: knox rotations');
  }
}
