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

/** The word that fewest slips of the hand lead away from: one, of five letters and more two. `null` where none is so near. */
export function nearest(word: string, words: readonly string[]): string | null {
  const most = word.length < 5 ? 1 : 2;
  const [best] = words
    .map((one) => ({ one, slips: slips(word, one) }))
    .filter((found) => found.slips <= most)
    .toSorted((left, right) => left.slips - right.slips);
  return best?.one ?? null;
}

function isOneEdit(one: string, other: string): boolean {
  return Math.abs(one.length - other.length) <= 1 && slips(one, other) <= 1;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `one` into `other`. */
function slips(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1];
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwap) least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[one.length]![other.length]!;
}
