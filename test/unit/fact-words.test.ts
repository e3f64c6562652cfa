import { describe, expect, test } from 'vitest';
import type { StepFacts } from '../../src/domain/step-facts.ts';
import { factWords } from '../../src/rotation/fact-words.ts';
import { Malformed } from '../../src/vault/records/codec.ts';
import { stepFacts, why } from '../../src/vault/records/step-facts.ts';

const NONE = { first: [], more: 0 };
const SOME = { first: [{ path: '.env', line: 4 }], more: 2 };
const AT = '2026-01-10T12:00:00.000Z';
const PROOFS = [
  {
    environment: 'production',
    kind: 'refused',
    route: 'a.env',
    status: 401,
    through: null,
    source: null,
    at: AT,
  } as const,
];
const SIGHTINGS = [
  { of: 'refusal', environment: 'production', source: 'gateway log', at: AT },
  { of: 'use', secret: 'k', environment: 'staging', consumer: 'get', actor: 'ana', at: AT },
  { of: 'source-use', secret: 'k', environment: 'production', source: 'postgres', at: AT },
] as const;
const FOUND =
  `a refused login in production (gateway log) at ${AT}; the old version was used: k for staging by get (ana) at ${AT}; ` +
  `the old value was used: k for production at ${AT}, as its source (postgres) says`;
const UNSEEN = { holders: NONE, unsearched: [], isCut: false, blind: [], elsewhere: [] };

const TOLD: readonly (readonly [StepFacts, string])[] = [
  [{ of: 'error', code: 'io', said: 'it broke' }, 'it broke'],
  [{ of: 'left-out', reason: 'in a hurry' }, 'left out: in a hurry'],
  [{ of: 'nothing', why: 'no-production' }, 'no production environment has a value of it'],
  [{ of: 'nothing', why: 'cut-off' }, 'the old value has leaked: whatever still uses it stops working'],
  [{ of: 'recorded', routes: [], isUnrouted: false, left: NONE }, 'no registered file names it'],
  [
    { of: 'recorded', routes: ['a', 'b'], isUnrouted: true, left: SOME },
    '2 routes: a, b; this rotation rewrites nothing in production; not registered: .env:4 and 2 more',
  ],
  [
    { of: 'values', made: 1, kept: ['staging'], deferred: ['production'] },
    '1 new value, kept for staging, production: made right before the update',
  ],
  [
    { of: 'stored', names: ['k_v2'], beside: ['k'], environments: ['staging'], isRevoked: false },
    'k_v2 stored beside k, for staging',
  ],
  [
    { of: 'stored', names: ['k_v2'], beside: ['k'], environments: [], isRevoked: true },
    'k_v2 stored beside k; revoked first: production refused by the probe of a.env: 401 Unauthorized',
  ],
  [{ of: 'updated', environments: ['a', 'b'], rewritten: 1, deployed: 2 }, 'a, b: 1 file rewritten, 2 deployed'],
  [
    { of: 'not-rewritten', environments: ['a'], holders: SOME },
    'a: nothing was rewritten, no registered file names it; still with the old value: .env:4 and 2 more',
  ],
  [{ of: 'tested', passed: 1, vouched: 2, kept: 3 }, '1 passed, 2 confirmed by a person, 3 with the kept value'],
  [{ of: 'untested' }, 'no pre-production file uses it: nothing to test'],
  [
    {
      of: 'watched',
      isOver: false,
      passed: 0,
      blind: ['production'],
      elsewhere: ['web'],
      refused: 1,
      uses: [{ secret: 'k', environment: 'production', consumer: 'a.env', count: 2 }],
      at: AT,
    },
    'production is probed from the project "web" and was not checked from here; 1 refused login with the new version; ' +
      'the old version had 2 uses: 2 of k for production by a.env; last run 2026-01-10 12:00 UTC',
  ],
  [
    { of: 'watched', isOver: true, passed: 2, blind: [], elsewhere: [], refused: 0, uses: [], at: AT },
    'the window has passed; 2 probes passed',
  ],
  [
    { of: 'verified', as: 'idle', found: [], passed: 1, unseen: UNSEEN },
    'no use of the old version on record, no refused login reported, 1 probe passed; not checked: commands that knox run started on other machines',
  ],
  [{ of: 'verified', as: 'busy', found: SIGHTINGS, passed: 0, unseen: UNSEEN }, FOUND],
  [{ of: 'verified', as: 'vouched', found: SIGHTINGS, passed: 0, unseen: UNSEEN }, `confirmed by a person: ${FOUND}`],
  [
    {
      of: 'verified',
      as: 'quiet',
      found: SIGHTINGS,
      passed: 0,
      unseen: { holders: SOME, unsearched: ['big'], isCut: true, blind: ['production'], elsewhere: [] },
    },
    `quiet since ${AT}; not checked: what reads .env:4 and 2 more, which the rotation did not rewrite; big, too large to search; ` +
      `files beyond the first 20000; commands that knox run started on other machines; production itself, which has no probe; before: ${FOUND}`,
  ],
  [
    { of: 'deleted', names: ['k', 'k_id'] },
    'k, k_id deleted; production refused by the probe of a.env: 401 Unauthorized',
  ],
  [{ of: 'documented', file: 'docs/k.md' }, 'record written to docs/k.md'],
  [
    {
      of: 'scheduled',
      dates: [
        { name: 'k_v2', due: AT, kept: ['staging'] },
        { name: 'k_id_v2', due: null, kept: [] },
      ],
    },
    'k_v2 is due 2026-01-10, as before: staging kept the value, k_id_v2 has no schedule',
  ],
];

test.each(TOLD)('%j is told, and kept as it is', (facts, text) => {
  expect(factWords(facts, PROOFS)).toBe(text);
  expect(stepFacts.read(JSON.parse(JSON.stringify(stepFacts.write(facts))))).toEqual(facts);
});

test.each<[StepFacts, string]>([
  [
    { of: 'stored', names: ['b'], beside: ['a'], environments: [], isRevoked: true },
    'b stored beside a; revoked first',
  ],
  [{ of: 'deleted', names: ['a'] }, 'a deleted'],
])('%j is told without its proof where that is told elsewhere', (facts, text) => {
  expect(factWords(facts, null)).toBe(text);
});

describe('what is no fact', () => {
  test.each<[string, object]>([
    ['another kind', { of: 'guessed' }],
    ['a sentence', { of: 'documented', file: 'a', text: 'all is well' }],
    ['a fact without its number', { of: 'updated', environments: [], rewritten: 'one', deployed: 0 }],
  ])('%s is refused', (_name, facts) => {
    expect(() => stepFacts.read(facts)).toThrow(Malformed);
  });

  test('a reason by a name that every object has is none', () => {
    expect(() => why.read({ of: 'constructor' })).toThrow(Malformed);
  });
});
