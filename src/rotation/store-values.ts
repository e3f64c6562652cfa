/**
 * New values into the vault: held against the guards, tried where they can be, and stored in one change, all of an input or none of it.
 * Until step 2 is done a value that is given later takes the place of the one before.
 */
import { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { reveal } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { describeValue, isStandIn } from '../domain/providers.ts';
import { errors, exitOf, FORCEABLE_GUARDS, isKnoxError } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Change } from '../vault/change.ts';
import { requireValue } from '../vault/find-secret.ts';
import { SHARED } from '../vault/manifest.ts';
import { factsOf, isSameValue, requireStorable } from '../vault/value-guards.ts';
import type { View } from '../vault/view.ts';
import type { Offered, OwnFacts, Place } from './offered.ts';
import { tryOffered } from './try-values.ts';
import type { Work } from './types.ts';

/** @throws same_value, wrong_environment, invalid_value, probe_failed: nothing of the input is stored then */
export async function storeOffered(work: Work, offered: readonly Offered[]): Promise<void> {
  for (const { place, value } of offered) {
    const name = `${place.secret.to_name}${forPlace(place.environment)}`;
    requireStorable(value, offered.length === 1 ? undefined : name);
  }
  await work.vault.read((view) => refuseUnfit(view, work, offered));
  const overruled = await tryOffered(work, offered);
  await putOffered(work, offered, overruled);
}

/**
 * What a source has made, which no probe has to let in before it is kept. Where the old value was used up for it there is no other: it is
 * kept whatever a guard says. Else a guard may refuse it, and what is left at the source is named.
 */
export async function storeMade(work: Work, made: Offered): Promise<void> {
  requireStorable(made.value);
  const { answers, guide } = work;
  try {
    await putOffered(work, [made], new Set());
  } catch (error) {
    if (!isKnoxError(error) || exitOf(error.code) !== 7) throw error;
    const { secret, environment } = made.place;
    if (made.facts?.consumesOld !== true) {
      const name = made.facts?.handle === undefined ? 'the value' : printable(made.facts.handle);
      throw errors[error.code](error.message, ...error.hints, `its source has made it: ${name} lives on there`);
    }
    const all = new Guards(FORCEABLE_GUARDS, false, 'there is no other value: the old one was used up');
    await putOffered({ ...work, answers: { ...answers, guards: all } }, [made], new Set());
    guide.warn(
      error.code,
      `${secret.to_name}${forPlace(environment)} is kept, since there is no other: ${error.message}`,
    );
  }
}

/** The guards, before a value is sent anywhere. */
async function refuseUnfit(view: View, work: Work, offered: readonly Offered[]): Promise<void> {
  const replaced = new Set<string>();
  for (const { place } of offered) {
    const stored = await storedAt(view, place);
    if (stored !== null) replaced.add(stored.id);
  }
  for (const [index, { place, value }] of offered.entries()) {
    const { secret, environment } = place;
    const version = (await view.get('secret', secret.to_secret))!;
    const beside = offered
      .slice(0, index)
      .filter((other) => other.place.secret.id === secret.id)
      .map((other) => ({ name: `the new one for ${other.place.environment}`, value: other.value }));
    try {
      await factsOf(view, version, environment, value, work.answers.guards, { replaced, beside });
    } catch (error) {
      if (!isKnoxError(error) || offered.length === 1) throw error;
      throw errors[error.code](`${version.name}${forPlace(environment)}: ${error.message}`, ...error.hints);
    }
  }
}

async function putOffered(work: Work, offered: readonly Offered[], overruled: ReadonlySet<string>): Promise<void> {
  const { rotation, answers, guide } = work;
  for (const { place, value, from } of offered) {
    const name = place.secret.to_name;
    const { kind } = rotation.version(place.secret)!;
    if (value.length < 8 && !isExempt(kind as Kind, 'masking'))
      guide.warn('short_value', `${name} has under 8 bytes: it can be neither masked nor scanned for`);
    if (from !== 'typed' && isStandIn(reveal(value)))
      guide.warn('placeholder', `${name}${forPlace(place.environment)} looks like a placeholder, not a value`);
  }
  const [{ place: first }] = offered as [Offered];
  const entry = {
    action: 'rotation-value',
    secret: first.secret.to_name,
    environment: offered.length === 1 ? where(first.environment) : null,
    detail: {
      ...(offered.length === 1 ? {} : { environments: [...new Set(offered.map(({ place }) => place.environment))] }),
      ...answers.guards.record(),
    },
  };
  await rotation.change(entry, async (change) => {
    for (const { place } of offered) await removeStored(change, work, place);
    for (const { place, value, isGenerated, facts: more } of offered) {
      const { secret, environment } = place;
      const version = (await change.get('secret', secret.to_secret))!;
      const facts = await factsOf(change, version, environment, value, answers.guards);
      const isOverruled = environment === SHARED ? overruled.size > 0 : overruled.has(environment);
      const own: OwnFacts = { ...more, ...(isGenerated || isOverruled ? { isUnknown: true } : {}) };
      await change.putValue(version, environment, value, { ...facts, ...own });
    }
  });
  for (const { place, value, from } of offered) {
    if (from === 'file' || from === 'stdin') {
      const { secret, environment } = place;
      guide.note(`${secret.to_name}${forPlace(environment)}: ${describeValue(reveal(value), secret.base)}`);
    }
    value.wipe();
  }
}

/** The old version's value once more, as the new version's. */
export async function keepValue(work: Work, place: Place): Promise<void> {
  const { rotation } = work;
  const { secret, environment } = place;
  await rotation.change(
    { action: 'rotation-value', secret: secret.to_name, environment: where(environment), detail: { kept: true } },
    async (change) => {
      await removeStored(change, work, place);
      const from = (await change.get('secret', secret.from_secret))!;
      const version = (await change.get('secret', secret.to_secret))!;
      const held = await requireValue(change, from, environment);
      const { handle } = JSON.parse(held.facts) as OwnFacts;
      const value = await change.decrypt(from, held);
      const facts = { sameAs: [], wrongEnvironment: false };
      await change.putValue(version, environment, value, handle === undefined ? facts : { ...facts, handle });
      value.wipe();
      await markKept(change, work, place, 1);
    },
  );
}

/** Whether what is stored there is this very value. */
export async function isStored({ vault }: Work, { place, value }: Pick<Offered, 'place' | 'value'>): Promise<boolean> {
  return vault.read(async (view) => {
    const stored = await storedAt(view, place);
    if (stored === null) return false;
    const known = await view.decrypt((await view.get('secret', place.secret.to_secret))!, stored);
    const isSame = isSameValue(known, value);
    known.wipe();
    return isSame;
  });
}

export async function storedAt(view: View, { secret, environment }: Place): Promise<StoredRow<'value'> | null> {
  return view.findOne('value', { secret: secret.to_secret, environment });
}

/** The log goes on saying that there is a value: the next one is put in the same change. */
async function removeStored(change: Change, work: Work, place: Place): Promise<void> {
  const stored = await storedAt(change, place);
  if (stored === null) return;
  await change.remove('value', stored);
  await markKept(change, work, place, 0);
}

async function markKept(
  change: Change,
  { rotation }: Work,
  { secret, environment }: Place,
  isKept: 0 | 1,
): Promise<void> {
  const record = rotation.record(secret.lineage, environment);
  if (record === null || record.is_kept === isKept) return;
  const { entry: _entry, tag: _tag, ...row } = record;
  await change.put('rotation_environment', { ...row, is_kept: isKept });
}

function forPlace(environment: string): string {
  return environment === SHARED ? '' : ` for ${environment}`;
}

function where(environment: string): string | null {
  return environment === SHARED ? null : environment;
}
