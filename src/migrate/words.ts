/**
 * Reading a name that follows a convention: which of its words says the environment, and what it is without it. Here, and only here, case
 * is ignored: `STRIPE_PROD_KEY` and `stripe_prod_key` both say production. Nothing is ever resolved by it, it only makes a proposal.
 */

export interface KnownEnvironment {
  readonly name: string;
  readonly production: boolean;
}

/** Words that mean the same environment. */
const SYNONYMS: readonly (readonly string[])[] = [
  ['production', 'prod', 'prd', 'live'],
  ['staging', 'stage', 'stg', 'preprod', 'preproduction'],
  ['development', 'dev', 'devel', 'develop'],
  ['test', 'testing', 'tst', 'qa', 'uat'],
  ['sandbox', 'sbx'],
  ['integration'],
];
const PRODUCTION = SYNONYMS[0]!;

export type NameReading =
  | { readonly kind: 'unclear'; readonly reason: string }
  | {
      readonly kind: 'one';
      readonly environment: string;
      /** The name without the word. */
      readonly to: string;
      /** The same for names that differ only in the environment's word. */
      readonly style: string;
      /** The same for names of one thing, however they are written. */
      readonly thing: string;
    };

/** Null where no word of the name says an environment, or where nothing else is left of it. */
export function readName(name: string, environments: readonly KnownEnvironment[]): NameReading | null {
  const parts = name.split(/([_.-]+)/);
  const words = parts.filter((_part, index) => index % 2 === 0);
  const separators = parts.filter((_part, index) => index % 2 === 1);
  const places = placesIn(words, environments);
  const [place] = places;
  if (place === undefined || words.length - place.length < 1) return null;
  const rest = [...words.slice(0, place.at), ...words.slice(place.at + place.length)];
  if (rest.every((word) => word === '')) return null;
  const said = places.map(({ at, length }) => words.slice(at, at + length).join(' '));
  if (places.length > 1) return unclear(`its name says more than one environment: ${said.join(', ')}`);
  const [environment, other] = place.environments;
  if (environment === undefined) return unclear(`its name says "${said[0]!}", and the vault has no such environment`);
  if (other !== undefined) return unclear(`"${said[0]!}" in its name may be ${place.environments.join(' or ')}`);
  // The separator behind the word goes with it; at the end of the name the one before.
  const first = Math.min(place.at, separators.length - place.length);
  const kept = [...separators.slice(0, first), ...separators.slice(first + place.length)];
  return {
    kind: 'one',
    environment,
    to: rest.map((word, index) => word + (kept[index] ?? '')).join(''),
    style: JSON.stringify([
      rest,
      place.at,
      separators.slice(0, place.at),
      separators.slice(place.at + place.length - 1),
    ]),
    thing: rest.map((word) => word.toLowerCase()).join('_'),
  };
}

function unclear(reason: string): NameReading {
  return { kind: 'unclear', reason };
}

interface Place {
  readonly at: number;
  /** In words. */
  readonly length: number;
  readonly environments: readonly string[];
}

/** From left to right; the longest environment's name that stands there counts. */
function placesIn(words: readonly string[], environments: readonly KnownEnvironment[]): Place[] {
  const found: Place[] = [];
  for (let at = 0; at < words.length;) {
    const whole = wholeNameAt(words, at, environments);
    const meant = whole === null ? meaningOf(words[at]!.toLowerCase(), environments) : null;
    if (whole !== null) found.push(whole);
    else if (meant !== null) found.push({ at, length: 1, environments: meant });
    at += whole?.length ?? 1;
  }
  return found;
}

function wholeNameAt(words: readonly string[], at: number, environments: readonly KnownEnvironment[]): Place | null {
  const here = environments
    .map(({ name }) => ({ name, own: name.toLowerCase().split(/[_-]+/) }))
    .filter(({ own }) => own.every((word, index) => words[at + index]?.toLowerCase() === word));
  const length = Math.max(0, ...here.map(({ own }) => own.length));
  if (length === 0) return null;
  return { at, length, environments: here.filter(({ own }) => own.length === length).map(({ name }) => name) };
}

/** The environments that a word may mean; null where it means none at all, empty where the vault has none of that kind. */
function meaningOf(word: string, environments: readonly KnownEnvironment[]): string[] | null {
  const group = SYNONYMS.find((words) => words.includes(word));
  if (group === undefined) return null;
  const named = environments.filter(({ name }) => group.includes(name.toLowerCase())).map(({ name }) => name);
  if (named.length > 0 || group !== PRODUCTION) return named;
  return environments.filter(({ production }) => production).map(({ name }) => name);
}
