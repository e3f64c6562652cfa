/**
 * The words of a secret's name: between `_`, `.` and `-`, and at the humps of `stripeApiKey` and `StripeAPIKey`. Upper case alone has no
 * humps, nor has a digit before it: `OAUTH2TOKEN` is one word.
 */

export interface NameWords {
  /** Joined in turn with the separators they are the name. */
  readonly words: readonly string[];
  /** One fewer; empty at a hump. */
  readonly separators: readonly string[];
}

const HUMP = /(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])/;

export function splitName(name: string): NameWords {
  const words: string[] = [];
  const separators: string[] = [];
  for (const [index, part] of name.split(/([_.-]+)/).entries()) {
    if (index % 2 === 1) {
      separators.push(part);
      continue;
    }
    const humps = part.split(HUMP);
    words.push(...humps);
    separators.push(...humps.slice(1).map(() => ''));
  }
  return { words, separators };
}
