/** A name of a file that somebody gives: `-` is how other programs call a stream, and no file of that name is meant. */
import { errors } from '../errors.ts';

/** @param what is written there, at the beginning of a sentence @throws usage for `-` */
export function requireFileName(given: string, what: string): void {
  if (given === '-')
    throw errors.usage(`${what} goes to a file, not to a stream`, 'name a file; ./- is one of that name');
}
