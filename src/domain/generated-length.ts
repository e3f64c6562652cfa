/** How long a value is that knox makes, in characters. */
import { errors } from '../errors.ts';

export const DEFAULT_LENGTH = 32;
const LONGEST = 1_048_576;

/** @param given null for the default @throws usage */
export function parseLength(given: string | null): number {
  const length = given === null ? DEFAULT_LENGTH : Number(given);
  if (!Number.isSafeInteger(length) || length < 1 || length > LONGEST)
    throw errors.usage('--generate takes a length in characters', 'for example --generate 48; a name stands before it');
  return length;
}
