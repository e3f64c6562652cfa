/** What the tree of a realm hangs on, place by place. */
import type { DigestRow, ReadTransaction } from '../../store/store.ts';

export interface Place {
  readonly place: number;
  /** Ordered as its list is. */
  readonly rows: readonly DigestRow[];
}

/** Every place of a realm that holds a record, ascending. A record that has no place is in none. */
export async function* placesOf(transaction: ReadTransaction, realm: string): AsyncGenerator<Place> {
  for (let from = 0; from <= 0xffff;) {
    const rows = await transaction.digestsFrom(realm, from);
    if (rows.length === 0) return;
    let start = 0;
    for (let end = 1; end <= rows.length; end += 1) {
      const place = rows[end - 1]!.place!;
      if (end < rows.length && rows[end]!.place === place) continue;
      yield { place, rows: rows.slice(start, end) };
      from = place + 1;
      start = end;
    }
  }
}
