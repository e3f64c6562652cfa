/** A probe that was answered with 401 or 403: noted for each secret that it sent. */
import type { Change } from '../vault/change.ts';
import type { Use } from '../vault/record-use.ts';

/** @param source what saw it, such as `probe of config/app.env` */
export async function recordAuthFailures(
  change: Change,
  sent: readonly Use[],
  environment: string,
  source: string,
): Promise<void> {
  for (const { secret } of sent) {
    await change.put('auth_failure', { id: change.newId(), secret, environment, at: change.at, count: 1, source });
  }
}
