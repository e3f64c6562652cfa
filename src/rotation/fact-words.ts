/** The facts of a step in words, for a person, made when they are shown. */
import { printable } from '../domain/printable.ts';
import { UTC } from '../domain/moments.ts';
import type { Moments } from '../domain/moments.ts';
import type {
  Alive,
  ProbeFact,
  RouteAt,
  Sighting,
  SomeFiles,
  StepFacts,
  Unseen,
  UseCount,
} from '../domain/step-facts.ts';
import { answerText } from '../routes/probe.ts';
import { MOST_FILES } from './mentions.ts';
import { proofSentence } from './proof.ts';
import type { EnvironmentProof } from './proof.ts';

/** @param proofs of the rotation: how the old value is known to be dead; null where that is told elsewhere @returns one line, without a full stop */
export function factWords(
  facts: StepFacts,
  proofs: readonly EnvironmentProof[] | null,
  moments: Moments = UTC,
): string {
  switch (facts.of) {
    case 'error':
      return facts.said;
    case 'left-out':
      return `left out: ${facts.reason ?? ''}`;
    case 'nothing':
      return NOTHING[facts.why];
    case 'recorded':
      return recorded(facts);
    case 'values':
      return values(facts);
    case 'stored':
      return stored(facts, proofs);
    case 'updated':
      return updated(facts);
    case 'not-rewritten':
      return notRewritten(facts);
    case 'tested':
      return tested(facts);
    case 'untested':
      return 'no pre-production file uses it: nothing to test';
    case 'watched':
      return watched(facts, moments);
    case 'verified':
      return verified(facts, moments);
    case 'deleted':
      return [`${facts.names.join(', ')} deleted`, proofWordsOf(proofs)].filter((part) => part !== '').join('; ');
    case 'documented':
      return `record written to ${facts.file}`;
    case 'scheduled':
      return facts.dates.map((one) => dateWords(one, moments)).join(', ');
  }
}

type Facts<O extends StepFacts['of']> = Extract<StepFacts, { readonly of: O }>;

const NOTHING = {
  'no-pre-production': 'no pre-production environment has a value of it',
  'no-production': 'no production environment has a value of it',
  'no-time': 'the old value has leaked: production is not watched',
  'cut-off': 'the old value has leaked: whatever still uses it stops working',
} as const;

function recorded({ routes, isUnrouted, left }: Facts<'recorded'>): string {
  const paths = `${many(routes.length, 'route')}: ${routes.join(', ')}`;
  return [
    routes.length === 0 ? 'no registered file names it' : paths,
    ...(isUnrouted ? ['this rotation rewrites nothing in production'] : []),
    ...(isEmpty(left) ? [] : [`not registered: ${filesText(left)}`]),
  ].join('; ');
}

function values({ made, kept, deferred }: Facts<'values'>): string {
  return [
    ...(made === 0 ? [] : [many(made, 'new value')]),
    ...(kept.length === 0 ? [] : [`kept for ${kept.join(', ')}`]),
    ...(deferred.length === 0 ? [] : [`${deferred.join(', ')}: made right before the update`]),
  ].join(', ');
}

function stored(facts: Facts<'stored'>, proofs: readonly EnvironmentProof[] | null): string {
  const { names, beside, environments, isRevoked } = facts;
  const places = environments.length === 0 ? '' : `, for ${environments.join(', ')}`;
  const proof = isRevoked ? ['; revoked first', ...(proofs === null ? [] : [proofSentence(proofs)])].join(': ') : '';
  return `${names.join(', ')} stored beside ${beside.join(', ')}${places}${proof}`;
}

function updated({ environments, rewritten, deployed }: Facts<'updated'>): string {
  const last = deployed === 0 ? '' : `, ${deployed} deployed`;
  return `${environments.join(', ')}: ${many(rewritten, 'file')} rewritten${last}`;
}

function notRewritten({ environments, holders }: Facts<'not-rewritten'>): string {
  const holds = isEmpty(holders) ? '' : `; still with the old value: ${filesText(holders)}`;
  return `${environments.join(', ')}: nothing was rewritten, no registered file names it${holds}`;
}

function tested({ passed, vouched, kept }: Facts<'tested'>): string {
  return [
    ...(passed === 0 ? [] : [`${passed} passed`]),
    ...(vouched === 0 ? [] : [`${vouched} confirmed by a person`]),
    ...(kept === 0 ? [] : [`${kept} with the kept value`]),
  ].join(', ');
}

function watched({ isOver, passed, blind, elsewhere, refused, uses, at }: Facts<'watched'>, moments: Moments): string {
  const where =
    elsewhere.length === 0
      ? 'has no probe and was not checked'
      : `is probed from ${projectsText(elsewhere)} and was not checked from here`;
  return [
    ...(isOver ? ['the window has passed'] : []),
    ...(passed === 0 ? [] : [`${many(passed, 'probe')} passed`]),
    ...(blind.length === 0 ? [] : [`${blind.join(', ')} ${where}`]),
    ...(refused === 0 ? [] : [`${many(refused, 'refused login')} with the new version`]),
    ...(uses.length === 0 ? [] : [`the old version had ${countsText(uses)}`]),
    ...(isOver ? [] : [`last ${passed > 0 ? 'checked' : 'run'} ${moments.at(at)}`]),
  ].join('; ');
}

function verified({ as, found, passed, unseen }: Facts<'verified'>, moments: Moments): string {
  const probes = passed === 0 ? '' : `, ${many(passed, 'probe')} passed`;
  const said = sightingsText(found, moments);
  if (as === 'busy') return said;
  if (as === 'vouched') return `confirmed by a person: ${said}`;
  if (as === 'idle')
    return `no use of the old version on record, no refused login reported${probes}${unseenText(unseen)}`;
  const last =
    found
      .map(({ at }) => at)
      .toSorted()
      .at(-1) ?? '';
  return `quiet since ${last === '' ? '' : moments.exact(last)}${probes}${unseenText(unseen)}; before: ${said}`;
}

function dateWords({ name, due, kept }: Facts<'scheduled'>['dates'][number], moments: Moments): string {
  const why = kept.length === 0 ? '' : `, as before: ${kept.join(', ')} kept the value`;
  return due === null ? `${name} has no schedule` : `${name} is due ${moments.day(due)}${why}`;
}

function unseenText({ holders, unsearched, isCut, blind, elsewhere }: Unseen): string {
  const why = elsewhere.length === 0 ? 'which has no probe' : `which is probed from ${projectsText(elsewhere)}`;
  const parts = [
    ...(isEmpty(holders) ? [] : [`what reads ${filesText(holders)}, which the rotation did not rewrite`]),
    ...(unsearched.length === 0 ? [] : [`${unsearched.map(printable).join(', ')}, too large to search`]),
    ...(isCut ? [`files beyond the first ${MOST_FILES}`] : []),
    'commands that knox run started on other machines',
    ...(blind.length === 0 ? [] : [`${blind.join(', ')} itself, ${why}`]),
  ];
  return `; not checked: ${parts.join('; ')}`;
}

/** `a refused login in production (gateway log) at …; the old version was used: …`. */
export function sightingsText(found: readonly Sighting[], moments: Moments): string {
  const uses = found.flatMap((one) => (one.of === 'use' ? [one] : []));
  return [
    ...found.flatMap((one) =>
      one.of === 'refusal' ? [`a refused login in ${one.environment} (${one.source}) at ${moments.exact(one.at)}`] : [],
    ),
    ...(uses.length === 0 ? [] : [`the old version was used: ${uses.map((use) => useText(use, moments)).join('; ')}`]),
    ...found.flatMap((one) =>
      one.of === 'source-use' ? [`the old value was used: ${sourceUseText(one, moments)}`] : [],
    ),
  ].join('; ');
}

function useText(use: Extract<Sighting, { of: 'use' }>, moments: Moments): string {
  const { secret, environment, consumer, actor, at } = use;
  return `${secret} for ${environment} by ${consumer} (${actor}) at ${moments.exact(at)}`;
}

function sourceUseText(use: Extract<Sighting, { of: 'source-use' }>, moments: Moments): string {
  const { secret, environment, at, source } = use;
  return `${secret} for ${environment} at ${moments.exact(at)}, as its source (${source}) says`;
}

/** `3 uses: 2 of x for production by app.env, 1 …`. */
function countsText(uses: readonly UseCount[]): string {
  const all = uses.reduce((sum, { count }) => sum + count, 0);
  const parts = uses.map(
    ({ secret, environment, consumer, count }) => `${count} of ${secret} for ${environment} by ${consumer}`,
  );
  return `${many(all, 'use')}: ${parts.join(', ')}`;
}

/** Those that are named, to be kept. */
export function someFiles(files: readonly SomeFiles['first'][number][]): SomeFiles {
  const first = files.slice(0, MOST_NAMED).map(({ path, line }) => ({ path, line }));
  return { first, more: files.length - first.length };
}

const MOST_NAMED = 5;

/** `.env:4, a.yaml:1 and 3 more`. */
export function filesText({ first, more }: SomeFiles): string {
  const shown = first.map(({ path, line }) => `${printable(path)}:${line}`);
  return `${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

export function isEmpty({ first }: SomeFiles): boolean {
  return first.length === 0;
}

/** `the projects "api", "web"`. */
export function projectsText(names: readonly string[]): string {
  return `the ${names.length === 1 ? 'project' : 'projects'} ${names.map((name) => `"${name}"`).join(', ')}`;
}

/** `app.env for production, b.env for staging`. */
export function routesText(routes: readonly RouteAt[]): string {
  return routes.map(({ path, environment }) => `${path} for ${environment}`).join(', ');
}

/** `app.env for production (500 Internal Server Error), …`. */
export function probesText(probes: readonly ProbeFact[]): string {
  return probes
    .map(
      (probe) =>
        `${nameOf(probe)} for ${probe.environment} (${answerText(probe)}${probe.isNewToo === true ? ', for the new value too' : ''})`,
    )
    .join(', ');
}

function nameOf({ path, project }: Pick<ProbeFact, 'path' | 'project'>): string {
  return project === null ? path : `${path} of the project "${project}"`;
}

/** `the probe of app.env for production (200 OK), its source (command) for staging (live)`. */
export function aliveText(alive: readonly Alive[]): string {
  return alive
    .map((one) =>
      one.of === 'probe'
        ? `the probe of ${probesText([one])}`
        : `its source (${one.source}) for ${one.environment} (${one.life})`,
    )
    .join(', ');
}

function proofWordsOf(proofs: readonly EnvironmentProof[] | null): string {
  return proofs === null ? '' : proofSentence(proofs);
}

function many(count: number, word: string): string {
  return `${count} ${count === 1 ? word : `${word}s`}`;
}
