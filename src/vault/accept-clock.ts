/**
 * Going on after a clock was ahead once: one audit entry at this machine's time, and from there times are taken from the machines' clocks
 * again. The entries before stay as they are; whoever judges by them takes none for later than that one (`View.entriesDown`). What
 * those entries wrote into rows is set to the time of this one, and what was reckoned from it (a due date, an end of a wait) is moved by as much.
 */
import { addSeconds, secondsBetween } from '../domain/time.ts';
import { errors } from '../errors.ts';
import { pageLimit, TABLE_NAMES, TABLES } from '../store/tables.ts';
import type { Row, StoredRow, TableName } from '../store/tables.ts';
import { ACCEPT_CLOCK } from './ahead.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { Change } from './change.ts';
import { SHARED } from './manifest.ts';
import type { View } from './view.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** When something was. A date that a person or provider gave (`expires_at`) is not one of them. */
const MOMENT = /(?:^|_)at$/;
const RECKONED: readonly string[] = ['due_at', 'wait_until', 'until'];
const GIVEN: readonly string[] = ['expires_at'];
/** JSON in which a rotation keeps times. */
const DOCUMENTS: readonly string[] = ['steps', 'needs', 'options', 'terms', 'proof'];

/** The oldest of the newest entries that are all later than the clock, or null where the newest is not. */
export async function firstAhead(view: View): Promise<AuditEntry | null> {
  const clock = view.clock.toISOString();
  let first: AuditEntry | null = null;
  for await (const entry of view.recordedDown()) {
    if (entry.at <= clock) break;
    first = entry;
  }
  return first;
}

/** @throws usage where no entry is ahead, not_granted for a key that was not given every environment, vault_damaged */
export async function acceptClock(change: Change, reason: string): Promise<void> {
  const first = await firstAhead(change);
  if (first === null)
    throw errors.usage('no audit entry is from the future of this machine’s clock', 'there is nothing to accept');
  change.requireEnvironmentKeys([...change.environmentNames(), SHARED]);
  const ahead = change.head.at;
  const mend = mender(change.at, secondsBetween(change.at, ahead), first.seq);
  for (const table of TABLE_NAMES) {
    let after = '';
    for (;;) {
      const page = await change.page(table, after, pageLimit(table));
      if (page.length === 0) break;
      after = page.at(-1)!.id;
      for (const row of page) {
        const mended = mend(table, row);
        if (mended === null) continue;
        if (change.stateOf(table, row) !== 'verified')
          throw errors.vault_damaged(
            `a row of the vault's table "${table}" is damaged or was changed`,
            'find out more: knox audit verify',
          );
        await change.put(table, mended);
      }
    }
  }
  change.log({ action: ACCEPT_CLOCK, detail: { reason, ahead, from: first.seq } });
}

/** @param by seconds that the log was ahead @param since the first entry that was @returns the row as it is to be, or null where it may stay */
function mender(clock: string, by: number, since: number) {
  const moved = (until: string): string => {
    const back = addSeconds(until, -by);
    // Reckoned from a time before the clock was wrong, it is right as it is.
    return back < clock ? until : back;
  };
  const text = (name: string, value: string): string => {
    if (TIME.test(value)) {
      if (value <= clock || GIVEN.includes(name)) return value;
      return RECKONED.includes(name) ? moved(value) : clock;
    }
    return /^[[{]/.test(value) ? document(value) : value;
  };
  const part = (name: string, value: unknown): unknown => {
    if (typeof value === 'string') return text(name, value);
    if (Array.isArray(value)) return value.map((one) => part(name, one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, part(key, one)]));
  };
  const document = (json: string): string => {
    try {
      return JSON.stringify(part('', JSON.parse(json)));
    } catch {
      return json;
    }
  };
  return <N extends TableName>(table: N, row: StoredRow<N>): Row<N> | null => {
    if (row.entry < since) return null;
    const { entry: _entry, tag: _tag, ...content } = row as StoredRow<N> & Record<string, unknown>;
    let isMended = false;
    for (const name of Object.keys(TABLES[table].columns)) {
      const value = content[name as keyof typeof content];
      if (typeof value !== 'string' || !(MOMENT.test(name) || RECKONED.includes(name) || DOCUMENTS.includes(name)))
        continue;
      // The options of a source are a person's text.
      if (table === 'source') continue;
      const fresh = text(name, value);
      isMended ||= fresh !== value;
      (content as Record<string, unknown>)[name] = fresh;
    }
    return isMended ? (content as unknown as Row<N>) : null;
  };
}
