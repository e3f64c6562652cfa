/**
 * New values, place by place: given, kept, made by knox, got from a source, or asked for. Each is stored the moment it is there. A source
 * whose values are made right before their use is asked in the update steps, all others in step 2.
 */
import { isKnoxError } from '../errors.ts';
import { generateValue } from '../sources/generate.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import { isKeptAt, placesOf } from './offered.ts';
import type { Offered, OwnFacts, Place } from './offered.ts';
import { presentKey, refuseRandom } from './present-value.ts';
import { askSource, capWindow, isDeferred } from './sources.ts';
import { isStored, keepValue, storedAt, storeMade, storeOffered } from './store-values.ts';
import type { Outcome, Work } from './types.ts';

/** What became of places that had no value. */
export interface Filled {
  /** Nobody who knows the value was there. */
  readonly missing: readonly Place[];
  /** Made right before the update. */
  readonly deferred: readonly Place[];
}

export function allPlaces({ rotation }: Work): Place[] {
  return placesOf(rotation);
}

/** Places that have no value of the new version yet. */
export async function openPlaces(work: Work): Promise<Place[]> {
  return work.vault.read(async (view) => {
    const open: Place[] = [];
    for (const place of allPlaces(work)) if ((await storedAt(view, place)) === null) open.push(place);
    return open;
  });
}

/** Gets what is still missing for these environments, right before they are moved. @returns null when all is there */
export async function fillDeferred(work: Work, environments: readonly string[]): Promise<Outcome | null> {
  const open = (await openPlaces(work)).filter(
    ({ environment }) => environment === SHARED || environments.includes(environment),
  );
  await takeGiven(work, open);
  const left = (await openPlaces(work)).filter(isAmong(open));
  const { missing } = await fill(work, left, true);
  return missing.length === 0 ? null : waitsForValues(missing);
}

function isAmong(places: readonly Place[]): (place: Place) => boolean {
  return (place) =>
    places.some((one) => one.secret.base === place.secret.base && one.environment === place.environment);
}

export function waitsForValues(missing: readonly Place[], isAllKept = false): Outcome {
  const environments = [...new Set(missing.map(({ environment }) => environment))];
  return { kind: 'waits', needs: { kind: 'values', until: null, environments, why: { of: 'values', isAllKept } } };
}

/**
 * Stores what was given for these places, all of it or nothing, and keeps what is to be kept: in the place of what was stored before.
 * @throws what a value is refused with
 */
export async function takeGiven(work: Work, places: readonly Place[]): Promise<void> {
  const { answers, rotation } = work;
  const offered: Offered[] = [];
  for (const place of places) {
    const given = answers.values.get(place.secret.base)?.get(place.environment);
    if (given === undefined) {
      if (answers.keep.has(place.environment) && !isKeptAt(rotation, place)) await keepValue(work, place);
    } else if (!(await isStored(work, { place, value: given.value }))) {
      offered.push({ place, value: given.value, from: given.from, isGenerated: false });
    }
  }
  if (offered.length > 0) await storeOffered(work, offered);
}

/** After step 2 a value stays as it is: one that was given and is another one is not taken. */
export async function sayIgnored(work: Work): Promise<void> {
  const { answers, guide, rotation } = work;
  if (!rotation.isDone('generate') || [...answers.values.values()].every(({ size }) => size === 0)) return;
  const isOpen = isAmong(await openPlaces(work));
  for (const place of allPlaces(work)) {
    const { secret, environment } = place;
    const given = answers.values.get(secret.base)?.get(environment);
    if (given === undefined || isOpen(place) || (await isStored(work, { place, value: given.value }))) continue;
    guide.warn(
      'value_ignored',
      `the new value of ${secret.base} for ${environment} is already stored: the one given is ignored`,
    );
  }
}

/** Makes, asks the sources or a person for the values of these places, which have none yet. */
export async function fill(work: Work, places: readonly Place[], isUpdating: boolean): Promise<Filled> {
  const missing: Place[] = [];
  const deferred: Place[] = [];
  if (work.answers.generate !== null) await refuseRandom(work, places);
  for (const group of Map.groupBy(places, ({ environment }) => environment).values()) {
    const toAsk: Place[] = [];
    for (const place of group) {
      if (await generated(work, place)) continue;
      if (!isUpdating && (await isDeferred(work, place))) deferred.push(place);
      else if (!(await gotFromSource(work, place))) toAsk.push(place);
    }
    if (!(await gotFromPerson(work, toAsk))) missing.push(...toAsk);
  }
  return { missing, deferred };
}

async function generated(work: Work, place: Place): Promise<boolean> {
  if (work.answers.generate === null) return false;
  const value = generateValue(work.answers.generate);
  await storeOffered(work, [{ place, value, from: 'generated', isGenerated: true }]);
  return true;
}

async function gotFromSource(work: Work, place: Place): Promise<boolean> {
  const made = await askSource(work, place);
  if (made === null) return false;
  const { handle, consumesOld, kind, value } = made;
  const facts: OwnFacts = {
    ...(handle === null ? {} : { handle }),
    ...(consumesOld === true ? { consumesOld } : {}),
  };
  if (kind === 'generate') await refuseRandom(work, [place], value);
  await storeMade(work, { place, value, from: 'source', isGenerated: kind === 'generate', facts });
  await capWindow(work, place, made.overlap);
  return true;
}

/** Values of several secrets for one environment are asked for together: a service sees them together. */
async function gotFromPerson(work: Work, places: readonly Place[]): Promise<boolean> {
  let open = [...places];
  while (open.length > 0) {
    const offered: Offered[] = [];
    for (const place of open) {
      const answer = await work.guide.newValue(await requestFor(work, place));
      if (answer === null) return false;
      if (answer === 'keep') await keepValue(work, place);
      else offered.push({ place, ...answer, from: answer.isGenerated ? 'generated' : 'typed' });
    }
    try {
      if (offered.length > 0) await storeOffered(work, offered);
      return true;
    } catch (error) {
      if (!isKnoxError(error) || !ASKED_AGAIN.has(error.code)) throw error;
      const { code, message, hints } = error;
      work.guide.warn(code, [message, hints[0] ?? ''].filter((part) => part !== '').join('; '));
      for (const { value } of offered) value.wipe();
      open = offered.map(({ place }) => place);
    }
  }
  return true;
}

const ASKED_AGAIN: ReadonlySet<string> = new Set(['same_value', 'wrong_environment', 'invalid_value', 'probe_failed']);

async function requestFor(work: Work, place: Place) {
  const { secret, environment } = place;
  const { rotation } = work;
  const present = await presentKey(work, place);
  return {
    secret: secret.base,
    to: secret.to,
    environment,
    isProduction: rotation.isProduction(environment),
    present: present?.label ?? null,
    canKeep: environment !== SHARED && rotation.placesOf(secret).length > 1,
    canGenerate: present?.isProviders !== true,
  };
}
