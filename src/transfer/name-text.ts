/** The names of a file that is read, in what is said of it. */
import { parseSecretName } from '../domain/secret-name.ts';

/** A name as it is shown: what is none may be a value in the wrong place. */
export function nameText(name: string): string {
  return parseSecretName(name) === null ? 'an invalid name' : name;
}
