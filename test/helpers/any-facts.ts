/** Any facts of a rotation's steps, and any reason that it waits for, as knox may write them. */
import * as fc from 'fast-check';
import type { Alive, Sighting, StepFacts, Why } from '../../src/domain/step-facts.ts';

export const anyText: fc.Arbitrary<string> = fc.string({ unit: 'binary', maxLength: 12 });
export const anyCount: fc.Arbitrary<number> = fc.oneof(fc.nat(3), fc.maxSafeNat());
export const anyTime: fc.Arbitrary<string> = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const flag = fc.boolean();
export const orNull = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null, freq: 2 });
export const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 3 });
export const atLeastOne = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 3 });
const texts = some(anyText);
type Fields = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** @param left fields that may be left out */
export function shape<T>(fields: Fields, left: Fields = {}): fc.Arbitrary<T> {
  const all = fc.record({ ...fields, ...left }, { requiredKeys: Object.keys(fields), noNullPrototype: true });
  return all as unknown as fc.Arbitrary<T>;
}

/** One of several, told apart by `of`. */
function kinds<T extends { readonly of: string }>(shapes: {
  readonly [K in T['of']]: Fields | readonly [fields: Fields, left: Fields];
}): fc.Arbitrary<T> {
  const each = Object.entries<Fields | readonly [Fields, Fields]>(shapes).map(([of, given]) => {
    const [fields, left] = Array.isArray(given) ? (given as [Fields, Fields]) : [given as Fields, {}];
    return shape<T>({ of: fc.constant(of), ...fields }, left);
  });
  return fc.oneof(...each);
}

const route = shape({ path: anyText, environment: anyText });
const files = shape({ first: some(shape({ path: anyText, line: anyCount })), more: anyCount });
const probe = {
  path: anyText,
  environment: anyText,
  project: orNull(anyText),
  status: orNull(anyCount),
  fault: orNull(anyText),
};
const sighting = kinds<Sighting>({
  refusal: { environment: anyText, source: anyText, at: anyTime },
  use: { secret: anyText, environment: anyText, consumer: anyText, actor: anyText, at: anyTime },
  'source-use': { secret: anyText, environment: anyText, source: anyText, at: anyTime },
});
const alive = kinds<Alive>({
  probe: [probe, { isNewToo: flag }],
  source: { source: anyText, environment: anyText, life: fc.constantFrom('live', 'dead') },
});

export const anyFacts: fc.Arbitrary<StepFacts> = kinds<StepFacts>({
  error: { code: anyText, said: anyText },
  'left-out': { reason: orNull(anyText) },
  nothing: { why: fc.constantFrom('no-pre-production', 'no-production', 'no-time', 'cut-off') },
  recorded: { routes: texts, isUnrouted: flag, left: files },
  values: { made: anyCount, kept: texts, deferred: texts },
  stored: { names: texts, beside: texts, environments: texts, isRevoked: flag },
  updated: { environments: texts, rewritten: anyCount, deployed: anyCount },
  'not-rewritten': { environments: texts, holders: files },
  tested: { passed: anyCount, vouched: anyCount, kept: anyCount },
  untested: {},
  watched: {
    isOver: flag,
    passed: anyCount,
    blind: texts,
    elsewhere: texts,
    refused: anyCount,
    uses: some(shape({ secret: anyText, environment: anyText, consumer: anyText, count: anyCount })),
    at: anyTime,
  },
  verified: {
    as: fc.constantFrom('idle', 'quiet', 'vouched', 'busy'),
    found: some(sighting),
    passed: anyCount,
    unseen: shape({ holders: files, unsearched: texts, isCut: flag, blind: texts, elsewhere: texts }),
  },
  deleted: { names: texts },
  documented: { file: anyText },
  scheduled: { dates: some(shape({ name: anyText, due: orNull(anyTime), kept: texts })) },
});

export const anyWhy: fc.Arbitrary<Why> = kinds<Why>({
  window: [{}, { isBlind: flag, since: anyTime }],
  quarantine: {},
  hours: { between: orNull(anyText), on: orNull(anyText) },
  quiet: [{ found: some(sighting) }, { since: anyTime }],
  expiry: { name: anyText, environments: texts },
  rollback: {
    left: some(shape({ path: orNull(anyText), environments: texts, said: anyText })),
    projects: texts,
  },
  values: { isAllKept: flag },
  apply: { files: texts, deploys: some(route) },
  deployed: { routes: some(route) },
  tried: { routes: some(route) },
  documentation: { file: anyText },
  revoked: { base: anyText, names: texts },
  projects: { projects: texts },
  person: {},
  probes: { probes: some(shape(probe, { isNewToo: flag })), isBefore: flag },
  alive: { alive: some(alive), isRevoked: flag, base: anyText, name: anyText },
  refusals: { name: anyText, count: anyCount, by: some(shape({ source: anyText, environment: anyText })) },
  error: { code: anyText, said: anyText, hint: orNull(anyText) },
});
