/** Where and how a person has an old value refused, as far as its provider is known. */
import { providerForName } from '../domain/providers.ts';

/** @param names versions @returns what to do, and what else is good to know */
export function howToRevoke(
  base: string,
  names: readonly string[],
  environments: readonly string[],
): [string, ...string[]] {
  const provider = providerForName(base);
  const page = provider?.keysPage ?? null;
  const where = page === null ? 'where it was made' : `at ${page}`;
  const how = provider?.howToRevoke ?? null;
  const what = `Revoke the value of ${names.join(', ')} for ${environments.join(', ')} ${where}`;
  return how === null ? [what] : [what, how];
}
