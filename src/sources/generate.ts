/** The generator: characters from the system's random source. */
import { randomInt } from 'node:crypto';
import { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const DEFAULT_LENGTH = 32;
const LONGEST = 1_048_576;

/** The value of `--generate [LENGTH]`, in characters. @throws usage */
export function parseLength(given: string | true): number {
  const length = given === true ? DEFAULT_LENGTH : Number(given);
  if (!Number.isSafeInteger(length) || length < 1 || length > LONGEST)
    throw errors.usage('--generate takes a length in characters, such as 32');
  return length;
}

/** `length` characters of `A-Z a-z 0-9`, each as likely as any other. */
export function generateValue(length: number): Plaintext {
  return Plaintext.fromText(Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
}
