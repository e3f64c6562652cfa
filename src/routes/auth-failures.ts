/** Authentication failures, noted for each secret that was sent: a probe answered with 401 or 403, or what another system saw. */
import type { Change } from '../vault/core/change.ts';
import type { Use } from '../vault/uses/record-use.ts';

/** @param source what saw it, such as `probe of config/app.env` @param count how often */
export async function recordAuthFailures(
  change: Change,
  sent: readonly Pick<Use, 'name'>[],
  environment: string,
  source: string,
  count = 1,
): Promise<void> {
  for (const name of new Set(sent.map((use) => use.name)))
    await change.put('refusal', environment, { id: change.newId(), name, at: change.at, count, source });
}
