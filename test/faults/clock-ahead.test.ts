/**
 * A clock that was ahead once: one read on one machine leaves an audit entry of a far day. It opens nothing for longer, makes nothing
 * overdue, is named for what it is, and there is a way on that the log tells of.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BootTime } from '../../src/vault/trust/kept-key.ts';
import { keyringIo } from '../helpers/keyrings.ts';
import { addRoutes, makeProject, must, NEW } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import type { Ran } from '../helpers/run-knox.ts';

let project: Project;
let runtime: string;
beforeEach(async () => {
  project = await makeProject();
  runtime = mkdtempSync('/dev/shm/knox-test-');
});
afterEach(() => {
  project.remove();
  rmSync(runtime, { recursive: true, force: true });
});

const DAY = 86_400_000;
const SPANS = [
  { title: 'ten years', days: 3650 },
  { title: '40 days', days: 40 },
];
const ahead = (days: number, argv: readonly string[], stdin = ''): Promise<Ran> =>
  project.knox(argv, stdin, { now: () => new Date(project.now.getTime() + days * DAY) });
const accept = (...more: string[]) => project.knox(['doctor', '--accept-clock', '--reason', 'no NTP yet', ...more]);
const iso = (offset = 0) => new Date(project.now.getTime() + offset).toISOString();
interface Check {
  check: string;
  ok: boolean;
  message: string;
  hint: string | null;
}
const clockOf = async () => (await project.json<Check[]>(['doctor'])).json.find(({ check }) => check === 'clock')!;

describe.each(SPANS)('one read with a clock that is $title ahead', ({ days }) => {
  beforeEach(async () => {
    await must(ahead(days, ['get', 'api_key', '-e', 'development']));
  });

  test('is named by every command that goes by times, in a warning', async () => {
    for (const argv of [
      ['check'],
      ['status'],
      ['schedule'],
      ['list'],
      ['evidence'],
      ['get', 'api_key', '-e', 'staging'],
    ]) {
      const { stderr } = await project.knox([...argv, '--json']);
      const told = stderr.split('\n').filter((line) => line.includes('"clock_behind"'));
      expect([argv, told]).toEqual([argv, [expect.stringContaining(iso(days * DAY).slice(0, 10))]]);
      expect(told[0]).toContain('knox doctor');
    }
  });

  test('makes nothing overdue, and check and schedule say the same', async () => {
    const found = await project.json<{ code: string }[]>(['check']);
    expect([found.exit, found.json.filter(({ code }) => /overdue|expired|due-soon|unused/.test(code))]).toEqual([
      0,
      [],
    ]);
    const schedule = await project.json<{ overdue: boolean }[]>(['schedule']);
    expect(schedule.json.map(({ overdue }) => overdue)).not.toContain(true);
  });

  test('doctor names the entry and both clocks, and says what to type', async () => {
    const { ok, message, hint } = await clockOf();
    expect(ok).toBe(false);
    const seq = (await project.json<{ seq: number; at: string }[]>(['audit'])).json.find(({ at }) => at > iso())!.seq;
    expect(message).toContain(`entry ${seq} (use by `);
    for (const at of [iso(days * DAY), iso()]) expect(message).toContain(at.slice(0, 10));
    expect(hint).toContain('knox doctor --accept-clock --reason TEXT');
  });

  test('lets an unlock last as long as was asked', async () => {
    const io = { ...keyringIo(), now: () => project.now };
    const variables = { env: { XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: `${project.folder}/state` } };
    const unlocked = await must(
      project.knox(['unlock', '--for', '1h', '--json', '--key-file', 'k.key'], '', { ...io, ...variables }),
    );
    expect(JSON.parse(unlocked.stdout.toString())).toMatchObject({ expiresAt: iso(3_600_000) });
    const get = async () => (await project.knox(['get', 'api_key', '-e', 'staging'], '', { ...io, ...variables })).exit;
    expect(await get()).toBe(0);
    project.laterBy(0.9);
    expect(await get()).toBe(0);
    project.laterBy(0.2);
    expect(await get()).toBe(4);
  });

  test('a rotation goes by its own environments and this clock', async () => {
    for (const key of Object.values(NEW)) project.accepted.add(key);
    await addRoutes(project);
    const rotated = await project.json<{ step: string; needs: { until: string } }>(
      ['rotate', 'api_key', '--yes', '--values-stdin'],
      JSON.stringify(NEW),
    );
    expect([rotated.exit, rotated.json.step, rotated.json.needs.until]).toEqual([0, 'monitor', iso(2 * DAY)]);
    project.laterBy(47);
    expect(await project.json(['rotate', 'api_key', '--yes'])).toMatchObject({
      json: { step: 'monitor', next: expect.stringMatching(/^Production is watched until/) },
    });
    project.laterBy(2);
    expect((await project.json<{ step: string }>(['rotate', 'api_key', '--yes'])).json.step).not.toBe('monitor');
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('accepted, with a reason in the log, all goes by the clock again and the chain verifies', async () => {
    await must(ahead(days, ['add', 'late', '-e', 'staging'], 'a value of a later day'));
    // What others write since, by clocks that are right, takes nothing of it away.
    await must(project.knox(['set', 'api_key', '--note', 'meanwhile']));
    expect((await project.json<{ createdAt: string }>(['show', 'late'])).json.createdAt > iso()).toBe(true);
    expect((await clockOf()).ok).toBe(false);
    const accepted = await must(accept('--json'));
    expect(JSON.parse(accepted.stdout.toString())).toEqual({ accepted: true, left: [] });
    expect((await project.json<{ createdAt: string }>(['show', 'late'])).json.createdAt).toBe(iso());
    const entries = (await project.json<{ at: string; action: string; detail: unknown }[]>(['audit'])).json;
    expect(entries.at(-1)).toMatchObject({
      action: 'accept-clock',
      at: iso(),
      detail: { reason: 'no NTP yet', ahead: iso(days * DAY) },
    });
    // What was written stays as it was written.
    expect(entries.filter(({ at }) => at > iso()).length).toBeGreaterThan(0);
    const verified = await project.knox(['audit', 'verify']);
    expect([verified.exit, (await clockOf()).ok]).toEqual([0, true]);
    project.laterBy(1);
    const set = await must(project.knox(['set', 'late', '--note', 'x', '--json']));
    expect(set.stderr).not.toContain('clock_behind');
    expect((await project.json<{ at: string }[]>(['audit'])).json.at(-1)!.at).toBe(iso());
    const { exit, json } = await project.json<{ secrets: { name: string; exceptions: unknown[] }[] }>(['evidence']);
    expect([exit, json.secrets.map(({ name }) => name)]).toEqual([0, expect.arrayContaining(['api_key', 'late'])]);
  });

  test('a use of then counts from the acceptance on', async () => {
    const refused = await project.knox(['delete', 'api_key', '--yes']);
    expect(refused).toMatchObject({
      exit: 7,
      stderr: expect.stringMatching(/used in the future, so a clock was wrong[^]*hint: check the clock: knox doctor/),
    });
    await must(accept());
    project.laterBy(47);
    expect(await project.json(['delete', 'api_key', '--yes'])).toMatchObject({ exit: 7, code: 'still_used' });
    project.laterBy(2);
    await must(project.knox(['delete', 'api_key', '--yes']));
  });
});

describe('accepting the clock', () => {
  test('needs a reason and an entry that is ahead; a key for some environments accepts for these, and names the others', async () => {
    expect(await accept('--json')).toMatchObject({ exit: 2, stderr: expect.stringContaining('"usage"') });
    await must(project.knox(['key', 'add', '--key-file', 'some.key', '--env', 'staging']));
    await must(ahead(40, ['get', 'api_key', '-e', 'development']));
    expect(await project.json(['doctor', '--accept-clock'])).toMatchObject({ exit: 2, code: 'usage' });
    expect(await project.json(['doctor', '--accept-clock', '--accept-rollback', '--reason', 'x'])).toMatchObject({
      exit: 2,
      code: 'usage',
    });
    const some = await must(accept('--json', '--key-file', 'some.key'));
    expect(JSON.parse(some.stdout.toString())).toEqual({
      accepted: true,
      left: ['development', 'production', 'shared'],
    });
  });

  test('a due date that was reckoned from the future is moved, one that a person gave is not', async () => {
    project.accepted.clear();
    for (const key of Object.values(NEW)) project.accepted.add(key);
    await addRoutes(project);
    const all = [
      '--yes',
      '--skip',
      'monitor',
      '--force',
      'too_early',
      '--reason',
      'x',
      '--confirm',
      'test-staging,update-production,verify,delete-old,update-docs',
    ];
    const done = await ahead(3650, ['rotate', 'api_key', '--values-stdin', ...all, '--json'], JSON.stringify(NEW));
    expect(JSON.parse(done.stdout.toString())).toMatchObject({ state: 'done' });
    await must(ahead(3650, ['set', 'api_key_v2', '--expires', '2039-01-01T00:00:00Z']));
    await must(accept());
    const { json } = await project.json<{ dueAt: string; expiresAt: string }[]>(['schedule']);
    expect(json).toEqual([expect.objectContaining({ dueAt: iso(90 * DAY), expiresAt: '2039-01-01T00:00:00.000Z' })]);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });
});

test('a kept key ends by the time since the machine was started, whatever the clock says', async () => {
  let up: BootTime = { boot: 'one', seconds: 1000 };
  const io = { ...keyringIo(), now: () => project.now, bootTime: () => up };
  const variables = { env: { XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: `${project.folder}/state` } };
  const unlock = () =>
    must(project.knox(['unlock', '--for', '1h', '--key-file', 'k.key'], '', { ...io, ...variables }));
  const get = async () => (await project.knox(['get', 'api_key', '-e', 'staging'], '', { ...io, ...variables })).exit;
  await unlock();
  up = { boot: 'one', seconds: 1000 + 3599 };
  expect(await get()).toBe(0);
  // The clock has not moved, or was put back: an hour is over all the same.
  up = { boot: 'one', seconds: 1000 + 3600 };
  expect(await get()).toBe(4);
  await unlock();
  up = { boot: 'two', seconds: 10_000 };
  expect(await get()).toBe(4);
});
