/**
 * New values into the vault: held against the guards, tried where they can be, and stored in one change, all of an input or none of it.
 * Until step 2 is done a value that is given later takes the place of the one before.
 */
import { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import { reveal } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { describeValue, isStandIn, shortValueText } from '../domain/providers.ts';
import { errors, exitOf, FORCEABLE_GUARDS, isKnoxError } from '../errors.ts';
import type { Change } from '../vault/core/change.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import { factsOf, isSameValue, requireStorable } from '../vault/secrets/value-guards.ts';
import { noValue } from '../vault/secrets/find-secret.ts';
import type { View } from '../vault/core/view.ts';
import type { ValueFacts } from '../vault/records/value.ts';
import type { ValueRecord } from '../vault/records/kinds.ts';
import { environmentsAt, valueAt } from './offered.ts';
import type { Offered, OwnFacts, Place } from './offered.ts';
import { tryOffered } from './try-values.ts';
import type { Work } from './types.ts';

/** @throws same_value, wrong_environment, invalid_value, probe_failed: nothing of the input is stored then */
export async function storeOffered(work: Work, offered: readonly Offered[]): Promise<void> {
  for (const { place, value } of offered) {
    const name = `${place.secret.to}${forPlace(place.environment)}`;
    requireStorable(value, offered.length === 1 ? undefined : name);
  }
  await work.vault.read((view) => refuseUnfit(view, work, offered));
  const overruled = await tryOffered(work, offered);
  await putOffered(work, offered, overruled);
}

/**
 * What a source has made, which no probe has to accept before it is kept. Where the old value was used up for it there is no other: it is
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
      throw errors[error.code](error.message, ...error.hints, `its source has made it: ${name} still exists there`);
    }
    const all = new Guards(FORCEABLE_GUARDS, false, 'there is no other value: the old one was used up');
    await putOffered({ ...work, answers: { ...answers, guards: all } }, [made], new Set());
    guide.warn(error.code, `${secret.to}${forPlace(environment)} is kept, as there is no other: ${error.message}`);
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
    const version = (await view.get('name', environment, secret.to))!;
    const beside = offered
      .slice(0, index)
      .filter((other) => other.place.secret.base === secret.base)
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
    const name = place.secret.to;
    const kind = rotation.name(name, place.environment)!.kind;
    if (value.length < 8 && !isExempt(kind, 'masking')) guide.warn('short_value', shortValueText(name));
    if (from !== 'typed' && isStandIn(reveal(value)))
      guide.warn('placeholder', `${name}${forPlace(place.environment)} looks like a placeholder, not a value`);
  }
  const [{ place: first }] = offered as [Offered];
  const entry = {
    action: 'rotation-value',
    secret: first.secret.to,
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
      const version = (await change.get('name', environment, secret.to))!;
      const facts = await factsOf(change, version, environment, value, answers.guards);
      const isOverruled = environment === SHARED ? overruled.size > 0 : overruled.has(environment);
      const own: OwnFacts = { ...more, ...(isGenerated || isOverruled ? { isUnknown: true } : {}) };
      await putNew(change, work, place, value, { ...facts, ...own });
    }
  });
  for (const { place, value, from } of offered) {
    if (from === 'file' || from === 'stdin') {
      const { secret, environment } = place;
      guide.note(`${secret.to}${forPlace(environment)}: ${describeValue(reveal(value), secret.base)}`);
    }
    value.wipe();
  }
}

/** The old version's value once more, as the new version's. */
export async function keepValue(work: Work, place: Place): Promise<void> {
  const { rotation } = work;
  const { secret, environment } = place;
  await rotation.change(
    { action: 'rotation-value', secret: secret.to, environment: where(environment), detail: { kept: true } },
    async (change) => {
      await removeStored(change, work, place);
      const held = await valueAt(change, secret.from, environment);
      if (held === null) throw noValue(secret.from, environment);
      const { handle } = held.value.facts;
      const value = await change.decrypt(held.value);
      const facts = { sameAs: [], wrongEnvironment: false };
      await putNew(change, work, place, value, handle === undefined ? facts : { ...facts, handle });
      value.wipe();
      await markKept(change, work, place, true);
    },
  );
}

/** Whether what is stored there is this very value. */
export async function isStored({ vault }: Work, { place, value }: Pick<Offered, 'place' | 'value'>): Promise<boolean> {
  return vault.read(async (view) => {
    const stored = await storedAt(view, place);
    if (stored === null) return false;
    const known = await view.decryptIfWhole(stored);
    if (known === null) return false;
    const isSame = isSameValue(known, value);
    known.wipe();
    return isSame;
  });
}

export async function storedAt(view: View, { secret, environment }: Place): Promise<ValueRecord | null> {
  return (await valueAt(view, secret.to, environment))?.value ?? null;
}

/** Of a shared value each environment that gets it takes up the very ciphertext. */
async function putNew(
  change: Change,
  { rotation }: Work,
  place: Place,
  value: Plaintext,
  facts: ValueFacts,
): Promise<void> {
  const { secret, environment } = place;
  const stored = await change.putValue(environment, secret.to, value, facts);
  await change.update((await change.get('name', environment, secret.to))!, { value: stored.id });
  if (environment !== SHARED) return;
  const shared = await change.boxHash(stored);
  for (const name of environmentsAt(rotation, place))
    await change.update((await change.get('name', name, secret.to))!, { shared });
}

/** The next one is put in the same change. */
async function removeStored(change: Change, work: Work, place: Place): Promise<void> {
  const stored = await storedAt(change, place);
  if (stored === null) return;
  await change.remove(stored);
  await change.update((await change.get('name', place.environment, place.secret.to))!, { value: null });
  await markKept(change, work, place, false);
}

async function markKept(
  change: Change,
  { rotation }: Work,
  { secret, environment }: Place,
  isKept: boolean,
): Promise<void> {
  const record = rotation.record(secret.base, environment);
  if (record === null || record.isKept === isKept) return;
  await rotation.putSecret(change, environment, secret.base, { isKept });
}

function forPlace(environment: string): string {
  return environment === SHARED ? '' : ` for ${environment}`;
}

function where(environment: string): string | null {
  return environment === SHARED ? null : environment;
}
