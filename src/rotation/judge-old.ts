/**
 * Whether the old values are dead, each by itself: a probe of one environment says nothing of the value of another; a shared value is one.
 * What nothing could ask is for a person, who is shown which environments that are.
 */
import { errors, isKnoxError } from '../errors.ts';
import { UNSUPPORTED } from '../sources/source.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import { oldValues, probeOld } from './old-values.ts';
import type { OldValue } from './old-values.ts';
import { askPerson } from './ask-person.ts';
import { aliveText } from './fact-words.ts';
import { howToRevoke } from './how-to-revoke.ts';
import { probeFact } from './probe-routes.ts';
import type { ValueProof } from '../domain/rotation-record.ts';
import type { Alive, Why } from '../domain/step-facts.ts';
import type { Replaced } from './replaced.ts';
import type { Outcome, Work } from './types.ts';

/** What is known of one secret's old value in one environment. */
export interface Judged {
  readonly base: string;
  readonly environment: string;
  readonly proof: ValueProof;
}

/**
 * @param places those with a source @param revoked those of them whose source has revoked the old value
 * @returns one for each value that was replaced, or what is missing
 */
export async function judgeOld(
  work: Work,
  places: readonly Replaced[],
  revoked: readonly Replaced[],
): Promise<readonly Judged[] | Outcome> {
  const values = await oldValues(work);
  const revokedBy = (value: OldValue): Replaced | null => revoked.find((place) => isOf(place, value)) ?? null;
  const isRevoked = (look: Look): boolean =>
    values.filter((value) => isAbout(look, value)).every((value) => revokedBy(value) !== null);
  const looks = await untilRefused(work, () => lookAt(work, values, places), isRevoked);
  if ('kind' in looks) return looks;
  const at = work.vault.now().toISOString();
  const judged: Judged[] = [];
  const open: OldValue[] = [];
  for (const value of values) {
    const about = looks.filter((look) => isAbout(look, value));
    const source = revokedBy(value);
    const untold: string[] = [];
    for (const name of value.environments) {
      const asked = about.filter((look) => speaksFor(work, look, name));
      if (asked.length === 0 && source === null) untold.push(name);
      else judged.push(judgedBy(value, name, { asked, source, at }));
    }
    if (untold.length > 0) open.push({ ...value, environments: untold });
  }
  const words = await askPerson(work, open);
  if ('kind' in words) return words;
  for (const [value, kind] of words)
    judged.push(...value.environments.map((name) => ({ ...of(value, name), proof: { ...NOTHING, kind, at } })));
  return judged;
}

const NOTHING = { route: null, status: null, through: null, source: null } as const;

function of({ secret: { base } }: OldValue, environment: string) {
  return { base, environment };
}

function isOf({ secret, environment }: Replaced, value: OldValue): boolean {
  return secret.base === value.secret.base && value.place === environment;
}

function isAbout({ environment, sent }: Look, { secret, environments }: OldValue): boolean {
  return sent.has(secret.from) && environments.includes(environment);
}

/** Whoever holds a key for pre-production can have its probe say anything: of a production's value that is not proof. */
function speaksFor({ rotation }: Work, { environment, isForAll }: Look, name: string): boolean {
  return isForAll || name === environment || !rotation.isProduction(name) || rotation.isProduction(environment);
}

/** Of a shared value the environment's own refusal before that of another, a refusal before a source's word. */
function judgedBy(
  value: OldValue,
  environment: string,
  { asked, source, at }: { asked: readonly Look[]; source: Replaced | null; at: string },
): Judged {
  const look = asked.find((one) => one.environment === environment) ?? asked[0];
  const through = (name: string): string | null => (name === environment || name === SHARED ? null : name);
  if (look === undefined) {
    const { kind, environment: place } = source!;
    const proof = { ...NOTHING, kind: 'revoked', through: through(place), source: kind, at } as const;
    return { ...of(value, environment), proof };
  }
  const { route, status, source: kind } = look;
  const where = look.isForAll ? null : through(look.environment);
  const proof = { kind: 'refused', route, status, source: kind, through: where, at } as const;
  return { ...of(value, environment), proof };
}

/** What a probe or a source said of old values. */
interface Look {
  readonly environment: string;
  /** Told by the source of a shared value, which is that of no environment. */
  readonly isForAll: boolean;
  /** Names of versions. */
  readonly sent: ReadonlySet<string>;
  readonly isPassed: boolean;
  readonly isRefused: boolean;
  readonly route: string | null;
  readonly status: number | null;
  readonly source: string | null;
  readonly fact: Alive;
}

/** The probes, and for what none of them asks about the sources that can tell. */
async function lookAt(work: Work, values: readonly OldValue[], places: readonly Replaced[]): Promise<Look[]> {
  const looks = (await probeOld(work)).map((probed): Look => {
    const { route, result, sent } = probed;
    const { path, environment } = route;
    const { isPassed, isRefused, status } = result;
    const fact = { of: 'probe', ...probeFact(work, probed) } as const;
    const verdict = { isForAll: false, isPassed, isRefused, status, source: null };
    return { environment, sent, ...verdict, route: path, fact };
  });
  for (const value of values.filter((one) => !looks.some((look) => isAbout(look, one)))) {
    const place = places.find((one) => isOf(one, value));
    const life = place === undefined ? null : await lifeOf(work, place);
    if (place === undefined || life === null) continue;
    const environment = place.environment === SHARED ? value.environments[0]! : place.environment;
    const isForAll = place.environment === SHARED;
    const verdict = { isForAll, isPassed: life === 'live', isRefused: life === 'dead', source: place.kind };
    const fact = { of: 'source', source: place.kind, environment, life } as const;
    const sent = new Set([value.secret.from]);
    looks.push({ environment, sent, ...verdict, route: null, status: null, fact });
  }
  return looks;
}

/** @returns null where the source cannot tell: that proves nothing, and keeps nobody from vouching */
async function lifeOf(
  { guide }: Work,
  { source, request, old, environment }: Replaced,
): Promise<'live' | 'dead' | null> {
  try {
    const life = (await source.lifeOf?.(request, old)) ?? UNSUPPORTED;
    return life === 'live' || life === 'dead' ? life : null;
  } catch (error) {
    if (!isKnoxError(error) || error.code !== 'source_failed') throw error;
    guide.warn('check_failed', `cannot check whether the old value for ${environment} still works: ${error.message}`);
    return null;
  }
}

/**
 * Looks until each look is a refusal. What a source has revoked gets ten minutes, since a provider takes a moment to tell all its servers;
 * else a person is asked.
 */
async function untilRefused(
  work: Work,
  look: () => Promise<Look[]>,
  isRevoked: (look: Look) => boolean,
): Promise<Look[] | Outcome> {
  for (let waited = 0, pause = FIRST_PAUSE_MS; ;) {
    const looks = (await look()).filter((one) => !isVouched(work, one));
    const alive = looks.filter(({ isRefused }) => !isRefused);
    if (alive.length === 0) return looks;
    if (alive.every(isRevoked)) {
      if (waited >= PATIENCE_MS) return notDead(work, alive);
      if (waited === 0) work.guide.note(`Not dead yet: ${said(alive)}. Trying again for up to ten minutes.`);
      await work.sleep(pause);
      waited += pause;
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    } else {
      const failure = await askToRevoke(work, alive);
      if (failure !== null) return failure;
    }
  }
}

/** An answer that says neither yes nor no is none: a person who knows may say so. A value that is accepted is never vouched for. */
function isVouched({ answers }: Work, { isPassed, isRefused }: Look): boolean {
  return !isPassed && !isRefused && answers.confirm.has('delete-old');
}

const PATIENCE_MS = 600_000;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

function said(looks: readonly Look[]): string {
  return aliveText(looks.map(({ fact }) => fact));
}

function notDead({ rotation }: Work, alive: readonly Look[]): Outcome {
  const { base, from } = rotation.secrets[0]!;
  const text = `${from} was revoked at its source, but after ten minutes it is still not refused by ${said(alive)}`;
  const error = errors.probe_failed(text, `find out why the old value still works, then: knox rotate ${base}`);
  return { kind: 'failed', error, why: whyAlive(alive, true, { base, from }), environments: placesOf(alive) };
}

function whyAlive(
  alive: readonly Look[],
  isRevoked: boolean,
  { base, from: name }: Pick<OldValue['secret'], 'base' | 'from'>,
): Why {
  return { of: 'alive', alive: alive.map(({ fact }) => fact), isRevoked, base, name };
}

function placesOf(looks: readonly Look[]): string[] {
  return [...new Set(looks.map(({ environment }) => environment))];
}

/** @returns null where the person says that it is revoked now */
async function askToRevoke({ rotation, guide }: Work, alive: readonly Look[]): Promise<Outcome | null> {
  const { base, from } = rotation.secrets[0]!;
  const environments = placesOf(alive);
  const hints = howToRevoke(base, [from], environments);
  const isIn = alive.some(({ isPassed }) => isPassed);
  const what = isIn ? 'the old value still passes' : 'the old value was neither accepted nor refused by';
  const answer = await guide.vouch({
    step: 'delete-old',
    question: 'Revoked? Test the old key again?',
    lines: [`${what} ${said(alive)}`, ...hints],
    needs: 'Revoke the old value where it was made; knox then checks for itself.',
  });
  if (answer === true) return null;
  const text = isIn ? `${what} ${said(alive)}: ${from} is not dead yet` : `${what} ${said(alive)}`;
  const word = isIn ? [] : [`if you know that it is revoked: knox rotate ${base} --confirm delete-old`];
  const error = errors.probe_failed(text, ...hints, `then: knox rotate ${base}`, ...word);
  return { kind: 'failed', error, why: whyAlive(alive, false, { base, from }), environments };
}
