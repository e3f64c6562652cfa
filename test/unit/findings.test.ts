/** The rule of each finding, without a vault: what is one, what is just not one, since when it is so, and what is said to be typed. */
import { describe, expect, test } from 'vitest';
import { parseBaseline } from '../../src/findings/baseline.ts';
import { disagreements } from '../../src/findings/disagreements.ts';
import { atLeast, finding } from '../../src/findings/finding.ts';
import type { Finding } from '../../src/findings/finding.ts';
import { nameFindings } from '../../src/findings/name-findings.ts';
import { rotationFindings } from '../../src/findings/rotation-findings.ts';
import { scheduleFindings } from '../../src/findings/schedule-findings.ts';
import { useFindings } from '../../src/findings/use-findings.ts';
import { failureFindings, valueFindings } from '../../src/findings/value-findings.ts';
import { exposedVersions, staleVersions } from '../../src/findings/version-findings.ts';
import { UTC } from '../../src/domain/moments.ts';
import type { Needs } from '../../src/domain/rotation-record.ts';
import type { ListedSecret } from '../../src/vault/secrets/describe-secret.ts';
import { daysFrom, listed, named, NOW, refused, valued, viewOf } from '../helpers/looked-at.ts';
import { readParts, rotationPart } from '../helpers/rotation-part.ts';

const DAY = 86_400;
const codes = (found: readonly Finding[]) => found.map(({ code }) => code);

describe('what is due', () => {
  const of = (patch: Partial<ListedSecret>) => scheduleFindings([listed('k', patch)], new Set(['k']), NOW);

  test.each<[string, Partial<ListedSecret>, string[]]>([
    ['never', {}, []],
    ['at this moment', { dueAt: daysFrom(0), every: 90 * DAY }, ['overdue']],
    ['yesterday', { dueAt: daysFrom(-1), every: 90 * DAY }, ['overdue']],
    ['in 14 days, of 90', { dueAt: daysFrom(14), every: 90 * DAY }, ['due-soon']],
    ['in a little more than 14 days, of 90', { dueAt: daysFrom(14.01), every: 90 * DAY }, []],
    ['in a fifth of a short interval', { dueAt: daysFrom(2), every: 10 * DAY }, ['due-soon']],
    ['in more than a fifth of a short interval', { dueAt: daysFrom(2.01), every: 10 * DAY }, []],
    ['in 14 days, by a date alone', { dueAt: daysFrom(14) }, ['due-soon']],
    ['yesterday, of a version that was taken back', { dueAt: daysFrom(-1), state: 'withdrawn' }, []],
    ['by its provider, at this moment', { expiresAt: daysFrom(0) }, ['expired']],
    ['by its provider, in 14 days', { expiresAt: daysFrom(14) }, ['expires-soon']],
    ['by its provider, in a little more than 14 days', { expiresAt: daysFrom(14.01) }, []],
    ['by both', { dueAt: daysFrom(-1), expiresAt: daysFrom(1) }, ['overdue', 'expires-soon']],
  ])('%s', (_when, patch, expected) => expect(codes(of(patch))).toEqual(expected));

  test('a version that no environment is on is not asked for', () => {
    expect(scheduleFindings([listed('k', { dueAt: daysFrom(-1) })], new Set(['k_v2']), NOW)).toEqual([]);
  });

  test('it is so since the date, and soon since it was near; the hint rotates the lineage', () => {
    const late = scheduleFindings([listed('k_v2', { dueAt: daysFrom(-1) })], new Set(['k_v2']), NOW);
    expect(late).toMatchObject([{ secret: 'k_v2', since: daysFrom(-1), hint: 'knox rotate k', severity: 'error' }]);
    expect(of({ dueAt: daysFrom(1), every: 10 * DAY })).toMatchObject([{ since: daysFrom(-1), severity: 'warning' }]);
    expect(of({ expiresAt: daysFrom(4) })).toMatchObject([{ since: daysFrom(-10) }]);
  });
});

describe('uses', () => {
  const none = new Set<string>();
  const of = (patch: Partial<ListedSecret>, expected = none, routed = none) =>
    codes(useFindings([listed('k', patch)], expected, { routed, now: NOW }));

  test.each<[string, Partial<ListedSecret>, string[]]>([
    ['never, of a new one', { createdAt: daysFrom(-29) }, ['unrouted']],
    ['never, of one that is 30 days old', { createdAt: daysFrom(-30) }, ['unused', 'unrouted']],
    ['30 days ago', { createdAt: daysFrom(-99), lastUsedAt: daysFrom(-30) }, ['unused', 'unrouted']],
    ['29 days ago', { createdAt: daysFrom(-99), lastUsedAt: daysFrom(-29) }, ['unrouted']],
    ['long ago, while it is rotated', { createdAt: daysFrom(-99), rotation: 'r1' }, ['unrouted']],
    ['long ago, of a plain setting', { createdAt: daysFrom(-99), kind: 'config' }, ['unrouted']],
  ])('%s', (_when, patch, expected) => expect(of(patch)).toEqual(expected));

  test('who said that it lies unused hears nothing; one that a file names is not said to be deletable', () => {
    const old = { createdAt: daysFrom(-99) };
    expect(of(old, new Set(['k']))).toEqual(['unrouted']);
    expect(of(old, none, new Set(['k']))).toEqual(['unused']);
    const hintOf = (routed: ReadonlySet<string>) =>
      useFindings([listed('k', old)], none, { routed, now: NOW })[0]!.hint.includes('knox delete');
    expect({ unrouted: hintOf(none), routed: hintOf(new Set(['k'])) }).toEqual({ unrouted: true, routed: false });
  });
});

describe('names', () => {
  const of = (...names: string[]) =>
    nameFindings(
      names.map((name) => listed(name)),
      ['development', 'Canary'],
    );
  const told = (...names: string[]) => of(...names).map(({ code, secret }) => `${code} ${secret ?? ''}`.trim());

  test.each<[string[], string[]]>([
    [['api_key'], []],
    [['test_key'], ['test-secret test_key']],
    // A word is one between underscores, not a part of another one.
    [['latest_key', 'product_key', 'contest'], []],
    [['api_key_prod'], ['legacy-naming api_key_prod']],
    [['canary_key'], ['legacy-naming canary_key']],
    [
      ['api_key', 'db_key', 'mail_key_stg'],
      ['legacy-naming mail_key_stg', 'mixed-naming'],
    ],
  ])('%j: %j', (names, expected) => expect(told(...names)).toEqual(expected));

  test('what breaks the strategy is what fewer names follow, and only three of them are named', () => {
    const few = ['a_prod', 'b_prod', 'c_prod', 'd_prod'];
    const { message } = of('v', 'w', 'x', 'y', 'z', ...few).at(-1)!;
    expect(message).toContain('a_prod, b_prod, c_prod and 1 more');
    expect(of('a_prod', 'b_prod', 'alone').at(-1)!.message).toContain('; alone is not');
  });
});

describe('values', () => {
  const places = [named('k'), named('k', { realm: 'staging' }), named('other', { realm: 'development' })];
  const of = (facts: Parameters<typeof valued>[1], live = places, realm = 'production') =>
    valueFindings(viewOf({ value: [valued('k', facts, realm)] }), live);

  test('of another environment', async () => {
    expect(await of({ wrongEnvironment: true })).toMatchObject([
      { code: 'wrong-environment', secret: 'k', environment: 'production', since: daysFrom(-2), hint: 'knox rotate k' },
    ]);
    expect(await of({ wrongEnvironment: true }, [named('k', { kind: 'config' })])).toEqual([]);
    // A name that holds nothing, and one whose record of the value is elsewhere.
    expect(await of({ wrongEnvironment: true }, [named('k', { value: null }), named('gone')])).toEqual([]);
  });

  test('that are the same: an error where production is one of the two', async () => {
    const twin = { sameAs: [{ name: 'k', realm: 'staging' }] };
    expect(await of(twin)).toMatchObject([{ code: 'same-value', severity: 'error', environment: 'production' }]);
    const outside = { sameAs: [{ name: 'other', realm: 'development' }] };
    expect(await of(outside, places, 'staging')).toMatchObject([{ severity: 'warning', environment: 'staging' }]);
    expect(await of(outside)).toMatchObject([{ severity: 'error' }]);
  });

  test('that are the same in one environment, of a plain setting, or of a name that is gone are no finding', async () => {
    expect(await of({ sameAs: [{ name: 'k', realm: 'production' }] })).toEqual([]);
    expect(await of({ sameAs: [{ name: 'gone', realm: 'staging' }] })).toEqual([]);
    const setting = [named('k', { kind: 'config' }), named('k', { realm: 'staging' })];
    expect(await of({ sameAs: [{ name: 'k', realm: 'staging' }] }, setting)).toEqual([]);
  });
});

describe('refused logins', () => {
  const of = (...refusal: ReturnType<typeof refused>[]) => failureFindings(viewOf({ refusal }), [named('k')]);

  test('three within a day, however they were counted', async () => {
    expect(await of(refused('k'), refused('k'))).toEqual([]);
    const first = daysFrom(-0.9);
    expect(await of(refused('k', { count: 2 }), refused('k', { at: first }))).toMatchObject([
      {
        code: 'auth-failures',
        environment: 'production',
        since: first,
        hint: 'check who was refused, then: knox rotate k',
      },
    ]);
    expect(await of(refused('k', { count: 2 }), refused('k', { at: daysFrom(-1.01) }))).toEqual([]);
    expect(await of(refused('k', { at: daysFrom(-1), count: 3 }))).toHaveLength(1);
  });

  test('of another environment, or of a name that is gone, do not add up with them', async () => {
    expect(
      await of(refused('k', { count: 2 }), refused('k', { realm: 'staging' }), refused('gone', { count: 9 })),
    ).toEqual([]);
  });

  test('by probes: the one that was refused last is to be tried again', async () => {
    const by = (path: string, hours: number) => refused('k', { source: `probe of ${path}`, at: daysFrom(-hours / 24) });
    const [found] = await of(by('b.env', 2), by('a.env', 1), by('c.env', 3));
    expect(found!.hint).toBe('knox route test a.env -e production, then: knox rotate k');
  });
});

describe('versions', () => {
  test.each<[string, number, string[]]>([
    ['48 hours and a week after the new one was made', -9, ['k']],
    ['a little before', -8.99, []],
  ])('an old one is stale %s', async (_when, days, expected) => {
    const live = [named('k'), named('k_v2', { createdAt: daysFrom(days) })];
    const found = await staleVersions(viewOf({}), live);
    expect(found.map(({ secret }) => secret)).toEqual(expected);
    for (const { hint } of found) expect(hint).toBe('knox delete k');
  });

  test('while a rotation is under way its own window counts, from when production moved; not before', async () => {
    const live = [named('k'), named('k_v2', { createdAt: daysFrom(-90) })];
    const stale = async (at: string | null, endedAt: string | null = null) => {
      const steps = [{ id: 'update-production', state: 'done', at, entry: 5, by: 'a', facts: null } as const];
      const part = rotationPart('production', { window: 10 * DAY, steps, endedAt });
      return (await staleVersions(viewOf({ rotation: [part] }), live)).map(({ since, hint }) => ({ since, hint }));
    };
    expect(await stale(null)).toEqual([]);
    expect(await stale(daysFrom(-16.9))).toEqual([]);
    expect(await stale(daysFrom(-17))).toEqual([{ since: daysFrom(0), hint: 'knox rotate k' }]);
    expect(await stale(daysFrom(-1), daysFrom(-1))).toEqual([{ since: daysFrom(-81), hint: 'knox delete k' }]);
  });

  test('the newest of each environment is never stale, and one that is in two is told once, as the first has it', async () => {
    const old = { createdAt: daysFrom(-90) };
    expect(await staleVersions(viewOf({}), [named('k', old), named('k_v2', { ...old, realm: 'staging' })])).toEqual([]);
    const both = [
      named('k', { ...old, realm: 'staging' }),
      named('k_v2', { realm: 'staging', createdAt: daysFrom(-60) }),
      named('k', old),
      named('k_v2', old),
    ];
    expect(await staleVersions(viewOf({}), both)).toMatchObject([{ secret: 'k', since: daysFrom(-51) }]);
  });

  test('that a removed key could read are told once for each key and name', () => {
    const key = (slot: string) => ({ slot, label: 'ana', at: daysFrom(-3) });
    const live = ['staging', 'production'].map((realm) => named('k', { realm, exposed: [key('s1'), key('s2')] }));
    const found = exposedVersions(viewOf({}), [...live, named('other', { exposed: [key('s1')] }), named('safe')]);
    expect(found.map(({ secret, since }) => ({ secret, since }))).toEqual([
      { secret: 'k', since: daysFrom(-3) },
      { secret: 'k', since: daysFrom(-3) },
      { secret: 'other', since: daysFrom(-3) },
    ]);
  });
});

describe('rotations under way', () => {
  type Part = Parameters<typeof rotationPart>[1];
  const since = (days: number) => [
    { action: 'rotation-waits', at: daysFrom(days), detail: { rotation: 'r1' }, realms: {} },
  ];
  const of = async (part: Part, waitedDays = 0) => {
    const rotation = readParts(rotationPart('production', { startedAt: daysFrom(-60), ...part }));
    const found = await rotationFindings(viewOf({}, { entries: since(-waitedDays) }), [rotation], UTC);
    return found.map(({ code, since: from, environment }) => ({ code, since: from, environment }));
  };
  const needs = (kind: Needs['kind'], until: string | null, step: Needs['step'] = 'monitor'): Needs => ({
    kind,
    step,
    until,
    environments: ['production'],
    why: kind === 'time' ? { of: 'window' } : { of: 'revoked', base: 'k', names: ['k'] },
  });
  const [ready, stuck] = [
    { code: 'ready', environment: null },
    { code: 'rotation-stuck', environment: null },
  ];

  test.each<[string, Part, number, object[]]>([
    ['a time that is to come', { needs: needs('time', daysFrom(0.01)), state: 'waiting' }, 30, []],
    [
      'a time that is now',
      { needs: needs('time', daysFrom(0)), state: 'waiting' },
      30,
      [{ ...ready, since: daysFrom(0) }],
    ],
    [
      'a person, for a week',
      { needs: needs('confirm', null), state: 'waiting' },
      7,
      [{ ...stuck, since: daysFrom(0) }],
    ],
    ['a person, for less than a week', { needs: needs('confirm', null), state: 'waiting' }, 6.99, []],
    ['nothing that is known, for long', {}, 30, [{ ...stuck, since: daysFrom(-23) }]],
    [
      'a time, and failed',
      { needs: needs('time', daysFrom(1)), state: 'failed' },
      8,
      [{ ...stuck, since: daysFrom(-1) }],
    ],
  ])('that wait for %s', async (_what, part, waited, expected) => expect(await of(part, waited)).toEqual(expected));

  test('one that goes back says that alone, of the environment that it hangs at', async () => {
    const rollback = { reason: null, at: daysFrom(-2) };
    expect(await of({ options: { rollback }, needs: needs('time', daysFrom(-1)) }, 30)).toEqual([
      { code: 'rolling-back', since: daysFrom(-2), environment: 'production' },
    ]);
  });
});

describe('environments that disagree', () => {
  const staging = { realm: 'staging' };
  const of = (patch: Parameters<typeof named>[1], readable?: string[]) =>
    disagreements(viewOf({}, readable && { readable }), [named('k', staging), named('k', patch)]).map(
      ({ hint }) => hint,
    );

  test.each<[string, Parameters<typeof named>[1], string[]]>([
    ['nothing', { note: 'another note', every: 5 }, []],
    ['the kind, which can be set', { kind: 'critical' }, ['if staging is right: knox set k --kind standard']],
    ['the version', { version: 2 }, ['see who changed it: knox audit k']],
    ['whether it is shared', { shared: 'ab' }, ['see who changed it: knox audit k']],
    ['the kind and more', { kind: 'critical', base: 'other' }, ['see who changed it: knox audit k']],
  ])('on %s', (_what, patch, expected) => expect(of(patch)).toEqual(expected));

  test('what a key does not open is not held against the rest', () => {
    expect(of({ version: 2 }, ['staging'])).toEqual([]);
    expect(of({ version: 2 }, ['staging', 'production'])).toHaveLength(1);
  });
});

describe('a list of findings', () => {
  const some = (['unrouted', 'unused', 'overdue'] as const).map((code) => finding(code, { message: 'm', hint: 'h' }));

  test('is cut at a severity', () => {
    expect(codes(atLeast(some, 'info'))).toEqual(['unrouted', 'unused', 'overdue']);
    expect(codes(atLeast(some, 'warning'))).toEqual(['unused', 'overdue']);
    expect(codes(atLeast(some, 'error'))).toEqual(['overdue']);
  });

  test('is held against an earlier one by code and place, whatever its words are now', () => {
    const one = finding('unused', { secret: 'k', environment: 'staging', message: '31 days ago', hint: 'h' });
    const isKnown = parseBaseline(Buffer.from(JSON.stringify([{ ...one, message: '30 days ago' }])), 'known.json');
    expect({ same: isKnown(one), elsewhere: isKnown({ ...one, environment: 'production' }) }).toEqual({
      same: true,
      elsewhere: false,
    });
    for (const text of ['', '{}', '[1]', '[null]', '[{}]'])
      expect(() => parseBaseline(Buffer.from(text), 'known.json'), text).toThrow(
        expect.objectContaining({ code: 'usage' }),
      );
  });
});
