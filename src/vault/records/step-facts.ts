/** The facts of a rotation's steps, and of what it waits for, as they are stored. */
import type {
  Alive,
  ProbeFact,
  RouteAt,
  Sighting,
  SomeFiles,
  StepFacts,
  Unseen,
  UseCount,
  Why,
} from '../../domain/step-facts.ts';
import { Malformed, count, flag, listOf, object, oneOf, oneOfKinds, optional, orNull, text, time } from './codec.ts';
import type { Field } from './codec.ts';

const route: Field<RouteAt> = object({ path: text, environment: text });
const files: Field<SomeFiles> = object({ first: listOf(object({ path: text, line: count })), more: count });
const probeShape = {
  path: text,
  environment: text,
  project: orNull(text),
  status: orNull(count),
  fault: orNull(text),
  isNewToo: optional(flag),
} as const;
const probe: Field<ProbeFact> = object(probeShape);
const sighting: Field<Sighting> = oneOfKinds('of', {
  refusal: object({ of: oneOf('refusal'), environment: text, source: text, at: time }),
  use: object({ of: oneOf('use'), secret: text, environment: text, consumer: text, actor: text, at: time }),
  'source-use': object({ of: oneOf('source-use'), secret: text, environment: text, source: text, at: time }),
} as const satisfies Readonly<Record<string, Field<unknown>>>);
const useCount: Field<UseCount> = object({ secret: text, environment: text, consumer: text, count });
const unseen: Field<Unseen> = object({
  holders: files,
  unsearched: listOf(text),
  isCut: flag,
  blind: listOf(text),
  elsewhere: listOf(text),
});
const alive: Field<Alive> = oneOfKinds('of', {
  probe: object({ of: oneOf('probe'), ...probeShape }),
  source: object({ of: oneOf('source'), source: text, environment: text, life: oneOf('live', 'dead') }),
} as const satisfies Readonly<Record<string, Field<unknown>>>);
const scheduled = object({ name: text, due: orNull(time), kept: listOf(text) });

export const stepFacts: Field<StepFacts> = oneOfKinds('of', {
  error: object({ of: oneOf('error'), code: text, said: text }),
  'left-out': object({ of: oneOf('left-out'), reason: orNull(text) }),
  nothing: object({ of: oneOf('nothing'), why: oneOf('no-pre-production', 'no-production', 'no-time', 'cut-off') }),
  recorded: object({ of: oneOf('recorded'), routes: listOf(text), isUnrouted: flag, left: files }),
  values: object({ of: oneOf('values'), made: count, kept: listOf(text), deferred: listOf(text) }),
  stored: object({
    of: oneOf('stored'),
    names: listOf(text),
    beside: listOf(text),
    environments: listOf(text),
    isRevoked: flag,
  }),
  updated: object({ of: oneOf('updated'), environments: listOf(text), rewritten: count, deployed: count }),
  'not-rewritten': object({ of: oneOf('not-rewritten'), environments: listOf(text), holders: files }),
  tested: object({ of: oneOf('tested'), passed: count, vouched: count, kept: count }),
  untested: object({ of: oneOf('untested') }),
  watched: object({
    of: oneOf('watched'),
    isOver: flag,
    passed: count,
    blind: listOf(text),
    elsewhere: listOf(text),
    refused: count,
    uses: listOf(useCount),
    at: time,
  }),
  verified: object({
    of: oneOf('verified'),
    as: oneOf('idle', 'quiet', 'vouched', 'busy'),
    found: listOf(sighting),
    passed: count,
    unseen,
  }),
  deleted: object({ of: oneOf('deleted'), names: listOf(text) }),
  documented: object({ of: oneOf('documented'), file: text }),
  scheduled: object({ of: oneOf('scheduled'), dates: listOf(scheduled) }),
} as const satisfies Readonly<Record<string, Field<unknown>>>);

/** What an entry of the log says of a step, which any holder of a key can have written: null where it is nothing that knox writes. */
export function readStepFacts(value: unknown): StepFacts | null {
  try {
    return stepFacts.read(value);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return null;
  }
}

const left = object({ path: orNull(text), environments: listOf(text), said: text });

export const why: Field<Why> = oneOfKinds('of', {
  window: object({ of: oneOf('window'), isBlind: optional(flag), since: optional(time) }),
  quarantine: object({ of: oneOf('quarantine') }),
  hours: object({ of: oneOf('hours'), between: orNull(text), on: orNull(text) }),
  quiet: object({ of: oneOf('quiet'), found: listOf(sighting), since: optional(time) }),
  expiry: object({ of: oneOf('expiry'), name: text, environments: listOf(text) }),
  rollback: object({ of: oneOf('rollback'), left: listOf(left), projects: listOf(text) }),
  values: object({ of: oneOf('values'), isAllKept: flag }),
  apply: object({ of: oneOf('apply'), files: listOf(text), deploys: listOf(route) }),
  deployed: object({ of: oneOf('deployed'), routes: listOf(route) }),
  tried: object({ of: oneOf('tried'), routes: listOf(route) }),
  documentation: object({ of: oneOf('documentation'), file: text }),
  revoked: object({ of: oneOf('revoked'), base: text, names: listOf(text) }),
  projects: object({ of: oneOf('projects'), projects: listOf(text) }),
  person: object({ of: oneOf('person') }),
  probes: object({ of: oneOf('probes'), probes: listOf(probe), isBefore: flag }),
  alive: object({ of: oneOf('alive'), alive: listOf(alive), isRevoked: flag, base: text, name: text }),
  refusals: object({
    of: oneOf('refusals'),
    name: text,
    count,
    by: listOf(object({ source: text, environment: text })),
  }),
  error: object({ of: oneOf('error'), code: text, said: text, hint: orNull(text) }),
} as const satisfies Readonly<Record<string, Field<unknown>>>);
