/**
 * What an environment may be called, and which names mean production when nobody said so. Looking
 * a name up never ignores case; only the guess about production does, because guessing wrong there means that a live
 * system gets less care than it needs.
 */
import { errors } from '../errors.ts';

const RULE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const PRODUCTION = ['production', 'prod', 'prd', 'live', 'main'];

/** The realm of the values that environments share; so no environment may be called so. */
export const SHARED = 'shared';

export function isEnvironmentName(name: string): boolean {
  return RULE.test(name) && name.toLowerCase() !== SHARED;
}

/**
 * The name itself where an environment may be called so.
 * @throws `invalid_name`
 */
export function parseEnvironmentName(name: string): string {
  if (isEnvironmentName(name)) return name;
  if (name.toLowerCase() === SHARED) {
    throw errors.invalid_name(
      'no environment can be called "shared": the word stands for a value that all environments have in common',
      'add such a secret with --shared',
    );
  }
  throw errors.invalid_name(
    'an environment has a name of 1 to 63 letters, digits, "_" and "-" that begins with a letter or a digit',
    'for example staging, or eu-production',
  );
}

/** Names of environments to be, separated by commas. @throws usage, invalid_name */
export function parseEnvironmentNames(text: string): string[] {
  return parseNames(text).map(parseEnvironmentName);
}

/** Whether a name means production where `--production` did not say: it is or begins with one of the known words. */
export function isProductionName(name: string): boolean {
  const lower = name.toLowerCase();
  return PRODUCTION.some((word) => lower.startsWith(word));
}

/**
 * The NAMES of a comma-separated list, trimmed, in their order. Whether each is a valid or an existing name is for the
 * caller to say: `shared` may stand in some lists.
 * @throws `usage` for an empty list, an empty item or a name that stands twice.
 */
export function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) {
    throw errors.usage('a list of names has an empty place', 'names are separated by commas: development,staging');
  }
  if (new Set(names).size !== names.length) {
    throw errors.usage('a list of names has the same name twice', 'name each one once: development,staging');
  }
  return names;
}
