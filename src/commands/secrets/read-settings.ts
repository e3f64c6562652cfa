/** Readers of the options that say how a secret is to be kept. */
import type { Reading } from '../../command-line/option.ts';
import { parseDuration } from '../../domain/duration.ts';
import { parseDate } from '../../domain/time.ts';
import { errors } from '../../errors.ts';

/** `--every`: seconds; 0 is how the vault keeps "never". @throws usage */
export function readEvery(text: string): number {
  const seconds = text === 'never' ? 0 : parseDuration(text);
  if (seconds > 0 || text === 'never') return seconds;
  throw errors.usage('--every takes a duration greater than zero, or never', 'for example 90d');
}

/** `--expires`: a time in ISO form, or never. @throws usage */
export function readExpiry(text: string, { now }: Reading): string {
  return text === 'never' ? text : parseDate(text, now);
}
