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
      '"shared" is reserved: it cannot be the name of an environment',
      'for one value in all environments: --shared',
    );
  }
  throw errors.invalid_name(
    'invalid environment name: use 1 to 63 letters, digits, "_" or "-", starting with a letter or digit',
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
    throw errors.usage('empty name in a comma-separated list', 'separate names with commas: development,staging');
  }
  if (new Set(names).size !== names.length) {
    throw errors.usage('duplicate name in a comma-separated list', 'name each one once: development,staging');
  }
  return names;
}
