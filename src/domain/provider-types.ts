/**
 * The shape of what knox knows about providers, and the two builders that the table is written with. Every fact is public
 * and documented by the provider; what is not known for sure is `null` or `unknown`, never a guess.
 */

/** What a key's prefix says about the data it reaches; `null` where it says nothing. */
export type Mode = 'live' | 'test' | null;

export interface ProviderPattern {
  /** For a sentence: `looks like a Stripe live key`. */
  label: string;
  mode: Mode;
  /** The literal beginning, or `null` where only the whole shape tells. */
  prefix: string | null;
  /** The whole value, without blanks around it. Linear in its length. */
  regex: RegExp;
  /** The same inside other text, for what begins with a prefix; `null` where only the whole value can tell. */
  inside: RegExp | null;
  /** So common a shape (32 hexadecimal digits) that it tells only for a secret that is named after the provider. */
  isVague: boolean;
}

export interface Overlap {
  /**
   * Whether an old and a new credential can both be valid: `unlimited` in time, `limited` to `days` or to a number of
   * `keys`, `none` where making the new one ends the old one, `unknown`.
   */
  kind: 'unlimited' | 'limited' | 'none' | 'unknown';
  /** The most days that the old one lives on; `null` where time is not a limit, or not known. */
  days: number | null;
  /** The most credentials at once; `null` where there is no such limit, or not known. */
  keys: number | null;
  /** One sentence for a person. */
  note: string;
}

export interface Provider {
  id: string;
  name: string;
  /** Where its keys are made; `null` where that address differs from account to account. */
  keysPage: string | null;
  /** Matches the name of a secret that is this provider's. */
  names: RegExp;
  patterns: readonly ProviderPattern[];
  overlap: Overlap;
  /** Where and how a person ends an old credential; `null` where not known for sure. */
  howToRevoke: string | null;
}

/**
 * A credential that begins with `prefix`; `rest` is the source of a regular expression for what follows. It must be one
 * run of a character class, or runs with a literal between them that is not in the class, so that matching is linear.
 */
export function key(label: string, prefix: string, rest: string, mode: Mode = null): ProviderPattern {
  const literal = prefix.replace(/[.*+?^${}()|[\]\\/]/g, (c) => `\\${c}`);
  return {
    label,
    mode,
    prefix,
    regex: new RegExp(`^${literal}(?:${rest})$`),
    inside: new RegExp(`(?<![A-Za-z0-9])${literal}(?:${rest})`),
    isVague: false,
  };
}

/** A credential without a prefix of its own, known by its whole shape. */
export function shape(label: string, regex: RegExp): ProviderPattern {
  return { label, mode: null, prefix: null, regex, inside: null, isVague: false };
}

/** A shape that others have too: it tells only together with the secret's name. */
export function vague(label: string, regex: RegExp): ProviderPattern {
  return { ...shape(label, regex), isVague: true };
}

export const unlimited = (note: string): Overlap => ({ kind: 'unlimited', days: null, keys: null, note });
export const limitedToKeys = (keys: number, note: string): Overlap => ({ kind: 'limited', days: null, keys, note });
export const limitedToDays = (days: number, note: string): Overlap => ({ kind: 'limited', days, keys: null, note });
export const none = (note: string): Overlap => ({ kind: 'none', days: null, keys: null, note });
export const unknown = (note: string): Overlap => ({ kind: 'unknown', days: null, keys: null, note });

/** Matches a word at the beginning, the end or between separators of a secret's name, whatever its case. */
export function named(...words: string[]): RegExp {
  return new RegExp(`(?:^|[_.-])(?:${words.join('|')})(?:$|[_.-])`, 'i');
}
