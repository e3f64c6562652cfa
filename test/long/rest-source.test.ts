/** The example source that is told by options how to ask a service, against a made-up one. */
import { beforeEach, describe, expect, test } from 'vitest';
import { REST_ADMIN_TOKEN, startRestService } from '../helpers/providers/rest-service.ts';
import type { RestKey, RestService } from '../helpers/providers/rest-service.ts';
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

const OLD = { staging: 'old-staging-value', production: 'old-production-value' };

let service: RestService;
let example: Example;
let listed: Example;
let old: { staging: RestKey; production: RestKey };
beforeEach(async () => {
  service = await startRestService();
  old = { staging: service.add(OLD.staging), production: service.add(OLD.production) };
  example = {
    file: 'rest.mjs',
    fake: service,
    options: [
      'auth_token={{secret:rest_admin}}',
      'auth_header=X-Api-Key',
      'auth_prefix=Token',
      'key_id={{secret:first_id}}',
      'create=POST /v1/keys',
      'create_body={"label": "{name}"}',
      'value_at=key.secret',
      'usage=GET /v1/keys/{id}',
      'disable=PATCH /v1/keys/{id}',
      'disable_body={"enabled": false}',
      'enable=PATCH /v1/keys/{id}',
      'enable_body={"enabled": true}',
      'revoke=DELETE /v1/keys/{id}',
      'test=GET /v1/keys',
      'idempotency_header=Idempotency-Key',
      'id_at=key.id',
      'overlap=7d',
    ],
    admin: { rest_admin: REST_ADMIN_TOKEN, first_id: { staging: old.staging.id, production: old.production.id } },
    old: OLD,
    letsIn: (value) => service.letsIn(value),
  };
  listed = {
    ...example,
    options: [
      ...example.options.filter((option) => !option.startsWith('idempotency_header=')),
      'list=GET /v1/keys',
      'list_at=data',
      'name_at=name',
    ],
  };
  return () => service.close();
});
const made = () => [...service.keys.values()].filter(({ name }) => name.startsWith('knox '));
const values = () => made().map(({ value }) => value);
const names = () => made().map(({ name }) => name);
const EVERYTHING = ['usage ok', 'disable ok', 'enable ok', 'disable again ok', 'revoke ok', 'revoke again ok'];

describe('rest', () => {
  test('goes through every action, and leaves nothing, twice', async () => {
    const project = await projectWith(inProduction(example));
    for (let times = 0; times < 2; times++) {
      expect(await tryAll(project)).toEqual(['test ok', 'create ok', 'find unsupported', ...EVERYTHING]);
      expect(made()).toEqual([]);
    }
  });

  test('a whole rotation: an idempotency key finds what a lost answer made, the old keys are gone at the end', async () => {
    const project = await projectWith(example, true);
    await rotateWithoutAnswers(project, example, values);
    const again = await project.knox(['rotate', 'api_key', '--yes', '--until', 'create']);
    expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining('Found the new value') });
    await rotateToTheEnd(project);
    expect(values().toSorted()).toEqual(await newValues(project));
    expect([...service.keys.keys()].toSorted()).toEqual(
      made()
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  test('without one, what an attempt left is found by its name in a list', async () => {
    service.loseAnswers = 1;
    expect((await ask(listed, 'create')).exit).toBe(75);
    const { answer } = await ask(listed, 'create');
    expect(made().map(({ id, value }) => ({ handle: id, value }))).toEqual([answer]);
    expect(await ask(listed, 'find')).toMatchObject({ exit: 0, answer: {} });
    expect(made()).toEqual([]);
  });

  test('an action that no option tells is one that it does not know', async () => {
    const bare = {
      ...example,
      options: example.options.filter((option) => !/^(usage|disable|enable|test|idem)/.test(option)),
    };
    for (const action of ['usage', 'disable', 'enable', 'find', 'dance'])
      expect((await ask(bare, action)).exit).toBe(64);
    expect((await ask(bare, 'test')).exit).toBe(0);
    expect((await ask(example, 'disable', { options: { disable: 'of course' } })).stderr).toContain(
      'a method and a path',
    );
    // A name that would end the text it stands in.
    const odd = await ask(example, 'create', { secret: 'a"}, "b', attempt: 'odd' });
    expect([odd.exit, names()]).toEqual([0, ['knox a"}, "b production odd']]);
    old.production.last_used_at = '2026-01-11T09:00:00Z';
    expect((await ask(example, 'usage')).answer).toEqual({ lastUsedAt: '2026-01-11T09:00:00Z' });
  });

  test('tells what passes from what does not', async () => {
    await expectSteadiness(example, names);
    for (const url of ['http://127.0.0.1.example.com', 'ftp://localhost', 'nonsense']) {
      const refused = await ask(example, 'test', { options: { api_url: url } });
      expect(refused).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining('api_url has to be an https: address'),
      });
    }
    const stranger = { ...example, admin: { ...example.admin, rest_admin: 'someone-else' } };
    expect((await ask(stranger, 'test')).stderr).toContain('does not accept auth_token');
    // Nothing listens there.
    expect((await ask(example, 'test', { options: { api_url: 'http://127.0.0.1:1' } })).exit).toBe(75);
    // The platform would quote the header.
    const lines = { ...example, admin: { ...example.admin, rest_admin: 'line-one-of-it\nline-two-of-it' } };
    expect((await ask(lines, 'test')).stderr).toContain('a line break in a credential');
  });
});
