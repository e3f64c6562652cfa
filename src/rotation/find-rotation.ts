/** From names to lineages, and from lineages to the rotation that is under way or came last. */
import { parseSecretName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { requireSecret } from '../vault/find-secret.ts';
import type { View } from '../vault/view.ts';
import { UNDER_WAY } from './types.ts';
import type { RotationOptions, RotationState } from './types.ts';

/** The lineage that a name belongs to: the base, or any version of it that is or was. @throws secret_not_found */
export async function lineageOf(view: View, name: string): Promise<StoredRow<'lineage'>> {
  const versions = await view.find('secret', { name });
  const version = versions.find(({ state }) => state !== 'deleted') ?? versions.at(-1);
  const lineage =
    version === undefined
      ? ((await view.findOne('lineage', { base: name })) ?? (await ofVersion(view, name)))
      : await view.get('lineage', version.lineage);
  if (lineage !== null) return lineage;
  const secret = await requireSecret(view, name);
  throw errors.vault_damaged(`the lineage of ${secret.name} is missing`, 'find out more: knox audit verify');
}

async function ofVersion(view: View, name: string): Promise<StoredRow<'lineage'> | null> {
  const parsed = parseSecretName(name);
  return parsed === null || parsed.version === 1 ? null : view.findOne('lineage', { base: parsed.base });
}

/** The lineages of these names, each once. @throws secret_not_found */
export async function lineagesOf(view: View, names: readonly string[]): Promise<StoredRow<'lineage'>[]> {
  const found = new Map<string, StoredRow<'lineage'>>();
  for (const name of names) {
    const lineage = await lineageOf(view, name);
    found.set(lineage.id, lineage);
  }
  return [...found.values()];
}

/** Its rotations, oldest first. */
export async function rotationsOf(view: View, lineage: string): Promise<StoredRow<'rotation'>[]> {
  const rows: StoredRow<'rotation'>[] = [];
  for (const { rotation } of await view.find('rotation_secret', { lineage })) {
    const row = await view.get('rotation', rotation);
    if (row !== null) rows.push(row);
  }
  // Of two that were started at one time, the one that changed last came last.
  return rows.toSorted((left, right) =>
    left.started_at === right.started_at ? left.entry - right.entry : left.started_at < right.started_at ? -1 : 1,
  );
}

/** The rotation that came last, of all of them. @throws rotation_not_found, usage where they do not share it */
export async function lastRotationOf(
  view: View,
  lineages: readonly StoredRow<'lineage'>[],
): Promise<StoredRow<'rotation'>> {
  const [{ id, base }, ...others] = lineages as [StoredRow<'lineage'>, ...StoredRow<'lineage'>[]];
  const row = (await rotationsOf(view, id)).at(-1);
  if (row === undefined) throw errors.rotation_not_found(`${base} was never rotated`, `start: knox rotate ${base}`);
  for (const other of others) {
    if ((await rotationsOf(view, other.id)).at(-1)?.id === row.id) continue;
    throw errors.usage(`${base} and ${other.base} were not rotated together`, 'name one of them');
  }
  return row;
}

/** The rotation of a lineage that has not ended, or null. */
export async function activeRotationOf(view: View, lineage: string): Promise<StoredRow<'rotation'> | null> {
  return (await rotationsOf(view, lineage)).find((row) => isUnderWay(row)) ?? null;
}

/** These lineages, and those that are being rotated together with any of them: a rotation is taken up as a whole. */
export async function withCompanions(
  view: View,
  lineages: readonly StoredRow<'lineage'>[],
): Promise<StoredRow<'lineage'>[]> {
  const found = new Map(lineages.map((lineage) => [lineage.id, lineage]));
  for (const { id } of lineages) {
    const row = await activeRotationOf(view, id);
    for (const { lineage } of row === null ? [] : await view.find('rotation_secret', { rotation: row.id })) {
      const companion = await view.get('lineage', lineage);
      if (companion !== null) found.set(lineage, companion);
    }
  }
  return [...found.values()];
}

/**
 * The one rotation under way of these lineages, or null where none of them has one.
 * @throws rotation_in_progress where they belong to different ones, or only some of them to one
 */
export async function commonRotation(
  view: View,
  lineages: readonly StoredRow<'lineage'>[],
): Promise<StoredRow<'rotation'> | null> {
  const found = new Map<string, StoredRow<'rotation'>>();
  let without = 0;
  for (const { id } of lineages) {
    const row = await activeRotationOf(view, id);
    if (row === null) without += 1;
    else found.set(row.id, row);
  }
  if (found.size === 0) return null;
  if (found.size > 1 || without > 0) {
    throw errors.rotation_in_progress(
      'these secrets are not all in one rotation, and one of them has a rotation under way',
      'go on with that one first: knox rotations',
    );
  }
  return [...found.values()][0]!;
}

/** What a rotation is by its row: one that is being taken back says so in what it goes by, which each environment's own record repeats. */
export function stateOf({ state, options }: Pick<StoredRow<'rotation'>, 'state' | 'options'>): RotationState {
  const { rollback } = JSON.parse(options) as RotationOptions;
  return isUnderWay({ state }) && rollback !== undefined ? 'rolling-back' : (state as RotationState);
}

export function isUnderWay({ state }: { readonly state: string }): boolean {
  return UNDER_WAY.includes(state as RotationState);
}
