/** The example source for Stripe's restricted keys, against a fake of Stripe. */
import { beforeEach, describe, expect, test } from 'vitest';
import { STRIPE_ACCOUNT, STRIPE_APP_KEYS, startStripe } from '../helpers/providers/stripe.ts';
import type { Stripe } from '../helpers/providers/stripe.ts';
import { must } from '../helpers/rotation-project.ts';
import {
  ask,
  inProduction,
  expectSteadiness,
  newValues,
  projectWith,
  rotateToTheEnd,
  rotateWithoutAnswers,
  setSource,
  tryAll,
} from '../examples/example.ts';
import type { Example } from '../examples/example.ts';

const OLD = { staging: 'rk_test_oldStagingKey0123456789', production: 'rk_live_oldProductionKey0123456789' };

let stripe: Stripe;
let example: Example;
beforeEach(async () => {
  stripe = await startStripe();
  for (const value of Object.values(OLD)) stripe.add(value, ['charge_read', 'customer_write']);
  example = {
    file: 'stripe-restricted-key.mjs',
    fake: stripe,
    options: ['app_key={{secret:stripe_app_key}}', `account=${STRIPE_ACCOUNT}`],
    admin: { stripe_app_key: { staging: STRIPE_APP_KEYS.test, production: STRIPE_APP_KEYS.live } },
    old: OLD,
    letsIn: (value) => stripe.letsIn(value),
  };
  return () => stripe.close();
});
const byHand = () => [...stripe.keys.values()].filter(({ name }) => name === 'by hand');
const made = () => [...stripe.keys.values()].filter(({ name }) => name !== 'by hand');
const values = () => made().map(({ value }) => value);
const alive = () =>
  made()
    .filter(({ status }) => status === 'active')
    .map(({ value }) => value);

describe('stripe-restricted-key', () => {
  test('goes through every action, and leaves nothing alive', async () => {
    const project = await projectWith({
      ...inProduction(example),
      options: [...example.options, 'permissions=charge_read'],
    });
    expect(await tryAll(project)).toEqual([
      'test ok',
      'create ok',
      'find ok',
      'create again ok',
      'usage ok',
      'disable unsupported',
      'revoke ok',
      'revoke again ok',
      'revoke the first ok',
    ]);
    expect([made().length, alive()]).toEqual([2, []]);
  });

  test('a whole rotation, live and in test mode: lost answers are cleaned up, the old keys are dead at the end', async () => {
    const { id } = byHand()[1]!;
    const project = await projectWith(
      { ...example, admin: { ...example.admin, stripe_id: { staging: byHand()[0]!.id, production: id } } },
      true,
    );
    await must(setSource(project, example, 'key_id={{secret:stripe_id}}'));
    expect((await setSource(project, { ...example, options: [`app_key=${STRIPE_APP_KEYS.test}`] })).exit).not.toBe(0);
    await rotateWithoutAnswers(project, example, values);
    await rotateToTheEnd(project);
    expect(alive().toSorted()).toEqual(await newValues(project));
    expect(made()).toHaveLength(7);
    expect(made().map(({ permissions }) => permissions)).toEqual(made().map(() => ['charge_read', 'customer_write']));
    expect(byHand().map(({ status }) => status)).toEqual(['expired', 'expired']);
  });

  test('in live mode a first key is named by its id, and the value comes encrypted', async () => {
    const { id } = byHand()[1]!;
    const inTest = await ask(example, 'create', { environment: 'staging' });
    expect([inTest.exit, inTest.answer.value]).toEqual([0, made()[0]!.value]);
    expect((await ask(example, 'revoke', { environment: 'staging', handle: inTest.answer.handle })).exit).toBe(0);
    const lost = await ask(example, 'create');
    expect(lost).toMatchObject({ exit: 1, stderr: expect.stringContaining('--option permissions=') });
    expect((await ask(example, 'revoke')).stderr).toContain('--option key_id=mk_');
    for (const algorithm of ['RSA-OAEP', 'RSA-OAEP-256'] as const) {
      stripe.algorithm = algorithm;
      const { answer } = await ask(example, 'create', { options: { key_id: id } });
      expect(answer).toEqual({ value: made().at(-1)!.value, handle: made().at(-1)!.id, overlap: 'unlimited' });
    }
    // The same attempt again: the one before is expired.
    expect(alive()).toHaveLength(1);
    stripe.algorithm = 'RSA1_5';
    expect((await ask(example, 'create', { options: { key_id: id } })).stderr).toContain('cannot be decrypted');
    byHand()[1]!.last_used = '2026-01-11T09:00:00.000Z';
    expect((await ask(example, 'usage', { handle: id })).answer).toEqual({ lastUsedAt: '2026-01-11T09:00:00.000Z' });
    for (const handle of [id, id, 'mk_gone']) expect((await ask(example, 'revoke', { handle })).exit).toBe(0);
    expect(byHand()[1]!.status).toBe('expired');
  });

  test('what an attempt left is found on whatever page it stands', async () => {
    stripe.page = 2;
    for (let count = 0; count < 4; count++) stripe.add(`rk_live_another${count}`);
    stripe.loseAnswers = 1;
    expect((await ask(example, 'create', { options: { permissions: 'charge_read' } })).exit).toBe(75);
    expect(alive()).toHaveLength(1);
    expect(await ask(example, 'find')).toMatchObject({ exit: 0, answer: {} });
    expect(alive()).toEqual([]);
  });

  test('tells what passes from what does not', async () => {
    await expectSteadiness({ ...example, options: [...example.options, 'permissions=charge_read'] }, alive);
    const stranger = { ...example, admin: { stripe_app_key: 'sk_live_someoneElse012345' } };
    expect(await ask(stranger, 'test')).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('does not accept app_key'),
    });
    const elsewhere = await ask(example, 'test', { options: { account: 'acct_other' } });
    expect(elsewhere).toMatchObject({ exit: 1, stderr: expect.stringContaining('is the app installed') });
  });
});
