/**
 * Going on after a clock was ahead once: one audit entry at this machine's time, and from there times are taken from the machines' clocks
 * again. The entries before stay as they are; whoever judges by them takes none for later than that one (`View.entriesDown`). What
 * those entries wrote into records is set to the time of this one, and what was reckoned from it (a due date, an end of a wait) is moved by as
 * much: in the realms whose key is at hand.
 */
import { addSeconds, secondsBetween } from '../../domain/time.ts';
import { errors } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import type { View } from '../core/view.ts';
import type { Vault } from '../opening/vault.ts';
import { isTime } from '../records/codec.ts';
import { KIND_NAMES } from '../records/kinds.ts';
import type { Content, KindName, Stored } from '../records/kinds.ts';
import { ACCEPT_CLOCK } from '../log/ahead.ts';
import type { AuditEntry } from '../log/audit-entry.ts';

/** When something was. A date that a person or provider gave (`expiresAt`) is not one of them. */
const MOMENT = /^(?:at|since|\w+At)$/;
const RECKONED: readonly string[] = ['dueAt', 'waitUntil', 'until'];
const GIVEN: readonly string[] = ['expiresAt'];

/** Entries from the future of this machine's clock that nobody accepted yet: the oldest of them, and the latest time that one has. */
export interface Ahead {
  readonly first: AuditEntry;
  readonly latest: string;
}

/** Null where there is none. Others may have written since, by clocks that were right: the log is walked down to where that was accepted last. */
export async function findAhead(view: View): Promise<Ahead | null> {
  let found = await aheadIn(view, view.recordedDown());
  // What somebody accepted who has no key of a realm was not accepted there.
  for (const realm of view.readableRealms()) found = both(found, await aheadIn(view, view.realmEntriesDown(realm)));
  return found;
}

async function aheadIn(view: View, entries: AsyncIterable<AuditEntry>): Promise<Ahead | null> {
  const clock = view.clock.toISOString();
  let found = null as Ahead | null;
  for await (const entry of entries) {
    if (entry.at > clock) found = both({ first: entry, latest: entry.at }, found);
    if (entry.action === ACCEPT_CLOCK) break;
  }
  return found;
}

function both(one: Ahead | null, other: Ahead | null): Ahead | null {
  if (one === null || other === null) return one ?? other;
  return {
    first: one.first.seq < other.first.seq ? one.first : other.first,
    latest: one.latest > other.latest ? one.latest : other.latest,
  };
}

/**
 * Takes this machine's clock again, after one that was ahead; the log says so.
 * @returns names of the realms whose records stay as they are, as their key is missing
 * @throws usage where no entry is ahead, untrusted_vault, vault_rolled_back, vault_locked, vault_damaged
 */
export function acceptClock(vault: Vault, reason: string): Promise<string[]> {
  return vault.changeAtClock((change) => mend(change, reason));
}

async function mend(change: Change, reason: string): Promise<string[]> {
  const found = await findAhead(change);
  if (found === null)
    throw errors.usage('no audit entry is in the future of this machine’s clock', 'there is nothing to accept');
  const { first, latest: ahead } = found;
  for (const realm of change.readableRealms()) {
    change.nameRealm(realm);
    // Another realm's entry moves no date here.
    const own = await aheadIn(change, change.realmEntriesDown(realm));
    if (own === null) continue;
    const mended = mender(change.at, secondsBetween(change.at, own.latest));
    for (const kind of KIND_NAMES) {
      for (const record of await change.all(kind, realm)) {
        if (record.entry < own.first.seq) continue;
        const patch = mended(record);
        if (Object.keys(patch).length > 0) await change.redate(record, patch);
      }
    }
  }
  const left = change.realmNames().filter((realm) => !change.canRead(realm));
  change.log({
    action: ACCEPT_CLOCK,
    detail: { reason, ahead, from: first.seq, ...(left.length > 0 ? { left } : {}) },
  });
  return left;
}

/** @param by seconds that the log was ahead @returns what gives the fields of a record that are to be other ones */
function mender(clock: string, by: number) {
  const moved = (until: string): string => {
    const back = addSeconds(until, -by);
    // Reckoned from a time before the clock was wrong, it is right as it is.
    return back < clock ? until : back;
  };
  const part = (name: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((one) => part(name, one));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, part(key, one)]));
    if (!isTime(value) || value <= clock || GIVEN.includes(name)) return value;
    if (RECKONED.includes(name)) return moved(value);
    return MOMENT.test(name) ? clock : value;
  };
  return <K extends KindName>(record: Stored<K>): Partial<Content<K>> => {
    const { kindOf, realm: _realm, entry: _entry, ...content } = record as Stored<KindName>;
    const changed = Object.entries(content).flatMap(([name, value]) => {
      // The options of a source are a person's text.
      const fresh = kindOf === 'source' && name === 'options' ? value : part(name, value);
      return JSON.stringify(fresh) === JSON.stringify(value) ? [] : [[name, fresh] as const];
    });
    return Object.fromEntries(changed) as Partial<Content<K>>;
  };
}
