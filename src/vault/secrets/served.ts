/** Which versions are in use: what an environment is on. A version that a rotation has only prepared is none of them. Needs no key. */
import { SHARED } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';

/** Names of the live versions that some environment is on; of a lineage that none is on, the newest shared one. */
export async function servedNames(view: View): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const bases = new Set<string>();
  for (const realm of view.realmNames()) {
    const lineages = new Map((await view.all('lineage', realm)).map((lineage) => [lineage.base, lineage]));
    const live = (await view.all('name', realm)).filter(({ state }) => state === 'live');
    for (const [base, versions] of Map.groupBy(live, (record) => record.base)) {
      if (realm === SHARED && bases.has(base)) continue;
      bases.add(base);
      const newestFirst = versions.toSorted((left, right) => right.version - left.version);
      const current = lineages.get(base)?.current;
      names.add((newestFirst.find(({ name }) => name === current) ?? newestFirst[0]!).name);
    }
  }
  return names;
}
