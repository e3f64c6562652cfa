/** A name of a file that somebody gives: `-` is how other programs call a stream, and no file of that name is meant. */
import { errors } from '../errors.ts';

/** @param what is written there, at the beginning of a sentence @throws usage for `-` */
export function requireFileName(given: string, what: string): void {
  if (given === '-')
    throw errors.usage(
      `${what} must be written to a file, not to a stream`,
      'give a file name (./- for a file called -)',
    );
}
