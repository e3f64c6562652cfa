/**
 * New values, place by place: given, kept, made by knox, got from a source, or asked for. Each is stored the moment it is there. A source
 * whose values are made right before their use is asked in the update steps, all others in step 2.
 */
import type { Plaintext } from '../domain/plaintext.ts';
import { reveal, revealText } from '../domain/plaintext.ts';
import { describeValue, recognise, withArticle } from '../domain/providers.ts';
import { generateValue } from '../sources/generate.ts';
import type { StoredRow } from '../store/tables.ts';
import { requireValue } from '../vault/find-secret.ts';
import { SHARED } from '../vault/manifest.ts';
import { factsOf, requireStorable } from '../vault/value-guards.ts';
import { askSource, capWindow, isDeferred } from './sources.ts';
import type { Outcome, Work } from './types.ts';

type RotationSecret = StoredRow<'rotation_secret'>;

/** One value to get. */
export interface Place {
  readonly secret: RotationSecret;
  /** An environment, or `shared`. */
  readonly environment: string;
}

/** What became of a place: it has its value, waits for the step that updates it, or for somebody who knows the value. */
type Filled = 'filled' | 'deferred' | 'missing';

export function allPlaces({ rotation }: Work): Place[] {
  return rotation.secrets.flatMap((secret) =>
    rotation.placesOf(secret).map((environment) => ({ secret, environment })),
  );
}

/** Places that have no value of the new version yet. */
export async function openPlaces(work: Work): Promise<Place[]> {
  return work.vault.read(async (view) => {
    const open: Place[] = [];
    for (const place of allPlaces(work)) {
      const { secret, environment } = place;
      if ((await view.findOne('value', { secret: secret.to_secret, environment })) === null) open.push(place);
    }
    return open;
  });
}

/** Gets what is still missing for these environments, right before they are moved. @returns null when all is there */
export async function fillDeferred(work: Work, environments: readonly string[]): Promise<Outcome | null> {
  const open = (await openPlaces(work)).filter(
    ({ environment }) => environment === SHARED || environments.includes(environment),
  );
  const missing: Place[] = [];
  for (const place of open) if ((await fill(work, place, true)) === 'missing') missing.push(place);
  return missing.length === 0 ? null : waitsForValues(work, missing);
}

export function waitsForValues({ rotation }: Work, missing: readonly Place[], said?: string): Outcome {
  const environments = [...new Set(missing.map(({ environment }) => environment))];
  const next =
    said ??
    `Give the new values for ${environments.join(', ')}: knox rotate ${rotation.secrets[0]!.base}, or --values-stdin, --value-file ENV=FILE, --generate`;
  return { kind: 'waits', needs: { kind: 'values', until: null, environments, next } };
}

/** @param isUpdating the place is about to be moved to its new value */
export async function fill(work: Work, place: Place, isUpdating: boolean): Promise<Filled> {
  const { answers, guide } = work;
  const { secret, environment } = place;
  const given = answers.values.get(secret.base)?.get(environment);
  if (given !== undefined) {
    await store(work, place, given.value, given.from);
    return 'filled';
  }
  if (answers.keep.has(environment)) {
    await keep(work, place);
    return 'filled';
  }
  if (answers.generate !== null) {
    await store(work, place, generateValue(answers.generate), 'generated');
    return 'filled';
  }
  if (!isUpdating && (await isDeferred(work, secret, environment))) return 'deferred';
  const made = await askSource(work, secret, environment);
  if (made !== null) {
    const { handle, consumesOld } = made;
    await store(work, place, made.value, 'source', {
      ...(handle === null ? {} : { handle }),
      ...(consumesOld === true ? { consumesOld } : {}),
    });
    await capWindow(work, made.overlap);
    return 'filled';
  }
  for (;;) {
    const answer = await guide.newValue({
      secret: secret.base,
      to: secret.to_name,
      environment,
      isProduction: work.rotation.isProduction(environment),
      present: await presentValue(work, place),
      canKeep: environment !== SHARED && work.rotation.placesOf(secret).length > 1,
    });
    if (answer === null) return 'missing';
    if (answer === 'keep') {
      await keep(work, place);
      return 'filled';
    }
    try {
      await store(work, place, answer, 'typed');
      return 'filled';
    } catch (error) {
      const { code, message, hints } = error as { code?: string; message: string; hints?: readonly string[] };
      if (code !== 'same_value' && code !== 'wrong_environment' && code !== 'invalid_value') throw error;
      guide.warn(code, [message, hints?.[0] ?? ''].filter((part) => part !== '').join('; '));
    }
  }
}

/** What the present value looks like, in words. */
async function presentValue({ vault }: Work, { secret, environment }: Place): Promise<string | null> {
  return vault.read(async (view) => {
    const from = await view.get('secret', secret.from_secret);
    if (from === null) return null;
    const value = await view.decrypt(from, await requireValue(view, from, environment));
    const seen = recognise(revealText(value) ?? '', secret.base);
    value.wipe();
    return seen === null ? null : withArticle(seen.label);
  });
}

async function store(
  work: Work,
  { secret, environment }: Place,
  value: Plaintext,
  from: string,
  more: object = {},
): Promise<void> {
  const { rotation, answers, guide } = work;
  requireStorable(value);
  if (value.length < 8)
    guide.warn('short_value', `${secret.to_name} has under 8 bytes: it can be neither masked nor scanned for`);
  await rotation.change(
    { action: 'rotation-value', secret: secret.to_name, environment: where(environment) },
    async (change) => {
      const version = (await change.get('secret', secret.to_secret))!;
      const facts = await factsOf(change, version, environment, value, answers.guards);
      await change.putValue(version, environment, value, { ...facts, ...more });
    },
  );
  if (from === 'file' || from === 'stdin') {
    const place = environment === SHARED ? '' : ` for ${environment}`;
    guide.note(`${secret.to_name}${place}: ${describeValue(reveal(value), secret.base)}`);
  }
  value.wipe();
}

async function keep(work: Work, { secret, environment }: Place): Promise<void> {
  const { rotation } = work;
  await rotation.change(
    { action: 'rotation-value', secret: secret.to_name, environment: where(environment), detail: { kept: true } },
    async (change) => {
      const from = (await change.get('secret', secret.from_secret))!;
      const version = (await change.get('secret', secret.to_secret))!;
      const held = await requireValue(change, from, environment);
      const { handle } = JSON.parse(held.facts) as { handle?: string };
      const value = await change.decrypt(from, held);
      const facts = { sameAs: [], wrongEnvironment: false };
      await change.putValue(version, environment, value, handle === undefined ? facts : { ...facts, handle });
      value.wipe();
      const record = rotation.record(secret.lineage, environment);
      if (record !== null) {
        const { entry: _entry, tag: _tag, ...row } = record;
        await change.put('rotation_environment', { ...row, is_kept: 1 });
      }
    },
  );
}

function where(environment: string): string | null {
  return environment === SHARED ? null : environment;
}
