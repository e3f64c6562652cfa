/**
 * "Did you mean": the one name among those that exist which somebody most likely meant. Only a hint is made of it;
 * nothing is ever resolved by likeness.
 */
import { parseSecretName } from './secret-name.ts';

/**
 * The candidate closest to `name`: the same in another case, else another version of the same base (the newest), else
 * one at a distance of one edit (a character more, less, other, or two swapped). `null` where none is close. Equal
 * candidates are decided by code point order, so that the answer does not depend on the order of `candidates`.
 */
export function closest(name: string, candidates: Iterable<string>): string | null {
  const sorted = [...new Set(candidates)].filter((candidate) => candidate !== name).toSorted(byCodePoint);
  const lower = name.toLowerCase();
  return (
    sorted.find((candidate) => candidate.toLowerCase() === lower) ??
    otherVersion(name, sorted) ??
    sorted.find((candidate) => isOneEdit(lower, candidate.toLowerCase())) ??
    null
  );
}

function otherVersion(name: string, candidates: readonly string[]): string | undefined {
  const base = baseOf(name);
  return candidates
    .filter((candidate) => baseOf(candidate) === base)
    .toSorted((one, other) => versionOf(other) - versionOf(one))[0];
}

function baseOf(name: string): string {
  // A base is compared without its case: `STRIPE_v2` is a slip for `STRIPE_V2`, though by the rule it is its own base.
  return name.toLowerCase().replace(/_v[1-9][0-9]*$/, '');
}

function versionOf(name: string): number {
  return parseSecretName(name)?.version ?? 1;
}

function byCodePoint(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Whether one insertion, deletion, replacement or swap of neighbours turns `one` into `other`. */
function isOneEdit(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (long.length - short.length > 1) {
    return false;
  }
  let start = 0;
  while (start < short.length && short[start] === long[start]) {
    start += 1;
  }
  if (long.length > short.length) {
    return short.slice(start) === long.slice(start + 1);
  }
  const isSwap = short[start] === long[start + 1] && short[start + 1] === long[start];
  return (
    short.slice(start + 1) === long.slice(start + 1) || (isSwap && short.slice(start + 2) === long.slice(start + 2))
  );
}
