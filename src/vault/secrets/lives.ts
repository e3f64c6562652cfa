/** When a name stood, over all realms: each has or had it for a time of its own. Pure. */
import type { NameContent } from '../records/name.ts';

export interface Life {
  readonly createdAt: string;
  /** Null where it stands. */
  readonly deletedAt: string | null;
}

const NOT_YET = '~';

/** Times during which some realm had the name, oldest first; those that run into each other are one. */
export function livesOf(records: readonly Pick<NameContent, 'createdAt' | 'deletedAt' | 'earlier'>[]): Life[] {
  const all = records
    .flatMap(({ earlier, createdAt, deletedAt }): Life[] => [...earlier, { createdAt, deletedAt }])
    .map(({ createdAt, deletedAt }) => ({ createdAt, end: deletedAt ?? NOT_YET }))
    .toSorted((left, right) => compare(left.createdAt, right.createdAt) || compare(left.end, right.end));
  const lives: { createdAt: string; end: string }[] = [];
  for (const { createdAt, end } of all) {
    const last = lives.at(-1);
    // What began and ended at one moment in two realms is one life, too.
    const isSame = last?.createdAt === createdAt && last.end === end;
    if (last === undefined || (last.end <= createdAt && !isSame)) lives.push({ createdAt, end });
    else if (last.end < end) last.end = end;
  }
  return lives.map(({ createdAt, end }) => ({ createdAt, deletedAt: end === NOT_YET ? null : end }));
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
