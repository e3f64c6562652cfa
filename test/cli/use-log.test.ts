/** Uses of a vault that can only be read: written down by --use-log, taken in by `report uses`, and seen by what looks for uses. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import { slotPairs } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { signUse } from '../../src/crypto/use-line.ts';
import type { SignedUse } from '../../src/crypto/use-line.ts';
import { runBuilt } from '../helpers/built-program.ts';
import { makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

type Line = Record<string, string>;
const path = (...parts: string[]) => join(project.folder, ...parts);
const linesOf = (file: string) =>
  project
    .read(file)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const write = (file: string, ...lines: object[]) =>
  project.write(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const use = (name: string, environment = 'staging', file = 'uses.jsonl') =>
  must(project.knox(['get', name, '-e', environment, '--use-log', file]));
interface Taken {
  taken: number;
  known: number;
  deleted: object[];
  refused: { file: string; line: number; reason: string }[];
}
const report = (...files: string[]) => project.json<Taken>(['report', 'uses', ...files]);
const entries = (action: string) => project.json<{ detail: Record<string, unknown> }[]>(['audit', '--action', action]);
const lastUsed = async (name: string) =>
  (await project.json<{ lastUsedAt: string | null }>(['show', name])).json.lastUsedAt;

describe('--use-log', () => {
  test('writes down what get, render, run and export gave out, and nothing into the vault', async () => {
    project.write('a.txt', 'K={{secret:api_key}}\n');
    const before = readFileSync(path('.knox/vault.db'));
    const log = ['-e', 'staging', '--use-log', 'uses.jsonl'];
    expect((await use('api_key')).stdout.toString()).toBe(OLD.staging);
    expect((await must(project.knox(['render', 'a.txt', ...log]))).stdout.toString()).toBe(`K=${OLD.staging}\n`);
    await must(project.knox(['run', ...log, '--secret', 'K=api_key', '--no-masking', '--', 'true']));
    await must(
      project.knox(['export', ...log], '', { env: { KNOX_KEY_FILE: 'k.key', XDG_STATE_HOME: path('other') } }),
    );
    const env = { KNOX_KEY_FILE: 'k.key', KNOX_USE_LOG: 'uses.jsonl' };
    await must(project.knox(['get', 'api_key@current', '-e', 'production'], '', { env }));
    expect(readFileSync(path('.knox/vault.db')).equals(before)).toBe(true);
    expect(statSync(path('uses.jsonl')).mode & 0o777).toBe(0o600);
    for (const value of Object.values(OLD)) expect(project.read('uses.jsonl')).not.toContain(value);
    const lines = linesOf('uses.jsonl');
    expect(lines.map(({ consumer, environment }) => `${consumer} ${environment}`)).toEqual([
      'get staging',
      'a.txt staging',
      'run true staging',
      'export staging',
      'get production',
    ]);
    expect(lines[0]).toMatchObject({
      at: '2026-01-10T12:00:00.000Z',
      secret: 'api_key',
      actor: 'tester@test',
      detail: '',
      signature: expect.stringMatching(/^[0-9a-f]{128}$/),
    });
    expect(lines[2]!['detail']).toBe('{"noMasking":true}');
  });

  test('that cannot be written gives nothing; a line that was cut off spoils no other', async () => {
    mkdirSync(path('folder'));
    for (const file of ['folder', 'nowhere/uses.jsonl', '/dev/full', '/dev/null']) {
      const ran = await project.knox(['get', 'api_key', '-e', 'staging', '--use-log', file]);
      expect([file, ran.exit, ran.stdout.toString()]).toEqual([file, 1, '']);
    }
    project.write('uses.jsonl', '{"at": "2026-');
    await use('api_key');
    expect(await report('uses.jsonl')).toMatchObject({
      exit: 1,
      code: 'incomplete',
      json: { taken: 1, refused: [{ file: 'uses.jsonl', line: 1, reason: 'is not a use that knox wrote' }] },
    });
  });

  test('of several processes at once does not mix', async () => {
    const argv = ['get', 'api_key', '-e', 'staging', '--use-log', 'uses.jsonl'];
    const ran = await Promise.all(Array.from({ length: 4 }, () => runBuilt(argv, { cwd: project.folder })));
    expect(ran.map(({ exit }) => exit)).toEqual([0, 0, 0, 0]);
    expect(linesOf('uses.jsonl')).toHaveLength(4);
  });
});

describe('report uses', () => {
  test('counts each as if it had been recorded at its time, once', async () => {
    await use('api_key');
    project.laterBy(1);
    await use('api_key');
    await use('api_key', 'production', 'more.jsonl');
    project.laterBy(24);
    expect(await lastUsed('api_key')).toBe(null);
    const ran = await must(project.knox(['report', 'uses', 'uses.jsonl', 'more.jsonl']));
    expect(ran.stdout.toString()).toBe('Recorded 3 uses.\n');
    expect(await lastUsed('api_key')).toBe('2026-01-10T13:00:00.000Z');
    const [entry] = (await entries('report-uses')).json;
    const who = { secret: 'api_key', consumer: 'get', actor: 'tester@test', slot: expect.any(String) };
    expect(entry!.detail).toEqual({
      files: ['uses.jsonl', 'more.jsonl'],
      uses: [
        { ...who, environment: 'staging', at: '2026-01-10T12:00:00.000Z', count: 1 },
        { ...who, environment: 'staging', at: '2026-01-10T13:00:00.000Z', count: 1 },
        { ...who, environment: 'production', at: '2026-01-10T13:00:00.000Z', count: 1 },
      ],
    });
    project.laterBy(1);
    expect(await report('uses.jsonl', 'more.jsonl', 'uses.jsonl')).toMatchObject({
      exit: 0,
      json: { taken: 0, known: 5 },
    });
    expect((await entries('report-uses')).json).toHaveLength(1);
    // One and the same file goes on.
    await use('api_key');
    expect((await report('uses.jsonl')).json).toMatchObject({ taken: 1, known: 2 });
    await must(project.knox(['audit', 'verify']));
    // Used here meanwhile or not: what was elsewhere is told all the same.
    project.laterBy(1);
    await use('api_key');
    project.laterBy(1);
    await must(project.knox(['get', 'api_key', '-e', 'staging']));
    expect((await report('uses.jsonl')).json).toMatchObject({ taken: 1, known: 3 });
    expect(await lastUsed('api_key')).toBe('2026-01-11T16:00:00.000Z');
  });

  test('believes no line that was changed, made up or is of another vault, names it, and shows nothing of it', async () => {
    await use('api_key');
    const [good] = linesOf('uses.jsonl') as [Line];
    await must(project.knox(['--vault', 'two.db', '--key-file', 'k2.key', 'init']));
    const other = ['--vault', 'two.db', '--key-file', 'k2.key'];
    await must(project.knox(['add', 'api_key', '-e', 'staging', ...other], 'a value of the other'));
    await must(project.knox(['get', 'api_key', '-e', 'staging', ...other, '--use-log', 'uses.jsonl']));
    const [, foreign] = linesOf('uses.jsonl') as [Line, Line];
    const changed = Object.keys(good).map((field) => {
      const value = field === 'at' ? '2026-01-10T13:00:00.000Z' : `${good[field]!.slice(0, -1)}\u202e`;
      return { ...good, [field]: value };
    });
    write('odd.jsonl', good, foreign, { ...good, environment: 'production' }, { evil: '\u001b[2J' }, ...changed);
    const { exit, code, json } = await report('odd.jsonl');
    expect([exit, code, json.taken]).toEqual([1, 'incomplete', 1]);
    expect(json.refused.map(({ line }) => line)).toEqual(Array.from({ length: 3 + changed.length }, (_, i) => i + 2));
    expect(json.refused.slice(0, 3).map(({ reason }) => reason)).toEqual([
      'is of another vault',
      'is for an environment that this vault does not have',
      'is not a use that knox wrote',
    ]);
    const text = await project.knox(['report', 'uses', 'odd.jsonl']);
    expect(text.stderr).toContain('odd.jsonl:4 is not a use that knox wrote');
    for (const unseen of ['\u202e', '\u001b']) expect(text.stderr + text.stdout.toString()).not.toContain(unseen);
    // Nor one that was signed for another environment.
    await use('api_key', 'production', 'production.jsonl');
    const [production] = linesOf('production.jsonl') as [Line];
    write('odd.jsonl', { ...good, environment: 'production', realm: production['realm'] });
    expect((await report('odd.jsonl')).json.refused).toMatchObject([{ reason: 'does not verify' }]);
  });

  test('believes a key for what it opens, in its own name, and in no other', async () => {
    const recipient = /knox_pub_1_\S+/.exec((await must(project.knox(['key', 'new', 'ci.key']))).stdout.toString())![0];
    await must(project.knox(['key', 'add', '--recipient', recipient, '--env', 'staging', '--label', 'ci']));
    await use('api_key', 'production', 'production.jsonl');
    const [{ realm }] = linesOf('production.jsonl') as [Line];
    const env = { KNOX_KEY_FILE: 'ci.key', XDG_STATE_HOME: path('state') };
    await must(project.knox(['get', 'api_key', '-e', 'staging', '--use-log', 'uses.jsonl'], '', { env }));
    const [good] = linesOf('uses.jsonl') as [Line];
    // What a program of its own could sign with that key.
    await loadSodium();
    const key = parseKeyFile(project.read('ci.key'), 'ci.key');
    const { seed } = slotPairs(key.secret).signing;
    const signed = (more: Partial<SignedUse>): Line => {
      const { signature: _signature, ...own } = { ...good, ...more } as unknown as SignedUse & { signature: string };
      return { ...own, signature: Buffer.from(signUse(seed, own)).toString('hex') };
    };
    const admin = (linesOf('production.jsonl') as [Line])[0]['slot']!;
    write(
      'odd.jsonl',
      signed({}),
      signed({ environment: 'production', realm: realm! }),
      signed({ slot: admin }),
      signed({ slot: 'nobody' }),
    );
    expect((await report('odd.jsonl')).json).toMatchObject({
      taken: 1,
      refused: [
        { line: 2, reason: 'is signed by the key "ci", which does not open production' },
        { line: 3, reason: 'does not verify' },
        { line: 4, reason: 'is signed by a key that this vault does not have' },
      ],
    });
  });

  test('needs the key of the environment; a key that was removed since has signed what it did before', async () => {
    await use('api_key', 'production');
    const recipient = (await must(project.knox(['key', 'new', 'ci.key']))).stdout
      .toString()
      .match(/knox_pub_1_\S+/)![0];
    await must(project.knox(['key', 'add', '--recipient', recipient, '--env', 'staging', '--label', 'ci']));
    const env = { KNOX_KEY_FILE: 'ci.key', XDG_STATE_HOME: path('state') };
    const ci = (...argv: string[]) => project.knox(argv, '', { env });
    const refused = await ci('report', 'uses', 'uses.jsonl');
    expect(refused).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('is for production, which the key "ci" was not given'),
    });
    // What a key was given, it can tell of; and its use is seen at the key.
    project.laterBy(1);
    await must(ci('get', 'api_key', '-e', 'staging', '--use-log', 'ci.jsonl'));
    project.laterBy(1);
    await must(project.knox(['report', 'uses', 'ci.jsonl']));
    const keys = (await project.json<{ label: string; lastUsedAt: string }[]>(['key', 'list'])).json;
    expect(keys.find(({ label }) => label === 'ci')!.lastUsedAt).toBe('2026-01-10T13:00:00.000Z');
    project.laterBy(1);
    await must(ci('get', 'api_key', '-e', 'staging', '--use-log', 'ci.jsonl'));
    await must(project.knox(['key', 'remove', 'ci', '--yes']));
    expect((await report('uses.jsonl', 'ci.jsonl')).json).toMatchObject({ taken: 2, known: 1, refused: [] });
  });

  test('a clock that was wrong makes no use of tomorrow, nor one of before there was the secret; each counts once', async () => {
    const at = async (time: string) => {
      await must(
        project.knox(['get', 'api_key', '-e', 'staging', '--use-log', 'uses.jsonl'], '', { now: () => new Date(time) }),
      );
    };
    await at('2031-01-01T00:00:00.000Z');
    project.laterBy(2);
    await use('api_key');
    const [ahead] = linesOf('uses.jsonl') as [Line];
    write('ahead.jsonl', ahead);
    // The view takes the time of the last entry where a clock is behind it.
    await at('2020-01-01T00:00:00.000Z');
    expect((await report('uses.jsonl')).json).toMatchObject({ taken: 3, known: 0 });
    expect(await lastUsed('api_key')).toBe('2026-01-10T14:00:00.000Z');
    project.laterBy(1);
    expect((await report('uses.jsonl')).json).toMatchObject({ taken: 0, known: 3 });
    expect((await report('ahead.jsonl')).json).toMatchObject({ taken: 0, known: 1 });
    await use('api_key');
    expect((await report('uses.jsonl')).json).toMatchObject({ taken: 1, known: 3 });
  });

  test('of a secret that was deleted since is passed over, and said', async () => {
    await use('api_key', 'development');
    await must(project.knox(['delete', 'api_key', '--yes']));
    const ran = await must(project.knox(['report', 'uses', 'uses.jsonl']));
    expect([ran.stdout.toString(), ran.stderr]).toEqual([
      'Recorded 0 uses.\n',
      'note: api_key was deleted since; 1 use of it ignored\n',
    ]);
  });

  test('keeps a deletion away, as a use here does', async () => {
    await use('api_key');
    project.laterBy(24);
    await must(project.knox(['report', 'uses', 'uses.jsonl']));
    expect(await project.json(['delete', 'api_key', '--yes'])).toMatchObject({ exit: 7, code: 'still_used' });
    project.laterBy(25);
    await must(project.knox(['delete', 'api_key', '--yes']));
  });
});

describe('a rotation', () => {
  const rotate = () => project.json(['rotate', 'api_key', '--yes', '--confirm', 'test-staging,update-production']);

  test('waits when the old version was used elsewhere since production moved, as long as for a use here', async () => {
    await must(project.knox(['export', '-e', 'production', '--use-log', 'before.jsonl', '--format', 'json']));
    project.laterBy(1);
    const values = JSON.stringify(NEW);
    const argv = ['rotate', 'api_key', '--values-stdin', '--yes', '--confirm', 'test-staging,update-production'];
    expect((await project.json(argv, values)).json.step).toBe('monitor');
    project.laterBy(40);
    await use('api_key', 'production');
    project.laterBy(8);
    expect((await report('before.jsonl', 'uses.jsonl')).json.taken).toBe(2);
    const { json } = await rotate();
    expect(json).toMatchObject({
      step: 'verify',
      needs: { kind: 'time', until: '2026-01-14T05:00:00.000Z', environments: ['production'] },
    });
    expect(json.next).toContain('api_key for production by get (tester@test) at 2026-01-12T05:00:00.000Z');
    expect(json.next).not.toContain('export');
    const status = await must(project.knox(['rotate', 'api_key', '--status']));
    expect(status.stdout.toString()).toContain('1 use: 1 of api_key for production by get');
    project.laterBy(40);
    expect((await rotate()).json.step).not.toBe('verify');
  });

  test('does not delete the old version when it was used elsewhere since that was verified', async () => {
    const argv = ['rotate', 'api_key', '--values-stdin', '--yes', '--confirm', 'test-staging,update-production'];
    await project.json(argv, JSON.stringify(NEW));
    project.laterBy(49);
    await project.json(['rotate', 'api_key', '--yes', '--until', 'verify']);
    await use('api_key', 'production');
    await must(project.knox(['report', 'uses', 'uses.jsonl']));
    expect(await rotate()).toMatchObject({ exit: 7, code: 'still_used' });
  });
});

describe('a vault that can only be read', () => {
  test.skipIf(process.getuid?.() !== 0)(
    'gives its values with a warning, or with a use log; what writes says why not',
    async ({ skip }) => {
      const place = path('mounted');
      mkdirSync(place);
      const mounted = (...argv: string[]) => spawnSync('mount', argv).status === 0;
      if (!mounted('-t', 'tmpfs', 'tmpfs', place)) skip('no file system can be mounted here');
      try {
        cpSync(path('.knox'), join(place, '.knox'), { recursive: true });
        writeFileSync(join(place, 'a.txt'), 'K={{secret:api_key}}\n');
        if (!mounted('-o', 'remount,ro', place)) skip('no file system can be mounted again here');
        const knox = (argv: string[], stdin = '') =>
          runKnox(place, argv, stdin, {
            KNOX_KEY_FILE: path('k.key'),
            XDG_STATE_HOME: path('state'),
            PATH: process.env['PATH'] ?? '',
          });
        const commands = [
          ['get', 'api_key', '-e', 'staging'],
          ['render', 'a.txt', '-e', 'staging'],
          ['export', '-e', 'staging'],
          ['run', '-e', 'staging', '--secret', 'K=api_key', '--', 'printenv', 'K'],
        ];
        for (const [command, ...rest] of commands as [string, ...string[]][]) {
          const ran = await knox([command, ...rest]);
          expect([command, ran.exit, ran.stderr.match(/was not recorded/g)?.length]).toEqual([command, 0, 1]);
          const silent = await knox([command, '--use-log', path('ro.jsonl'), ...rest]);
          expect([command, silent.exit, silent.stderr.includes('not recorded')]).toEqual([command, 0, false]);
          expect(silent.stdout.equals(ran.stdout)).toBe(true);
        }
        expect((await report('ro.jsonl')).json).toMatchObject({ taken: commands.length, refused: [] });
        for (const argv of [
          ['add', 'new', '-e', 'staging'],
          ['set', 'api_key', '--note', 'x'],
          ['delete', 'api_key', '--yes'],
          ['rotate', 'api_key', '--generate', '--yes'],
        ]) {
          const ran = await knox([...argv, '--json'], 'a value');
          expect([argv[0], ran.exit]).toEqual([argv[0], 1]);
          expect(ran.stderr).toMatch(/cannot be written|read-only file system/);
        }
      } finally {
        spawnSync('umount', ['-l', place]);
      }
    },
  );
});
