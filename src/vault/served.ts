/** Which versions are in use: what an environment is on. A version that a rotation has only prepared is none of them. Needs no key. */
import type { StoredRow } from '../store/tables.ts';
import { SHARED } from './manifest.ts';
import type { View } from './view.ts';

/** Names of the live versions that some environment is on; of a lineage without any value at hand, its newest one. */
export async function servedNames(view: View): Promise<ReadonlySet<string>> {
  const held = new Set((await view.find('value')).map(({ secret, environment }) => `${secret} ${environment}`));
  const current = new Map(
    (await view.find('current')).map(({ lineage, environment, secret }) => [`${lineage} ${environment}`, secret]),
  );
  const live = (await view.find('secret')).filter(({ state }) => state === 'live');
  const names = new Set<string>();
  for (const [lineage, versions] of Map.groupBy(live, (secret) => secret.lineage)) {
    const newestFirst = versions.toSorted((left, right) => right.version - left.version);
    const served = view.environmentNames().flatMap((environment) => {
      const usable = newestFirst.filter((secret) => held.has(`${secret.id} ${placeOf(secret, environment)}`));
      return usable.find(({ id }) => id === current.get(`${lineage} ${environment}`)) ?? usable[0] ?? [];
    });
    for (const { name } of served.length === 0 ? newestFirst.slice(0, 1) : served) names.add(name);
  }
  return names;
}

function placeOf({ scope }: StoredRow<'secret'>, environment: string): string {
  return scope === 'shared' ? SHARED : environment;
}
