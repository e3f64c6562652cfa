/** Recording that values were given out: one row a secret, environment and consumer, and one audit entry a command. */
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
  for (const { secret, environment, consumer: own } of uses) {
    const who = own ?? consumer;
    const before = await change.findOne('usage', { secret, environment, consumer: who });
    await change.put('usage', {
      id: before?.id ?? change.newId(),
      secret,
      environment,
      consumer: who,
      last_at: change.at,
      count: (before?.count ?? 0) + 1,
    });
  }
  const [only] = uses;
  const isOne = uses.length === 1 && only !== undefined;
  change.log({
    action: 'use',
    secret: isOne ? only.name : null,
    environment: isOne ? only.environment : null,
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
