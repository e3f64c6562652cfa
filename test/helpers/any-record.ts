/** Any record of each kind, as knox may write one: stated anew, so that a codec which takes less or more is found out. */
import * as fc from 'fast-check';
import { DAYS, EVENTS, FILE_FORMATS, SOURCE_KINDS, STEP_IDS } from '../../src/domain/choices.ts';
import { KINDS } from '../../src/domain/kinds.ts';
import type { Content, KindName } from '../../src/vault/records/kinds.ts';
import { anyCount, anyFacts, atLeastOne, anyText, anyTime, anyWhy, orNull, shape, some } from './any-facts.ts';

/** What the system takes for a name or a command. */
const anySystemText = anyText.map((text) => text.replaceAll('\0', ''));

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const hex = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,30}$/);
const flag = fc.boolean();
const seconds = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 36_525 * 86_400 }), fc.constant(0.5));
const vouched = orNull(shape({ slot: id, entry: anyCount, signature: hex }));
const made = { createdAt: anyTime, createdBy: anyText };
const step = fc.constantFrom(...STEP_IDS);

const rotation = shape<Content<'rotation'>>({
  id,
  state: fc.constantFrom('active', 'waiting', 'failed', 'done', 'rolled-back', 'aborted'),
  project: anyText,
  source: anyText,
  window: seconds,
  quarantine: seconds,
  isUnattended: flag,
  options: shape(
    {},
    {
      between: fc
        .tuple(fc.integer({ min: 10, max: 15 }), fc.integer({ min: 16, max: 23 }))
        .map((to) => `${to.join(':00-')}:59`),
      on: fc.constantFrom(...DAYS, 'mon-fri', 'sat,sun'),
      rollback: shape({ reason: orNull(anyText), at: anyTime }),
      revokedNew: some(anyText),
      overlap: seconds,
      accepted: some(anyText),
      compromised: shape({ at: anyTime, revokeFirst: flag }),
    },
  ),
  steps: some(
    shape({
      id: step,
      state: fc.constantFrom('todo', 'done', 'skipped'),
      at: orNull(anyTime),
      entry: orNull(anyCount),
      by: orNull(anyText),
      facts: orNull(anyFacts),
    }),
  ),
  needs: orNull(
    shape({
      kind: fc.constantFrom('time', 'confirm', 'values', 'fix', 'project'),
      step,
      until: orNull(anyTime),
      environments: some(anyText),
      why: anyWhy,
    }),
  ),
  waitUntil: orNull(anyTime),
  incident: orNull(id),
  secrets: atLeastOne(
    shape({
      base: name,
      from: name,
      to: name,
      isKept: flag,
      updatedAt: orNull(anyTime),
      updatedEntry: orNull(anyCount),
      testedAt: orNull(anyTime),
      disabledAt: orNull(anyTime),
      revokedAt: orNull(anyTime),
      proof: orNull(
        shape({
          kind: fc.constantFrom('refused', 'revoked', 'vouched', 'unproven'),
          route: orNull(anyText),
          status: orNull(anyCount),
          through: orNull(anyText),
          source: orNull(anyText),
          at: anyTime,
        }),
      ),
      attempt: orNull(id),
    }),
  ),
  routes: some(
    shape({
      project: anyText,
      path: anySystemText,
      originals: orNull(some(orNull(anyText))),
      plannedAt: orNull(anyTime),
      writtenAt: orNull(anyTime),
      deployStartedAt: orNull(anyTime),
      deployedAt: orNull(anyTime),
      testedAt: orNull(anyTime),
      begun: orNull(fc.constantFrom('test', 'back')),
      isVouched: flag,
    }),
  ),
  startedAt: anyTime,
  startedBy: anyText,
  endedAt: orNull(anyTime),
  endReason: orNull(anyText),
});

const route = shape<Content<'route'>>({
  id,
  project: anyText,
  path: anySystemText,
  format: orNull(fc.constantFrom(...FILE_FORMATS)),
  template: orNull(anyText),
  probe: orNull(anyText),
  method: orNull(fc.constantFrom('GET', 'POST', 'PROPFIND')),
  headers: some(anyText),
  headersFromRoute: flag,
  expect: orNull(fc.constantFrom('200', '404', '200-299')),
  allowHttp: flag,
  testCommand: orNull(anySystemText),
  deployCommand: orNull(anySystemText),
  timeout: orNull(seconds),
  names: some(anyText),
  hosts: some(fc.tuple(anyText, anyText)),
  vouched,
  ...made,
});

export const ANY_RECORD: { readonly [K in KindName]: fc.Arbitrary<Content<K>> } = {
  name: shape({
    name,
    base: name,
    version: anyCount,
    state: fc.constantFrom('pending', 'live', 'withdrawn', 'deleted'),
    value: orNull(id),
    shared: orNull(hex),
    kind: fc.constantFrom(...KINDS),
    every: orNull(seconds),
    expiresAt: orNull(anyTime),
    note: orNull(anyText),
    owner: orNull(anyText),
    expectUnused: flag,
    exposed: some(shape({ slot: id, label: anyText, at: anyTime })),
    ...made,
    withdrawnAt: orNull(anyTime),
    deletedAt: orNull(anyTime),
    earlier: some(shape({ createdAt: anyTime, deletedAt: anyTime })),
  }),
  value: shape({
    id,
    name,
    key: id,
    facts: shape(
      { sameAs: some(shape({ name, realm: anyText })), wrongEnvironment: flag },
      { handle: anyText, consumesOld: flag, isUnknown: flag },
    ),
    ...made,
  }),
  lineage: shape({
    base: name,
    names: some(name),
    highest: anyCount,
    current: orNull(name),
    previous: orNull(name),
    movedAt: orNull(anyTime),
    dueAt: orNull(anyTime),
    rotation: orNull(id),
    createdAt: anyTime,
  }),
  use: shape({
    id,
    name,
    consumer: anyText,
    lastEntry: anyCount,
    lastAt: anyTime,
    lastActor: anyText,
    count: anyCount,
  }),
  refusal: shape({ id, name, at: anyTime, count: anyCount, source: anyText }),
  route,
  source: shape({
    base: name,
    kind: fc.constantFrom(...SOURCE_KINDS),
    options: fc.dictionary(anyText, anyText, { maxKeys: 3, noNullPrototype: true }),
    overlap: orNull(fc.constantFrom('none', 'unlimited', '30d', '90s')),
    vouched,
    createdAt: anyTime,
  }),
  receiver: shape({
    id,
    kind: fc.constantFrom('webhook', 'command'),
    target: anySystemText,
    events: fc.subarray([...EVENTS]),
    vouched,
    ...made,
  }),
  rotation,
  incident: shape({
    id,
    rotation: orNull(id),
    base: name,
    reason: anyText,
    startedAt: anyTime,
    startedBy: anyText,
    revokedAt: orNull(anyTime),
  }),
};
