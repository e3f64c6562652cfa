/** Planning a migration: what is taken, what is left and why, and what holds for every plan whatever the names. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planMigration } from '../../src/migrate/plan.ts';
import type { MigrationFacts, MigrationReference, MigrationSecret } from '../../src/migrate/plan.ts';
import { readName } from '../../src/migrate/words.ts';
import { parseSecretName } from '../../src/domain/secret-name.ts';

const environments = [
  { name: 'development', production: false },
  { name: 'staging', production: false },
  { name: 'production', production: true },
];

const secret = (name: string, more: Partial<MigrationSecret> = {}): MigrationSecret => ({
  name,
  base: name,
  environments: null,
  settings: { kind: 'standard' },
  hindrance: null,
  ...more,
});

function plan(names: readonly (string | MigrationSecret)[], more: Partial<MigrationFacts> = {}) {
  const secrets = names.map((one) => (typeof one === 'string' ? secret(one) : one));
  const taken = new Set([...secrets.flatMap(({ name, base }) => [name, base]), ...(more.taken ?? [])]);
  return planMigration({ environments, references: [], ...more, secrets, taken });
}
const taken = (found: ReturnType<typeof plan>) =>
  found.planned.map(({ to, from }) => [to, from.map(({ name }) => name)]);
const reasons = (found: ReturnType<typeof plan>) =>
  Object.fromEntries(found.left.map(({ name, reason }) => [name, reason]));

describe('what a name says', () => {
  test.each([
    ['production_stripe_key', 'stripe_key', 'production'],
    ['stripe_production_api_key', 'stripe_api_key', 'production'],
    ['stripe_key_prod', 'stripe_key', 'production'],
    ['STRIPE_LIVE_KEY', 'STRIPE_KEY', 'production'],
    ['stg-mail.token', 'mail.token', 'staging'],
    ['mail.dev-token', 'mail.token', 'development'],
    ['_dev_token', '_token', 'development'],
    ['stripeProductionApiKey', 'stripeApiKey', 'production'],
    ['prodStripeKey', 'stripeKey', 'production'],
    ['stripeKeyProd', 'stripeKey', 'production'],
    ['StripeProdKey', 'StripeKey', 'production'],
    ['ProdStripeKey', 'StripeKey', 'production'],
    ['devAPIKey', 'apiKey', 'development'],
    ['mailDEVToken2', 'mailToken2', 'development'],
    ['stripe_prodKey', 'stripe_key', 'production'],
    ['stripeProd_key', 'stripe_key', 'production'],
    ['stripePreProdKey', 'stripeKey', 'staging'],
    ['pre_prod_key', 'key', 'staging'],
  ])('%s is %s for %s', (name, to, environment) => {
    expect(readName(name, environments)).toMatchObject({ kind: 'one', to, environment });
  });

  test('nothing, of itself', () => {
    for (const name of [
      'stripe_key',
      'production',
      '_prod_',
      'product_key',
      'devices',
      'prodkey',
      'stripeProducts',
      'OAUTH2DEV',
    ])
      expect(readName(name, environments)).toBe(null);
  });

  test('nothing that is sure, where it is not production, or its words run into each other without it', () => {
    expect(readName('stripeNonProdKey', environments)).toEqual({
      kind: 'unclear',
      reason: 'its name has "Non Prod" in it, which is not an environment of this vault',
    });
    expect(readName('HTTPProdAPI', environments)).toEqual({
      kind: 'unclear',
      reason: 'without "Prod" its words run into each other: HTTPAPI',
    });
  });

  test('an environment of several words, and the only production one by any word for it', () => {
    const regions = ['eu-production', 'us-production', 'eu'].map((name) => ({ name, production: name !== 'eu' }));
    const of = (name: string) => readName(name, regions);
    expect(of('db_eu_production_key')).toMatchObject({ environment: 'eu-production', to: 'db_key' });
    expect(of('us-production-key')).toMatchObject({ environment: 'us-production', to: 'key' });
    expect(of('eu_key')).toMatchObject({ environment: 'eu', to: 'key' });
    expect(of('prod_key')).toEqual({
      kind: 'unclear',
      reason: '"prod" in its name may be eu-production or us-production',
    });
    expect(readName('prod_key', [{ name: 'main', production: true }])).toMatchObject({ environment: 'main' });
    expect(readName('qa_key', [{ name: 'test', production: false }])).toMatchObject({ environment: 'test' });
    const both = ['test', 'qa'].map((name) => ({ name, production: false }));
    expect(readName('qa_key', both)).toMatchObject({ environment: 'qa' });
    expect(readName('uat_key', both)).toMatchObject({ kind: 'unclear' });
  });
});

describe('what is taken', () => {
  test('a whole set, in the order of the environments, and a part of one', () => {
    const found = plan([
      'stripe_production_api_key',
      'stripe_staging_api_key',
      'stripe_dev_api_key',
      'prod_mail_token',
      'stage_mail_token',
      'other',
    ]);
    expect(taken(found)).toEqual([
      ['mail_token', ['stage_mail_token', 'prod_mail_token']],
      ['stripe_api_key', ['stripe_dev_api_key', 'stripe_staging_api_key', 'stripe_production_api_key']],
    ]);
    expect(found.left).toEqual([]);
  });

  test('names in camelCase and PascalCase, and the new name is as they are', () => {
    const names = ['stripeProductionApiKey', 'stripeStagingApiKey', 'ProdMailToken', 'DevMailToken', 'prodDb', 'stgDb'];
    expect(taken(plan(names))).toEqual([
      ['MailToken', ['DevMailToken', 'ProdMailToken']],
      ['db', ['stgDb', 'prodDb']],
      ['stripeApiKey', ['stripeStagingApiKey', 'stripeProductionApiKey']],
    ]);
  });

  test('a value for the very environment that the name says, and the version that lives', () => {
    const found = plan([
      secret('db_prod_v3', { base: 'db_prod', environments: ['production'] }),
      secret('db_staging', { environments: ['staging'] }),
    ]);
    expect(taken(found)).toEqual([['db', ['db_staging', 'db_prod_v3']]]);
  });

  test('with the routes of each environment that name it', () => {
    const names = (name: string, environment: string, route: string): MigrationReference => ({
      name,
      environment,
      route,
      problem: null,
    });
    const references = [names('a_prod', 'production', 'z.env'), names('a_stg', 'staging', 'b.env')];
    expect(plan(['a_prod', 'a_stg'], { references }).planned[0]!.routes).toEqual(['b.env', 'z.env']);
  });
});

describe('what is left, and why', () => {
  const left = (names: readonly (string | MigrationSecret)[], more: Partial<MigrationFacts> = {}) => {
    const found = plan(names, more);
    expect(found.planned).toEqual([]);
    return reasons(found);
  };

  test('two for one environment', () => {
    const why = 'there is more than one for production: a_key_prod, a_key_production';
    expect(left(['a_key_prod', 'a_key_production', 'a_key_dev'])).toEqual({
      a_key_prod: why,
      a_key_production: why,
      a_key_dev: why,
    });
  });

  test('one environment alone; an environment that the vault has not; two in one name', () => {
    expect(left(['live_chat_key', 'stripe_test_key', 'dev_prod_key'])).toEqual({
      live_chat_key: 'only production has such a secret',
      stripe_test_key: 'its name has "test" in it, which is not an environment of this vault',
      dev_prod_key: 'its name has more than one environment in it: dev, prod',
    });
  });

  test.each([
    [['a_prod_key', 'dev_a_key']],
    [['a-prod-key', 'a_dev_key']],
    [['A_PROD_KEY', 'a_dev_key']],
    [['aProdKey', 'a_dev_key']],
    [['prodMailKey', 'DevMailKey']],
    [['aKeyProd', 'devAKey']],
  ])('names written in different ways: %s', (names) => {
    const sorted = names.toSorted();
    expect(Object.values(left(names))).toEqual(
      names.map(() => `names are written in different ways: ${sorted.join(', ')}`),
    );
  });

  test('two services whose names overlap', () => {
    const why =
      'names of two services overlap: pay_api_dev_key, pay_api_prod_key and pay_dev_api_key, pay_prod_api_key would become one secret';
    const names = ['pay_prod_api_key', 'pay_dev_api_key', 'pay_api_prod_key', 'pay_api_dev_key'];
    expect(left(names)).toEqual(Object.fromEntries(names.toSorted().map((name) => [name, why])));
  });

  test('a name that is there already, reads as a version, or is none', () => {
    expect(left(['a_prod', 'a_dev'], { taken: new Set(['a']) })['a_prod']).toBe('the secret a already exists');
    expect(left(['a_v2_prod', 'a_v2_dev'])['a_v2_dev']).toBe('a_v2 would be read as version 2 of a');
    expect(left(['prod_2fa', 'dev_2fa'])['dev_2fa']).toBe('the rest of its name is not a valid secret name');
  });

  test('stored elsewhere than the name says, or for several; the others stay with it', () => {
    expect(left([secret('a_prod', { environments: ['staging'] }), 'a_dev'])).toEqual({
      a_prod: 'its value is stored for staging, and its name says production',
      a_dev: 'it belongs with a_prod',
    });
    expect(left([secret('a_dev', { environments: ['development', 'staging'] }), 'a_prod'])['a_dev']).toBe(
      'it has a value for each of development, staging already',
    );
  });

  test('a route of another environment, a route that cannot be rewritten, other settings, a hindrance', () => {
    const reference = { name: 'a_prod', route: 'x.env', environment: 'staging', problem: null };
    expect(left(['a_prod', 'a_stg'], { references: [reference] })['a_prod']).toBe(
      'x.env, a route of staging, names it',
    );
    const unreadable = { ...reference, environment: 'production', problem: 'x.env cannot be read' };
    expect(left(['a_prod', 'a_stg'], { references: [unreadable] })['a_prod']).toBe('x.env cannot be read');
    expect(left([secret('a_prod', { settings: { kind: 'critical' } }), 'a_dev'])['a_dev']).toBe(
      'they differ in kind: align them with knox set',
    );
    expect(left([secret('a_prod', { hindrance: 'because' }), 'a_dev'])).toMatchObject({ a_prod: 'because' });
  });
});

describe('whatever the names', () => {
  const word = fc.constantFrom(
    'stripe',
    'api',
    'key',
    'prod',
    'live',
    'production',
    'dev',
    'staging',
    'test',
    'v2',
    'A',
    '2fa',
  );
  const random = fc
    .tuple(fc.array(word, { minLength: 1, maxLength: 4 }), fc.constantFrom('_', '-', '.', ''))
    .map(([words, separator]) => {
      const isCamel = separator === '';
      return words
        .map((one, index) => (isCamel && index > 0 ? one[0]!.toUpperCase() + one.slice(1) : one))
        .join(separator);
    });
  const likely = fc
    .tuple(fc.constantFrom('pay', 'mail'), fc.constantFrom('prod', 'dev', 'staging'), fc.nat({ max: 9 }))
    .map(([thing, said, place]) => {
      if (place === 1) return `${thing}${said[0]!.toUpperCase()}${said.slice(1)}Key`;
      return place === 0 ? `${said}_${thing}_key` : `${thing}_${said}_key`;
    });
  const name = fc
    .oneof({ arbitrary: likely, weight: 3 }, { arbitrary: random, weight: 1 })
    .filter((text) => parseSecretName(text) !== null);
  const place = fc.constantFrom('development', 'staging', 'production');
  const anySecret = fc.record({
    name,
    environments: fc.oneof(
      { arbitrary: fc.constant(null), weight: 9 },
      { arbitrary: fc.uniqueArray(place, { minLength: 1, maxLength: 2 }), weight: 1 },
    ),
    hindrance: fc.nat({ max: 14 }).map((number) => (number === 0 ? 'held' : null)),
  });
  const facts = fc
    .tuple(
      fc.uniqueArray(anySecret, { selector: (one) => one.name, maxLength: 12 }),
      fc.array(
        fc.record({ index: fc.nat(11), environment: place, isBad: fc.nat({ max: 5 }).map((number) => number === 0) }),
        { maxLength: 3 },
      ),
    )
    .map(([secrets, named]): MigrationFacts => {
      const references = named.flatMap(({ index, environment, isBad }) => {
        const own = secrets[index]?.name;
        return own === undefined ? [] : [{ name: own, environment, route: `r${index}`, problem: isBad ? 'bad' : null }];
      });
      return {
        environments,
        secrets: secrets.map((one) => secret(one.name, one)),
        taken: new Set(secrets.map((one) => one.name)),
        references,
      };
    });

  test('nothing is taken twice, nothing collides, and every route gets what it got before', () => {
    let plans = 0;
    fc.assert(
      fc.property(facts, (given) => {
        const { planned, left } = planMigration(given);
        plans += planned.length;
        const from = planned.flatMap((one) => one.from);
        const all = [...from, ...left].map((one) => one.name);
        expect(new Set(all).size).toBe(all.length);
        const made = planned.map(({ to }) => to);
        expect(new Set(made).size).toBe(made.length);
        for (const { to, from: members } of planned) {
          expect(given.taken.has(to)).toBe(false);
          expect(parseSecretName(to)).toMatchObject({ version: 1 });
          expect(members.length).toBeGreaterThan(1);
          expect(new Set(members.map(({ environment }) => environment)).size).toBe(members.length);
        }
        for (const { name: own, environment } of from) {
          const known = given.secrets.find((one) => one.name === own)!;
          expect(known.hindrance).toBe(null);
          expect(known.environments ?? [environment]).toEqual([environment]);
          const where = given.references.filter((reference) => reference.name === own);
          expect(where.every((one) => one.environment === environment && one.problem === null)).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
    expect(plans).toBeGreaterThan(20);
  });

  test('the order of the facts does not matter, and what was migrated is not migrated again', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const first = planMigration(given);
        const turned = { ...given, secrets: given.secrets.toReversed(), references: given.references.toReversed() };
        expect(planMigration(turned).planned).toEqual(first.planned);
        expect(planMigration(turned).left.map((one) => one.name)).toEqual(first.left.map((one) => one.name));
        const made = first.planned.map(({ to, from }) =>
          secret(to, { environments: from.map(({ environment }) => environment) }),
        );
        const after = {
          ...given,
          secrets: [...given.secrets, ...made],
          taken: new Set([...given.taken, ...made.map((one) => one.name)]),
        };
        expect(planMigration(after).planned).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
