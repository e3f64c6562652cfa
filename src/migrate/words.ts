/**
 * Reading a name that follows a convention: which of its words says the environment, and what it is without it. Here, and only here, case
 * is ignored: `STRIPE_PROD_KEY`, `stripe_prod_key` and `stripeProdKey` all say production. Nothing is ever resolved by it, it only makes a proposal.
 */

import { splitName } from '../domain/name-words.ts';
import type { NameWords } from '../domain/name-words.ts';

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
  const { words, separators } = splitName(name);
  const places = placesIn(words, environments);
  const [place] = places;
  if (place === undefined || words.length - place.length < 1) return null;
  const rest = without(words, separators, place);
  if (rest.words.every((word) => word === '')) return null;
  const said = places.map(({ at, length }) => words.slice(at, at + length).join(' '));
  if (places.length > 1) return unclear(`its name has more than one environment in it: ${said.join(', ')}`);
  const [environment, other] = place.environments;
  if (environment === undefined)
    return unclear(`its name has "${said[0]!}" in it, which is not an environment of this vault`);
  if (other !== undefined) return unclear(`"${said[0]!}" in its name may be ${place.environments.join(' or ')}`);
  const to = rest.words.map((word, index) => word + (rest.separators[index] ?? '')).join('');
  const thing = thingOf(rest.words);
  if (thingOf(splitName(to).words) !== thing)
    return unclear(`without "${said[0]!}" its words run into each other: ${to}`);
  const around = [separators.slice(0, place.at), separators.slice(place.at + place.length - 1)];
  return { kind: 'one', environment, to, style: JSON.stringify([to, rest.words, place.at, around]), thing };
}

/** The name's words without those of the environment, in the style that they are written in. */
function without(words: readonly string[], separators: readonly string[], { at, length }: Place): NameWords {
  const isLast = at + length === words.length;
  const before = separators[at - 1];
  const behind = separators[at + length - 1];
  // In the middle the separator behind goes with it, but one that can be seen goes before a hump.
  const between = isLast || before === undefined ? [] : [before === '' ? behind! : before];
  const following = words.slice(at + length);
  // `prodStripeKey` is `stripeKey`: the word at the hump takes the place of one that begins with a small letter.
  if (behind === '' && /^[a-z]/.test(words[at]!)) following[0] = uncapitalized(following[0]!);
  return {
    words: [...words.slice(0, at), ...following],
    separators: [...separators.slice(0, Math.max(0, at - 1)), ...between, ...separators.slice(at + length)],
  };
}

/** `Stripe` to `stripe`, `API` to `api`. */
function uncapitalized(word: string): string {
  return word === word.toUpperCase() ? word.toLowerCase() : word[0]!.toLowerCase() + word.slice(1);
}

function thingOf(words: readonly string[]): string {
  return words.map((word) => word.toLowerCase()).join('_');
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
    const place = whole ?? saidAt(words, at, environments);
    if (place !== null) found.push(place);
    at += place?.length ?? 1;
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

/** A word for an environment, also in two words: `preProd` is not production, and `non_prod` is anything but that. */
function saidAt(words: readonly string[], at: number, environments: readonly KnownEnvironment[]): Place | null {
  const [word, next] = [words[at]!.toLowerCase(), words[at + 1]?.toLowerCase() ?? ''];
  if (BEFORE_PRODUCTION.includes(word) && PRODUCTION.includes(next))
    return { at, length: 2, environments: meaningOf(word + next, environments) ?? [] };
  const meant = meaningOf(word, environments);
  return meant === null ? null : { at, length: 1, environments: meant };
}

const BEFORE_PRODUCTION: readonly string[] = ['pre', 'non', 'not'];

/** The environments that a word may mean; null where it means none at all, empty where the vault has none of that kind. */
function meaningOf(word: string, environments: readonly KnownEnvironment[]): string[] | null {
  const group = SYNONYMS.find((words) => words.includes(word));
  if (group === undefined) return null;
  const named = environments.filter(({ name }) => group.includes(name.toLowerCase())).map(({ name }) => name);
  if (named.length > 0 || group !== PRODUCTION) return named;
  return environments.filter(({ production }) => production).map(({ name }) => name);
}
