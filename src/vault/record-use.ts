/** Recording that values were given out: one row a secret, environment and consumer, and one audit entry a command. */
import type { StoredRow } from '../store/tables.ts';
import type { Change } from './change.ts';

export interface Use {
  readonly secret: string;
  readonly name: string;
  readonly environment: string;
  /** The route that got it, where a command gives values to several. */
  readonly consumer?: string;
}

/** @param consumer the route or command that got the values */
export async function recordUses(
  change: Change,
  uses: readonly Use[],
  consumer: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const known = await knownUsages(change, uses);
  for (const { secret, environment, consumer: own } of uses) {
    const who = own ?? consumer;
    const before = known.get(keyOf(secret, environment, who));
    const row = await change.put('usage', {
      id: before?.id ?? change.newId(),
      secret,
      environment,
      consumer: who,
      last_at: change.at,
      count: (before?.count ?? 0) + 1,
    });
    known.set(keyOf(secret, environment, who), row);
  }
  change.log({
    action: 'use',
    secret: onlyOne(uses.map(({ name }) => name)),
    environment: onlyOne(uses.map(({ environment }) => environment)),
    route: onlyOne(uses.map(({ consumer: own }) => own ?? null)),
    detail: {
      ...detail,
      consumer,
      uses: uses.map(({ name, environment, consumer: own }) => ({
        secret: name,
        environment,
        ...(own === undefined ? {} : { consumer: own }),
      })),
    },
  });
}

/** What all have in common: of several, the entry's detail says which they were. */
function onlyOne(all: readonly (string | null)[]): string | null {
  const [first = null] = all;
  return all.every((one) => one === first) ? first : null;
}

/** One question a secret and environment, not one a use: a thousand files use the same few. */
async function knownUsages(change: Change, uses: readonly Use[]): Promise<Map<string, StoredRow<'usage'>>> {
  const known = new Map<string, StoredRow<'usage'>>();
  const asked = new Set<string>();
  for (const { secret, environment } of uses) {
    const pair = keyOf(secret, environment);
    if (asked.has(pair)) continue;
    asked.add(pair);
    for (const row of await change.find('usage', { secret, environment }))
      known.set(keyOf(secret, environment, row.consumer), row);
  }
  return known;
}

function keyOf(...parts: string[]): string {
  return JSON.stringify(parts);
}
