/**
 * Whose word counts of a name and of a rotation: production's, where it has them. An entry of the log tells of them only where it names such a
 * realm, which nobody without its key can have written.
 */
import { allRotations, decidingOrder } from '../rotation/find-rotation.ts';
import { leading } from '../rotation/merge-parts.ts';
import type { View } from '../vault/core/view.ts';
import type { AuditEntry } from '../vault/log/audit-entry.ts';
import type { NameRecord } from '../vault/records/kinds.ts';

export interface Deciding {
  /** By name, what each realm says, the one that counts first: where it stands goes before where it was. */
  readonly names: ReadonlyMap<string, readonly NameRecord[]>;
  /** By rotation, ids of the realms that count. */
  readonly rotations: ReadonlyMap<string, readonly string[]>;
  /** By name, the id of the realm that counts. */
  readonly realms: ReadonlyMap<string, string>;
}

export async function readDeciding(view: View): Promise<Deciding> {
  const order = decidingOrder(view);
  const rank = ({ state, realm }: NameRecord): number =>
    (state === 'deleted' ? order.length : 0) + order.indexOf(realm);
  const all = (await view.across('name')).filter(({ state }) => state !== 'pending');
  const names = new Map<string, readonly NameRecord[]>();
  const realms = new Map<string, string>();
  for (const [name, records] of Map.groupBy(all, (record) => record.name)) {
    const ranked = records.toSorted((left, right) => rank(left) - rank(right));
    names.set(name, ranked);
    realms.set(name, view.realmId(ranked[0]!.realm));
  }
  const production = new Set(view.environmentNames().filter((name) => view.isProduction(name)));
  const rotations = new Map<string, readonly string[]>();
  for (const { id, parts } of await allRotations(view))
    rotations.set(
      id,
      leading(parts, production).map(({ realm }) => view.realmId(realm)),
    );
  return { names, rotations, realms };
}

export function tellsOfName({ realms }: Deciding, name: string, entry: AuditEntry): boolean {
  const realm = realms.get(name);
  return realm === undefined || Object.hasOwn(entry.realms, realm);
}

export function tellsOfRotation({ rotations }: Deciding, id: string, entry: AuditEntry): boolean {
  return rotations.get(id)?.some((realm) => Object.hasOwn(entry.realms, realm)) ?? true;
}
