/** From names to lineages, which are called by their base, and from them to the rotation that is under way or came last. */
import { parseSecretName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import type { View } from '../vault/core/view.ts';
import type { LineageRecord } from '../vault/records/kinds.ts';
import { requireSecret, versionsIn } from '../vault/secrets/find-secret.ts';
import { isUnderWay } from './merge-parts.ts';
import { ReadRotation } from './read-rotation.ts';

/** Realms in the order in which they decide which lineage or rotation is meant: those that can be read first, of them production's. */
export function decidingOrder(view: View): string[] {
  const environments = view.environmentNames();
  const production = environments.filter((name) => view.isProduction(name));
  const order = [...new Set([...production, ...environments, ...view.realmNames()])];
  return [...order.filter((realm) => view.canRead(realm)), ...order.filter((realm) => !view.canRead(realm))];
}

/** The base of the lineage that a name belongs to: the base itself, or any version of it that is or was. @throws secret_not_found */
export async function baseOf(view: View, name: string): Promise<string> {
  const order = decidingOrder(view);
  const records = await view.getAcross('name', name, order);
  const record = records.find(({ state }) => state !== 'deleted') ?? records[0];
  if (record !== undefined) return record.base;
  const parsed = parseSecretName(name);
  for (const base of parsed === null ? [] : new Set([name, parsed.base]))
    if ((await view.getAcross('lineage', base, order)).length > 0) return base;
  return (await requireSecret(view, name)).base;
}

/** The bases of these names, each once. @throws secret_not_found, usage */
export async function basesOf(view: View, names: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const name of names) {
    const base = await baseOf(view, name);
    await requireAgreed(view, name, base);
    found.add(base);
  }
  return [...found];
}

/**
 * That production, where it has the lineage, takes the name for one of it: what another environment says must not have production's secret
 * rotated when a person names another one. What the name says by itself a person can see.
 * @throws usage
 */
async function requireAgreed(view: View, name: string, base: string): Promise<void> {
  if (name === base || parseSecretName(name)?.base === base) return;
  const production = view.environmentNames().filter((realm) => view.isProduction(realm) && view.canRead(realm));
  for (const { realm, names } of await view.getAcross('lineage', base, production)) {
    if (names.includes(name)) continue;
    throw errors.usage(
      `${name} is a version of ${base} in another environment, but not in ${realm}`,
      `to rotate ${base}: knox rotate ${base}`,
      `see who changed it: knox audit ${name}`,
    );
  }
}

/** Environments that say which rotations there are, production first: those that can be read; without a key all, as the file says. */
function tellingEnvironments(view: View): string[] {
  const environments = view.environmentNames();
  const order = decidingOrder(view).filter((realm) => environments.includes(realm));
  const readable = order.filter((realm) => view.canRead(realm));
  return readable.length > 0 ? readable : order;
}

/** Every rotation that can be read, oldest first; without a key all of them, as the file says. */
export async function allRotations(view: View): Promise<ReadRotation[]> {
  const ids = new Set<string>();
  for (const environment of tellingEnvironments(view))
    for (const { id } of await view.all('rotation', environment)) ids.add(id);
  const found: ReadRotation[] = [];
  for (const id of ids) found.push(await ReadRotation.read(view, id));
  // Of two that were started at one time, the one that changed last came last.
  return found.toSorted((left, right) =>
    left.startedAt === right.startedAt ? left.entry - right.entry : left.startedAt < right.startedAt ? -1 : 1,
  );
}

/** The rotations of a lineage, oldest first. */
async function rotationsOf(view: View, base: string): Promise<ReadRotation[]> {
  return (await allRotations(view)).filter(({ secrets }) => secrets.some((secret) => secret.base === base));
}

/** The one that these lineages had last, of all of them: the one under way, where there is one. @throws rotation_not_found, usage where they do not share it */
export async function lastRotationOf(view: View, bases: readonly string[]): Promise<ReadRotation> {
  const [base, ...others] = bases as readonly [string, ...string[]];
  const last = async (one: string): Promise<ReadRotation | undefined> =>
    (await activeRotationOf(view, one)) ?? (await rotationsOf(view, one)).at(-1);
  const found = await last(base);
  if (found === undefined)
    throw errors.rotation_not_found(`${base} has never been rotated`, `start: knox rotate ${base}`);
  for (const other of others) {
    if ((await last(other))?.id === found.id) continue;
    throw errors.usage(`${base} and ${other} were not rotated together`, 'give one of them');
  }
  return found;
}

/**
 * The rotation of a lineage that has not ended, or null. The first environment that has a version of it says which: a rotation starts from
 * what that one is on, so that there is none without it.
 */
export async function activeRotationOf(view: View, base: string): Promise<ReadRotation | null> {
  for (const realm of tellingEnvironments(view)) {
    const lineage = await view.get('lineage', realm, base);
    if (lineage === null) continue;
    const id = await rotationIn(view, lineage);
    if (id !== null) return ReadRotation.read(view, id);
    if ((await versionsIn(view, lineage)).some(({ state }) => state === 'live')) return null;
  }
  return null;
}

/** Id of the rotation that a lineage is in, as its realm says by itself, or null. */
export async function rotationIn(view: View, { realm, rotation }: LineageRecord): Promise<string | null> {
  const part = rotation === null ? null : await view.get('rotation', realm, rotation);
  return part !== null && isUnderWay(part) ? part.id : null;
}

/**
 * These lineages, and those that are being rotated together with any of them: a rotation is taken up as a whole. One of which only the rotation
 * says so, in an environment that does not decide it, is none of them.
 */
export async function withCompanions(view: View, bases: readonly string[]): Promise<string[]> {
  const found = new Set(bases);
  for (const base of bases) {
    const rotation = await activeRotationOf(view, base);
    for (const secret of rotation?.secrets ?? [])
      if ((await activeRotationOf(view, secret.base))?.id === rotation!.id) found.add(secret.base);
  }
  return [...found];
}

/**
 * The one rotation under way of these lineages, or null where none of them has one.
 * @throws rotation_in_progress where they belong to different ones, or only some of them to one
 */
export async function commonRotation(view: View, bases: readonly string[]): Promise<ReadRotation | null> {
  const found = new Map<string, ReadRotation>();
  let without = 0;
  for (const base of bases) {
    const rotation = await activeRotationOf(view, base);
    if (rotation === null) without += 1;
    else found.set(rotation.id, rotation);
  }
  if (found.size === 0) return null;
  if (found.size > 1 || without > 0) {
    throw errors.rotation_in_progress(
      'these secrets are not in one rotation, and one of them is being rotated',
      'continue that one first: knox rotations',
    );
  }
  return [...found.values()][0]!;
}
