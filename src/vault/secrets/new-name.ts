/**
 * What a realm will say of a name that is new there: what the person says, what the name itself says, and what another realm says whose key is
 * at hand, so far as it decides nothing: never to which lineage it belongs.
 */
import { highestVersion, parseSecretName } from '../../domain/secret-name.ts';
import { errors } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import type { LineageRecord, NameRecord } from '../records/kinds.ts';
import type { NameContent } from '../records/name.ts';

/** What stands of a name before it is put into a realm. */
export interface Before {
  readonly realm: string;
  /** What the realm itself says, in whatever state. */
  readonly own: NameRecord | null;
  /** What another realm says whose key is at hand. */
  readonly like: NameRecord | null;
}

type Version = Pick<NameContent, 'base' | 'version'>;

/**
 * Which version of which lineage a name is. Another realm's word counts where it is what the name says by itself; else the person has to say
 * it, since a reference to the lineage will give this value.
 * @param given the base that the person says, or null
 * @throws secret_exists, usage
 */
export async function versionOf(
  change: Change,
  name: string,
  given: string | null,
  { realm, own, like }: Before,
): Promise<Version> {
  if (own !== null && (given === null || own.base === given)) return { base: own.base, version: own.version };
  const parsed = parseSecretName(name)!;
  const isNext = given === null && (await change.get('lineage', realm, parsed.base)) !== null;
  if (like !== null && !isNext) {
    const isByName = like.base === name || like.base === parsed.base;
    if (given === null && !isByName) {
      throw errors.usage(
        `in ${like.realm}, ${name} is version ${like.version} of ${like.base}, which its name does not say`,
        `to make it that here too: --base ${like.base}`,
      );
    }
    if (isByName) return { base: like.base, version: like.base === parsed.base ? parsed.version : 1 };
    if (like.base === given) return { base: given, version: like.version };
  }
  const joins = given !== null || parsed.version === 1 || (await change.getAcross('lineage', parsed.base)).length > 0;
  const base = given ?? (joins ? parsed.base : name);
  // A name that says nothing of its base is the next one of the lineage that it was given.
  const version = !joins ? 1 : parsed.base === base ? parsed.version : (await highestOf(change, base, realm)) + 1;
  await refuseTwin(change, name, { base, version });
  return { base, version };
}

/** The highest version in any realm whose key is at hand; the realm that gets the name counts. */
async function highestOf(change: Change, base: string, realm: string): Promise<number> {
  const own = (await change.get('lineage', realm, base))?.highest ?? 0;
  const lineages = await change.getAcross('lineage', base, change.readableRealms());
  return highestVersion(
    own,
    lineages.map(({ highest }) => highest),
  );
}

async function refuseTwin(change: Change, name: string, { base, version }: Version): Promise<void> {
  for (const { realm, names } of await change.getAcross('lineage', base)) {
    for (const other of names) {
      const record = other === name ? null : await change.find('name', realm, other);
      if (record?.base !== base || record.version !== version || record.state === 'deleted') continue;
      throw errors.secret_exists(`${base} already has a version ${version}: ${other}`, 'use another name');
    }
  }
}

/** Without a value yet: `value` or `shared` is to be filled in. */
export function newContent(change: Change, name: string, version: Version, { own, like }: Before): NameContent {
  return {
    name,
    ...version,
    state: 'live',
    value: null,
    shared: null,
    kind: like?.kind ?? 'standard',
    every: like?.every ?? null,
    expiresAt: like?.expiresAt ?? null,
    note: like?.note ?? null,
    owner: like?.owner ?? null,
    expectUnused: like?.expectUnused ?? false,
    exposed: [],
    createdAt: change.at,
    createdBy: change.actor,
    withdrawnAt: null,
    deletedAt: null,
    earlier: own === null ? [] : [...own.earlier, { createdAt: own.createdAt, deletedAt: own.deletedAt ?? change.at }],
  };
}

/** What was noted of a name while it stood before is not about the value that it gets now; the log keeps it. */
export async function forgetPast(change: Change, { own }: Before): Promise<void> {
  if (own === null) return;
  for (const kind of ['use', 'refusal'] as const)
    for (const record of await change.about(kind, own.realm, own.name)) await change.remove(record);
}

/** Puts the name into the lineage of its realm. */
export async function putLineage(change: Change, { realm, name, base, version }: NameRecord): Promise<LineageRecord> {
  const before = await change.get('lineage', realm, base);
  const highest = Math.max(version, await highestOf(change, base, realm));
  if (before !== null) {
    const names = before.names.includes(name) ? before.names : [...before.names, name];
    return change.update(before, { highest, names });
  }
  return change.put('lineage', realm, {
    base,
    names: [name],
    highest,
    current: null,
    previous: null,
    movedAt: null,
    dueAt: null,
    rotation: null,
    createdAt: change.at,
  });
}
