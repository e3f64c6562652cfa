/** Recording that values were given out: one record a name, realm and consumer, and one audit entry a command. */
import type { Change } from '../core/change.ts';
import type { UseRecord } from '../records/kinds.ts';

export interface Use {
  /** The name that was resolved. */
  readonly name: string;
  /** The environment that was asked, also for a shared value; `shared` where that itself was asked for. */
  readonly realm: string;
  /** The route that got it, where a command gives values to several. */
  readonly consumer?: string;
}

/** @param consumer the route or command that got the values @throws not_granted where a realm's key is not at hand */
export async function recordUses(
  change: Change,
  uses: readonly Use[],
  consumer: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const groups = Map.groupBy(uses, ({ name, realm }) => JSON.stringify([realm, name]));
  for (const group of groups.values()) {
    const counts = new Map<string, number>();
    for (const { consumer: own = consumer } of group) counts.set(own, (counts.get(own) ?? 0) + 1);
    const { name, realm } = group[0]!;
    const known = await usesOfName(change, realm, name);
    const { at, actor } = change;
    for (const [own, count] of counts) {
      const told = { name, consumer: own, count, at, actor, isReported: false };
      await putUse(change, realm, known.get(own) ?? null, told);
    }
  }
  change.log({
    action: 'use',
    secret: onlyOne(uses.map(({ name }) => name)),
    environment: onlyOne(uses.map(({ realm }) => realm)),
    route: onlyOne(uses.map(({ consumer: own }) => own ?? null)),
    detail: {
      ...detail,
      consumer,
      uses: uses.map(({ name, realm, consumer: own }) => ({
        secret: name,
        environment: realm,
        ...(own === undefined ? {} : { consumer: own }),
      })),
    },
  });
}

/** By consumer. */
export async function usesOfName(change: Change, realm: string, name: string): Promise<Map<string, UseRecord>> {
  return new Map((await change.about('use', realm, name)).map((record) => [record.consumer, record]));
}

interface Told {
  readonly name: string;
  readonly consumer: string;
  readonly count: number;
  /** When the last of them was. */
  readonly at: string;
  /** The account that it was by. */
  readonly actor: string;
  /** It was told later than it was: it is the last only where its time is. */
  readonly isReported: boolean;
}

/** Adds to what is known of one consumer. */
export async function putUse(
  change: Change,
  realm: string,
  before: UseRecord | null,
  { name, consumer, count, at, actor, isReported }: Told,
): Promise<UseRecord> {
  const last = { lastEntry: change.seq, lastAt: at, lastActor: actor };
  if (before === null) return change.put('use', realm, { id: change.newId(), name, consumer, ...last, count });
  const isLast = !isReported || at >= before.lastAt;
  return change.update(before, { ...(isLast ? last : {}), count: before.count + count });
}

/** What all have in common: of several, the entry's detail says which they were. */
function onlyOne(all: readonly (string | null)[]): string | null {
  const [first = null] = all;
  return all.every((one) => one === first) ? first : null;
}
