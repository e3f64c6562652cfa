/** The example source for Cloudflare's API tokens, against a fake of Cloudflare. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CLOUDFLARE_ADMIN_TOKEN, startCloudflare } from '../helpers/providers/cloudflare.ts';
import type { Cloudflare, CloudflareToken } from '../helpers/providers/cloudflare.ts';
import {
  ask,
  inProduction,
  expectSteadiness,
  newValue,
  projectWith,
  rotateToTheEnd,
  rotateWithoutAnswers,
  tryAll,
} from '../examples/example.ts';
import type { Example } from '../examples/example.ts';

const OLD = {
  staging: 'oldStagingTokenOfCloudflare0123456789ab',
  production: 'oldProductionTokenOfCloudflare012345678',
};

let cloudflare: Cloudflare;
let example: Example;
let old: { staging: CloudflareToken; production: CloudflareToken };
beforeEach(async () => {
  cloudflare = await startCloudflare();
  const condition = { request_ip: { in: ['192.0.2.0/24'] } };
  const until = { issued_on: '2026-01-01T00:00:00Z', expires_on: '2026-01-31T00:00:00Z' };
  old = {
    staging: cloudflare.add(OLD.staging),
    production: cloudflare.add(OLD.production, { name: 'DNS', condition, ...until }),
  };
  example = {
    file: 'cloudflare-token.mjs',
    fake: cloudflare,
    options: ['admin_token={{secret:cloudflare_admin}}'],
    admin: { cloudflare_admin: CLOUDFLARE_ADMIN_TOKEN },
    old: OLD,
    letsIn: (value) => cloudflare.letsIn(value),
  };
  return () => cloudflare.close();
});
const made = () => [...cloudflare.tokens.values()].filter(({ name }) => name.startsWith('knox '));
const values = () => made().map(({ value }) => value);
const names = () => made().map(({ name }) => name);

describe('cloudflare-token', () => {
  test('goes through every action with tokens of an account, and leaves nothing', async () => {
    cloudflare.owner = '/accounts/023e105f4ecef8ad9ca31a8372d0c353/tokens';
    const project = await projectWith({
      ...inProduction(example),
      options: [...example.options, 'account=023e105f4ecef8ad9ca31a8372d0c353'],
    });
    expect(await tryAll(project)).toEqual([
      'test ok',
      'create ok',
      'find ok',
      'usage ok',
      'disable ok',
      'enable ok',
      'disable again ok',
      'revoke ok',
      'revoke again ok',
    ]);
    expect(made()).toEqual([]);
  });

  test('a whole rotation: after lost answers the same token is found and rolled, the old ones are gone at the end', async () => {
    const project = await projectWith(example, true);
    cloudflare.disabledTellsId = false;
    await rotateWithoutAnswers(project, example, values);
    expect(made()).toHaveLength(1);
    const again = await project.knox(['rotate', 'api_key', '--yes', '--until', 'create']);
    expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining('Found the new value') });
    await rotateToTheEnd(project);
    expect(made()).toHaveLength(2);
    for (const environment of ['staging', 'production'])
      expect(made().map(({ value }) => value)).toContain(await newValue(project, environment));
    expect([...cloudflare.tokens.values()].filter(({ value }) => Object.values(OLD).includes(value))).toEqual([]);
    expect(cloudflare.log.filter((line) => line.startsWith('DELETE'))).toHaveLength(2);
  });

  test('a new token is like the old one, and lives as long', async () => {
    const before = Date.now();
    const { answer } = await ask(example, 'create');
    const token = cloudflare.tokens.get(answer.handle)!;
    expect(token).toMatchObject({ value: answer.value, condition: old.production.condition });
    expect(token.policies).toEqual([
      {
        effect: 'allow',
        resources: { 'com.cloudflare.api.account.zone.eb78d65290b24279ba6f44721b3ea3c4': '*' },
        permission_groups: [{ id: 'c8fed203ed3043cba015a93ad1616f1f' }],
      },
    ]);
    const days = (Date.parse(token.expires_on!) - before) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    expect(token.expires_on).toMatch(/:\d\dZ$/);
    // Once more with the same attempt: the same token.
    const again = await ask(example, 'create');
    expect([again.answer.handle, again.answer.value === answer.value, names().length]).toEqual([
      answer.handle,
      false,
      1,
    ]);
    expect((await ask(example, 'find', { attempt: 'another' })).answer).toEqual({});
  });

  test.each([true, false])(
    'a first token that is disabled is let in again and deleted (it tells its id: %s)',
    async (tells) => {
      cloudflare.disabledTellsId = tells;
      for (let count = 0; count < 60 && cloudflare.tokens.size < 49; count++)
        cloudflare.add(`other-token-of-somebody-${count}`);
      const token = old.production;
      expect([(await ask(example, 'disable')).exit, token.status, token.expires_on]).toEqual([
        0,
        'disabled',
        '2026-01-31T00:00:00Z',
      ]);
      expect([(await ask(example, 'enable')).exit, token.status, token.name]).toEqual([0, 'active', 'DNS']);
      await ask(example, 'disable');
      expect([(await ask(example, 'revoke')).exit, cloudflare.tokens.has(token.id)]).toEqual([0, false]);
      expect((await ask(example, 'revoke')).exit).toBe(0);
      old.staging.last_used_on = '2026-01-11T09:00:00Z';
      const usage = await ask(example, 'usage', { environment: 'staging' });
      expect(usage.answer).toEqual({ lastUsedAt: '2026-01-11T09:00:00Z' });
    },
  );

  test('tells what passes from what does not', async () => {
    await expectSteadiness(example, names);
    cloudflare.isFiltered = true;
    expect((await ask(example, 'revoke')).stderr).toContain('--option token_id=');
    expect((await ask(example, 'revoke', { options: { token_id: old.production.id } })).exit).toBe(0);
    cloudflare.isFiltered = false;
    expect((await ask(example, 'create')).stderr).toContain('does not know the old token');
    while (cloudflare.tokens.size < 50) cloudflare.add(`other-token-of-somebody-${cloudflare.tokens.size}`);
    const full = await ask(example, 'create', { environment: 'staging' });
    expect(full).toMatchObject({ exit: 1, stderr: expect.stringContaining('at most 50 tokens') });
    const stranger = { ...example, admin: { cloudflare_admin: 'aTokenOfSomebodyElse01234567' } };
    expect((await ask(stranger, 'test')).stderr).toContain('does not accept admin_token');
  });
});
