/**
 * The names of secrets: which are allowed, how a version is written into one, and how a reference names a version.
 * Names are case-sensitive and never folded. A name that was not accepted is shown escaped and cut short, because what
 * somebody typed in the place of a name may hold terminal control characters, or be a value pasted by mistake.
 */
import { errors } from '../errors.ts';

const BASE = /^[A-Za-z_][A-Za-z0-9_.-]{0,119}$/;
const VERSION_SUFFIX = /^(.+)_([vV])([2-9]|[1-9][0-9]{1,8})$/;
const SHOWN_CHARACTERS = 60;

export interface SecretName {
  readonly name: string;
  /** The name without its version suffix: equal to `name` for version 1. */
  readonly base: string;
  /** 1 for a name without a version suffix. */
  readonly version: number;
}

export interface SecretReference {
  readonly name: string;
  readonly at: 'current' | 'previous' | null;
}

/** Whether a base is written all in upper case, so that its versions are `_V2`, `_V3`, …. */
function isUpperCase(base: string): boolean {
  return /[A-Z]/.test(base) && !/[a-z]/.test(base);
}

/** Reads a name, or gives `null` where it is not one. `X_v2` is version 2 of `X`; `X_v1` and `X_v02` are bases. */
export function parseSecretName(text: string): SecretName | null {
  const suffix = VERSION_SUFFIX.exec(text);
  if (suffix !== null) {
    const [, base, letter, digits] = suffix as unknown as [string, string, string, string];
    if (BASE.test(base) && (letter === 'V') === isUpperCase(base)) {
      return { name: text, base, version: Number(digits) };
    }
  }
  return BASE.test(text) ? { name: text, base: text, version: 1 } : null;
}

/** The name of version `version` of `base`: the base itself for 1, else with `_vN`, or `_VN` for an upper-case base. */
export function versionName(base: string, version: number): string {
  if (version === 1) {
    return base;
  }
  return `${base}_${isUpperCase(base) ? 'V' : 'v'}${version}`;
}

/** No environment is honestly further ahead of another. */
const MOST_AHEAD = 1000;

/**
 * The highest version of a lineage that any realm tells of. A number far beyond what the realm that counts has come to is left out: whoever
 * writes it there would use up all that there are.
 * @param own what the realm that counts has come to
 */
export function highestVersion(own: number, others: readonly number[]): number {
  return Math.max(own, ...others.filter((highest) => highest <= own + MOST_AHEAD));
}

/** Reads `NAME`, `NAME@current` or `NAME@previous`, or gives `null` where it is none of them. */
export function parseReference(text: string): SecretReference | null {
  const at = text.indexOf('@');
  const name = at === -1 ? text : text.slice(0, at);
  const word = at === -1 ? null : text.slice(at + 1);
  if (parseSecretName(name) === null || (word !== null && word !== 'current' && word !== 'previous')) {
    return null;
  }
  return { name, at: word };
}

/** Reads a name. Throws `invalid_name`, which does not repeat the text: it may be a value pasted in the wrong place. */
export function requireSecretName(text: string): SecretName {
  const name = parseSecretName(text);
  if (name === null) {
    throw errors.invalid_name('invalid secret name', NAME_RULE);
  }
  return name;
}

/** Reads a name with or without `@current` or `@previous`. Throws `invalid_name`. */
export function requireReference(text: string): SecretReference {
  const reference = parseReference(text);
  if (reference === null) {
    throw errors.invalid_name('invalid secret name', `${NAME_RULE}; NAME@current and NAME@previous name a version`);
  }
  return reference;
}

export const NAME_RULE =
  'a name starts with a letter or "_" and has letters, digits, "_", "." and "-", at most 120 characters';

/** `text` in quotes for a message: control, bidirectional and zero-width characters escaped, cut to 60 characters. */
export function quoted(text: string): string {
  const characters = [...text];
  const shown = characters.length > SHOWN_CHARACTERS ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…` : text;
  return JSON.stringify(shown).replace(
    /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
