/** The example sources for GitHub, installation tokens and deploy keys, against a fake of GitHub. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openSshKeyPair } from '../../src/sources/openssh-key.ts';
import {
  GITHUB_ADMIN_TOKEN,
  GITHUB_APP,
  GITHUB_INSTALLATION,
  GITHUB_REPOSITORY,
  startGitHub,
} from '../helpers/providers/github.ts';
import { testNeeding } from '../helpers/needing.ts';
import type { GitHub } from '../helpers/providers/github.ts';
import {
  ask,
  inProduction,
  expectSteadiness,
  newValue,
  newValues,
  projectWith,
  rotateToTheEnd,
  rotateWithoutAnswers,
  tryAll,
} from '../examples/example.ts';
import type { Example } from '../examples/example.ts';

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub();
  return () => github.close();
});
describe('github-token', () => {
  const OLD = {
    staging: 'ghs_oldStagingToken0123456789abcdefghijkl',
    production: 'ghs_oldProductionToken0123456789abcdefgh',
  };
  let example: Example;
  beforeEach(() => {
    for (const value of Object.values(OLD)) github.addToken(value);
    example = {
      file: 'github-token.mjs',
      fake: github,
      options: [
        `app_id=${GITHUB_APP}`,
        `installation_id=${GITHUB_INSTALLATION}`,
        'app_private_key={{secret:github_app_key}}',
        'repositories=shop, website',
        'permissions=contents:read,issues:write',
      ],
      admin: { github_app_key: github.appKey },
      old: OLD,
      letsIn: (value) => github.letsIn(value),
    };
  });
  const made = () => [...github.tokens.keys()].filter((token) => !Object.values(OLD).includes(token));
  const alive = () => made().filter((token) => github.letsIn(token));

  test('goes through every action that GitHub has, and leaves nothing alive', async () => {
    const project = await projectWith(inProduction(example));
    expect(await tryAll(project)).toEqual([
      'test ok',
      'create ok',
      'find unsupported',
      'usage unsupported',
      'disable unsupported',
      'revoke ok',
      'revoke again ok',
    ]);
    expect([made().length, alive()]).toEqual([1, []]);
    expect(github.tokens.get(made()[0]!)).toMatchObject({
      repositories: ['shop', 'website'],
      permissions: { contents: 'read', issues: 'write' },
    });
  });

  test('a whole rotation: the window is an hour at most, and a lost token, which nothing can find, lives no longer', async () => {
    const project = await projectWith(example, true);
    await rotateWithoutAnswers(project, example, made);
    const first = await project.json(['rotate', 'api_key', '--yes']);
    expect([first.exit, first.json.waitUntil]).toEqual([0, '2026-01-10T13:00:00.000Z']);
    project.laterBy(48);
    await rotateToTheEnd(project, 'verify');
    expect(alive().slice(-2).toSorted()).toEqual(await newValues(project));
    expect(made()).toHaveLength(7);
    expect(Object.values(OLD).map((value) => github.letsIn(value))).toEqual([false, false]);
  });

  test('tells what passes from what does not', async () => {
    await expectSteadiness(example, () => []);
    expect((await ask(example, 'revoke', { old: 'ghp_aPersonalAccessToken' })).stderr).toContain(
      'github.com/settings/tokens',
    );
    expect((await ask(example, 'create', { options: { repositories: 'other' } })).stderr).toContain('status 422');
    const broken = { ...example, admin: { github_app_key: 'no key at all' } };
    expect((await ask(broken, 'create')).stderr).toContain('not a private key in PEM form');
    expect((await ask(example, 'test', { options: { app_id: '1' } })).stderr).toContain('have to belong together');
    github.isSuspended = true;
    expect((await ask(example, 'test')).stderr).toContain('suspended');
  });
});

describe('github-deploy-key', () => {
  const pairs = { staging: openSshKeyPair(), production: openSshKeyPair() };
  const OLD = { staging: pairs.staging.privateKey, production: pairs.production.privateKey };
  let example: Example;
  beforeEach(() => {
    github.addDeployKey(pairs.staging.publicKey.trim(), false);
    github.addDeployKey(pairs.production.publicKey.trim(), true);
    example = {
      file: 'github-deploy-key.mjs',
      fake: github,
      options: [`repository=${GITHUB_REPOSITORY}`, 'admin_token={{secret:github_admin_token}}'],
      admin: { github_admin_token: GITHUB_ADMIN_TOKEN },
      old: OLD,
      letsIn: () => false,
    };
  });
  const made = () => [...github.deployKeys.values()].filter(({ title }) => title !== 'by hand');

  test('goes through every action that GitHub has, and leaves nothing', async () => {
    const project = await projectWith(inProduction(example));
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
    expect(made()).toEqual([]);
  });

  test('a whole rotation: what lost answers left is found by its title, the old keys are gone at the end', async () => {
    const project = await projectWith(example);
    await rotateWithoutAnswers(project, example, () => []);
    expect(made()).toHaveLength(1);
    await rotateToTheEnd(project, 'verify', 'update-production');
    expect(made().map(({ read_only: readOnly }) => readOnly)).toEqual([false, true]);
    expect(github.deployKeys.size).toBe(2);
    for (const [index, environment] of ['staging', 'production'].entries()) {
      const value = await newValue(project, environment);
      expect((await ask(example, 'usage', { old: value })).answer).toEqual({ lastUsedAt: null });
      const { key } = made()[index]!;
      // The blob of the public key stands in the private one, in the clear.
      const inner = Buffer.from(value.replace(/-----.*-----/g, ''), 'base64');
      expect(inner.includes(Buffer.from(key.split(' ')[1]!, 'base64'))).toBe(true);
    }
  });

  test('a first key is found by its public half, on whatever page it stands', async () => {
    const mine = [...github.deployKeys.values()][1]!;
    github.deployKeys.delete(mine.id);
    for (let count = 0; count < 120; count++) github.addDeployKey(openSshKeyPair().publicKey.trim());
    const late = github.addDeployKey(mine.key);
    late.last_used = '2026-01-11T09:00:00Z';
    expect((await ask(example, 'usage')).answer).toEqual({ lastUsedAt: '2026-01-11T09:00:00Z' });
    expect([(await ask(example, 'revoke')).exit, github.deployKeys.has(late.id)]).toEqual([0, false]);
    expect((await ask(example, 'revoke')).exit).toBe(0);
    // One that is not there: the repository may be a wrong one.
    expect((await ask(example, 'create')).stderr).toContain('is it the right one?');
    const told = await ask(example, 'create', { options: { read_only: 'true' } });
    expect(made()[0]).toMatchObject({ id: Number(told.answer.handle), read_only: true });
    expect((await ask(example, 'usage', { old: 'no key' })).stderr).toContain('not an OpenSSH private key');
    expect(await ask(example, 'find')).toMatchObject({ exit: 0, answer: {} });
    expect(made()).toEqual([]);
  });

  test('tells what passes from what does not', async () => {
    await expectSteadiness(example, () => made().map(({ title }) => title));
    expect((await ask(example, 'test', { options: { repository: 'octo-org/other' } })).stderr).toContain(
      'no such repository',
    );
    expect((await ask(example, 'test', { options: { repository: 'octo-org' } })).stderr).toContain('owner/name');
    const stranger = { ...example, admin: { github_admin_token: 'github_pat_someoneElse' } };
    expect((await ask(stranger, 'test')).stderr).toContain('does not accept admin_token');
  });

  testNeeding(['ssh-keygen'], 'ssh takes the key', async () => {
    const { answer } = await ask(example, 'create');
    const folder = mkdtempSync(join(tmpdir(), 'knox-ssh-'));
    try {
      writeFileSync(join(folder, 'id'), answer.value, { mode: 0o600 });
      const line = execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'id')], { encoding: 'utf8' });
      expect(line.trim()).toBe(made()[0]!.key);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
