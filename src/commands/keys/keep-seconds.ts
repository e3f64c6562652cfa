/** How long a key is kept in a keyring. */
import type { Reading } from '../../command-line/option.ts';
import { formatDuration, parseDuration } from '../../domain/duration.ts';
import { errors } from '../../errors.ts';
import { KEEP_SECONDS } from '../../vault/trust/kept-key.ts';

/** Seconds of a DURATION; null for the default. @throws usage */
export function parseKeepSeconds(text: string | null, { flag }: Pick<Reading, 'flag'>): number {
  if (text === null) return KEEP_SECONDS.default;
  const seconds = parseDuration(text);
  if (seconds >= KEEP_SECONDS.least && seconds <= KEEP_SECONDS.most) return seconds;
  throw errors.usage(
    `a key can be kept from ${formatDuration(KEEP_SECONDS.least)} to ${formatDuration(KEEP_SECONDS.most)}`,
    `for example ${flag} 8h`,
  );
}
