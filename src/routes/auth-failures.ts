/** Authentication failures, noted for each secret that was sent: a probe answered with 401 or 403, or what another system saw. */
import type { Change } from '../vault/change.ts';
import type { Use } from '../vault/record-use.ts';

/** @param source what saw it, such as `probe of config/app.env` @param count how often */
export async function recordAuthFailures(
  change: Change,
  sent: readonly Pick<Use, 'secret'>[],
  environment: string,
  source: string,
  count = 1,
): Promise<void> {
  for (const { secret } of sent) {
    await change.put('auth_failure', { id: change.newId(), secret, environment, at: change.at, count, source });
  }
}
