/** The example source for SendGrid's API keys, against a fake of SendGrid. */
import { beforeEach, describe, expect, test } from 'vitest';
import { SENDGRID_ADMIN_KEY, sendGridValue, startSendGrid } from '../helpers/providers/sendgrid.ts';
import type { SendGrid } from '../helpers/providers/sendgrid.ts';
import {
  ask,
  inProduction,
  expectSteadiness,
  newValues,
  projectWith,
  rotateToTheEnd,
  rotateWithoutAnswers,
  tryAll,
} from '../examples/example.ts';
import type { Example } from '../examples/example.ts';

const OLD = { staging: sendGridValue('staging'), production: sendGridValue('production') };

let sendgrid: SendGrid;
let example: Example;
beforeEach(async () => {
  sendgrid = await startSendGrid();
  for (const value of Object.values(OLD)) sendgrid.add(value, ['mail.send', 'stats.read']);
  example = {
    file: 'sendgrid-key.mjs',
    fake: sendgrid,
    options: ['admin_key={{secret:sendgrid_admin}}'],
    admin: { sendgrid_admin: SENDGRID_ADMIN_KEY },
    old: OLD,
    letsIn: (value) => sendgrid.letsIn(value),
  };
  return () => sendgrid.close();
});
const made = () => [...sendgrid.keys.values()].filter(({ name }) => name.startsWith('knox '));
const values = () => made().map(({ value }) => value);
const names = () => made().map(({ name }) => name);

describe('sendgrid-key', () => {
  test('goes through every action that SendGrid has, and leaves nothing', async () => {
    const project = await projectWith(inProduction(example));
    expect(await tryAll(project)).toEqual([
      'test ok',
      'create ok',
      'find ok',
      'create again ok',
      'usage unsupported',
      'disable unsupported',
      'revoke ok',
      'revoke again ok',
      'revoke the first ok',
    ]);
    expect([made(), sendgrid.keys.size]).toEqual([[], 3]);
  });

  test('a whole rotation: what lost answers left is deleted, the old keys are dead at the end', async () => {
    const project = await projectWith(example, true);
    await rotateWithoutAnswers(project, example, values);
    expect(made()).toHaveLength(1);
    // Every server of SendGrid knows after a moment only.
    sendgrid.lag = 2;
    await rotateToTheEnd(project);
    expect(values().toSorted()).toEqual(await newValues(project));
    expect(Object.values(OLD).map((value) => sendgrid.letsIn(value))).toEqual([false, false]);
  });

  test('a new key gets the old one’s scopes, without those that come from the account', async () => {
    for (const isAsDocumented of [true, false]) {
      sendgrid.isAsDocumented = isAsDocumented;
      const { answer } = await ask(example, 'create');
      expect(answer).toEqual({ value: made()[0]!.value, handle: made()[0]!.api_key_id, overlap: 'unlimited' });
      expect(made()[0]!.scopes).toEqual(['mail.send', 'stats.read', '2fa_required', 'sender_verification_eligible']);
    }
    // The attempt was the same: one key.
    expect(made()).toHaveLength(1);
    await ask(example, 'create', { attempt: 'another', options: { scopes: 'mail.send' } });
    expect(made()[1]!.scopes).toContain('mail.send');
    expect((await ask(example, 'create', { old: sendGridValue('gone') })).stderr).toContain('--option scopes=');
    expect((await ask(example, 'create', { old: 'no key' })).stderr).toContain('it looks like SG.');
  });

  test('tells what passes from what does not', async () => {
    await expectSteadiness(example, names);
    while (sendgrid.keys.size < 101) sendgrid.add(sendGridValue(`other-${sendgrid.keys.size}`));
    // Where room is made by what an attempt left, it is made first.
    const full = await ask(example, 'create');
    expect(full).toMatchObject({ exit: 1, stderr: expect.stringContaining('SendGrid allows 100 API keys') });
    const stranger = { ...example, admin: { sendgrid_admin: sendGridValue('stranger') } };
    expect((await ask(stranger, 'test')).stderr).toContain('does not accept admin_key');
    expect((await ask(example, 'create', { options: { scopes: 'billing.read' }, attempt: 'x' })).exit).toBe(1);
  });
});
