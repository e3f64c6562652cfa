/**
 * Step 2: the new values. Each is stored the moment it is there, under the new version that is still pending, so that what a
 * generator made or a person pasted is never asked for twice, whatever happens in between.
 */
import { providerForName } from '../../domain/providers.ts';
import { errors } from '../../errors.ts';
import { stepOf } from '../merge-parts.ts';
import { allPlaces, fill, openPlaces, takeGiven, waitsForValues } from '../new-values.ts';
import { environmentsAt, isKeptAt } from '../offered.ts';
import type { Place } from '../offered.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const generate: Step = { id: 'generate', run };

async function run(work: Work): Promise<Outcome> {
  requireSomethingNew(work, await openPlaces(work));
  await takeGiven(
    work,
    allPlaces(work).filter((place) => !isSettled(work, place)),
  );
  const places = await openPlaces(work);
  sayWhereKeysAreMade(work, places);
  const { missing, deferred } = await fill(work, places, false);
  if (missing.length > 0) return waitsForValues(missing);
  const kept = keptPlaces(work);
  if (isAllKept(work)) return waitsForValues(allPlaces(work), true);
  const made = allPlaces(work).length - kept.length - deferred.length;
  const later = [...new Set(deferred.map(({ environment }) => environment))];
  return { kind: 'done', facts: { of: 'values', made, kept, deferred: later } };
}

/** An environment whose own part says that its value is there keeps that, whatever another one says of the step. */
function isSettled({ rotation }: Work, place: Place): boolean {
  return environmentsAt(rotation, place).some((name) => stepOf(rotation.part(name)!, 'generate').state !== 'todo');
}

/** Names of the environments that kept their value. */
function keptPlaces({ rotation }: Work): string[] {
  return rotation.environments.filter((name) => rotation.part(name)?.secrets.some(({ isKept }) => isKept));
}

function isAllKept(work: Work): boolean {
  return allPlaces(work).every((place) => isKeptAt(work.rotation, place));
}

/** `--keep` for everything leaves nothing to rotate: said before anything is stored. @throws usage */
function requireSomethingNew(work: Work, open: readonly Place[]): void {
  const { answers, rotation } = work;
  const unknown = [...answers.keep].find((name) => !rotation.environments.includes(name));
  if (unknown !== undefined) {
    throw errors.usage(
      `--keep: the old version has no value of its own in "${unknown}"`,
      `environments of this rotation: ${rotation.environments.join(', ')}`,
    );
  }
  const isNothingStored = open.length === allPlaces(work).length;
  if (isNothingStored && open.every(({ environment }) => answers.keep.has(environment))) {
    throw errors.usage('--keep leaves no environment to rotate', 'drop one of them');
  }
}

function sayWhereKeysAreMade({ guide, answers }: Work, places: readonly Place[]): void {
  if (answers.generate !== null) return;
  for (const name of new Set(places.map(({ secret }) => secret.base))) {
    const provider = providerForName(name);
    if (provider === null) continue;
    const page = provider.keysPage === null ? '' : ` New keys are made at ${provider.keysPage}`;
    guide.note(`${name} looks like a ${provider.name} key.${page}`);
    guide.note(provider.overlap.note);
  }
}
