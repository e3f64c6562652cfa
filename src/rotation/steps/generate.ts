/**
 * Step 2: the new values. Each is stored the moment it is there, under the new version that is still pending, so that what a
 * generator made or a person pasted is never asked for twice, whatever happens in between.
 */
import type { Plaintext } from '../../domain/plaintext.ts';
import { reveal, revealText } from '../../domain/plaintext.ts';
import { describeValue, providerForName, recognise, withArticle } from '../../domain/providers.ts';
import { errors } from '../../errors.ts';
import { generateValue } from '../../sources/generate.ts';
import type { StoredRow } from '../../store/tables.ts';
import { SHARED } from '../../vault/manifest.ts';
import { requireValue } from '../../vault/find-secret.ts';
import { factsOf, requireStorable } from '../../vault/value-guards.ts';
import { askSource, capWindow } from '../sources.ts';
import type { Outcome, Step, Work } from '../types.ts';

type RotationSecret = StoredRow<'rotation_secret'>;

/** One value to get. */
interface Place {
  readonly secret: RotationSecret;
  /** An environment, or `shared`. */
  readonly environment: string;
}

export const generate: Step = { id: 'generate', run };

async function run(work: Work): Promise<Outcome> {
  const places = await openPlaces(work);
  requireSomethingNew(work, places);
  sayIgnored(work, places);
  sayWhereKeysAreMade(work, places);
  const missing: Place[] = [];
  for (const place of places) {
    if (!(await fill(work, place))) missing.push(place);
  }
  if (missing.length > 0) return waitsForValues(work, missing);
  const kept = keptPlaces(work);
  if (await isAllKept(work)) {
    return waitsForValues(
      work,
      allPlaces(work),
      'Every environment kept its value: at least one has to get a new one. End this rotation with --abort and start again.',
    );
  }
  const made = allPlaces(work).length - kept.length;
  const keptText = kept.length === 0 ? '' : `, kept for ${kept.join(', ')}`;
  return { kind: 'done', detail: `${made} new ${made === 1 ? 'value' : 'values'}${keptText}` };
}

function allPlaces({ rotation }: Work): Place[] {
  return rotation.secrets.flatMap((secret) =>
    rotation.placesOf(secret).map((environment) => ({ secret, environment })),
  );
}

/** Places that have no value of the new version yet. */
async function openPlaces(work: Work): Promise<Place[]> {
  return work.vault.read(async (view) => {
    const open: Place[] = [];
    for (const place of allPlaces(work)) {
      const { secret, environment } = place;
      if ((await view.findOne('value', { secret: secret.to_secret, environment })) === null) open.push(place);
    }
    return open;
  });
}

/** Names of the environments that kept their value. */
function keptPlaces({ rotation }: Work): string[] {
  return rotation.environments.filter((name) =>
    rotation.rows.environments.some((row) => row.environment === name && row.is_kept === 1),
  );
}

async function isAllKept(work: Work): Promise<boolean> {
  return allPlaces(work).every(
    ({ secret, environment }) => work.rotation.record(secret.lineage, environment)?.is_kept === 1,
  );
}

/** `--keep` for everything leaves nothing to rotate: said before anything is stored. @throws usage */
function requireSomethingNew(work: Work, open: readonly Place[]): void {
  const { answers, rotation } = work;
  const unknown = [...answers.keep].find((name) => !rotation.environments.includes(name));
  if (unknown !== undefined) {
    throw errors.usage(
      `--keep names "${unknown}", where the old version has no value of its own`,
      `environments of this rotation: ${rotation.environments.join(', ')}`,
    );
  }
  const isNothingStored = open.length === allPlaces(work).length;
  if (isNothingStored && open.every(({ environment }) => answers.keep.has(environment))) {
    throw errors.usage('--keep leaves no environment that gets a new value', 'leave one of them out');
  }
}

/** A value never changes: one that is given for a place that has its value is not taken. */
function sayIgnored({ answers, guide }: Work, open: readonly Place[]): void {
  for (const [base, values] of answers.values) {
    for (const environment of values.keys()) {
      if (open.some((place) => place.secret.base === base && place.environment === environment)) continue;
      guide.warn(
        'value_ignored',
        `the new value of ${base} for ${environment} is stored already: the one given is not taken`,
      );
    }
  }
}

function sayWhereKeysAreMade({ guide, answers }: Work, places: readonly Place[]): void {
  if (answers.generate !== null) return;
  for (const name of new Set(places.map(({ secret }) => secret.base))) {
    const provider = providerForName(name);
    if (provider === null) continue;
    const page = provider.keysPage === null ? '' : ` New keys are made at ${provider.keysPage}`;
    guide.note(`${name} looks like a key of ${provider.name}.${page}`);
    guide.note(provider.overlap.note);
  }
}

/** @returns whether the place has its value now */
async function fill(work: Work, place: Place): Promise<boolean> {
  const { answers, guide } = work;
  const { secret, environment } = place;
  const given = answers.values.get(secret.base)?.get(environment);
  if (given !== undefined) {
    await store(work, place, given.value, given.from);
    return true;
  }
  if (answers.keep.has(environment)) {
    await keep(work, place);
    return true;
  }
  if (answers.generate !== null) {
    await store(work, place, generateValue(answers.generate), 'generated');
    return true;
  }
  const made = await askSource(work, secret, environment);
  if (made !== null) {
    await store(work, place, made.value, 'source', made.handle);
    await capWindow(work, made.overlap);
    return true;
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
    if (answer === null) return false;
    if (answer === 'keep') {
      await keep(work, place);
      return true;
    }
    try {
      await store(work, place, answer, 'typed');
      return true;
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
  handle: string | null = null,
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
      await change.putValue(version, environment, value, handle === null ? facts : { ...facts, handle });
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

function waitsForValues({ rotation }: Work, missing: readonly Place[], said?: string): Outcome {
  const environments = [...new Set(missing.map(({ environment }) => environment))];
  const next =
    said ??
    `Give the new values for ${environments.join(', ')}: knox rotate ${rotation.secrets[0]!.base}, or --values-stdin, --value-file ENV=FILE, --generate`;
  return { kind: 'waits', needs: { kind: 'values', until: null, environments, next } };
}
