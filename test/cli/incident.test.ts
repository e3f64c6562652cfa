/** A value that has leaked: `--compromised`, at the start and on the way, and `--revoke-first`. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import { answering } from '../helpers/terminal.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
  await addRoutes(project);
  for (const key of Object.values(NEW)) project.accepted.add(key);
});
afterEach(() => project.remove());

const newValues = JSON.stringify(NEW);
const WHY = ['--compromised', '--reason', 'in a public log'];
const rotate = (...more: string[]) =>
  project.json(['rotate', 'api_key', '--values-stdin', '--yes', ...more], newValues);
const revokeOutside = () => {
  for (const key of Object.values(OLD)) project.accepted.delete(key);
};
const failed = (at: { state: string }[]) => at.map(({ state }) => state);

describe('--compromised', () => {
  test('waits for nothing: after production it goes straight to revoking, and says how long it took', async () => {
    const stopped = await rotate(...WHY);
    expect([stopped.exit, stopped.code, stopped.json.step]).toEqual([1, 'probe_failed', 'delete-old']);
    expect(stopped.json.incident).toEqual({
      reason: 'in a public log',
      startedAt: '2026-01-10T12:00:00.000Z',
      revokedAt: null,
    });
    expect(failed([...stopped.json.steps])).toEqual([
      ...Array.from({ length: 6 }, () => 'done'),
      'skipped',
      'skipped',
      'failed',
      'todo',
      'todo',
    ]);
    const page = await project.knox(['status']);
    expect(page.stdout.toString().split('\n')[0]).toContain('Incidents');
    revokeOutside();
    project.now = new Date(project.now.getTime() + 2 * 3_600_000 + 13 * 60_000 + 5_000);
    const done = await project.json(['rotate', 'api_key', '--confirm', 'delete-old,update-docs']);
    expect([done.exit, done.json.state, done.json.incident?.revokedAt]).toEqual([
      0,
      'done',
      '2026-01-10T14:13:05.000Z',
    ]);
    const record = project.read('docs/rotations/api_key_v2.md');
    expect(record).toContain(
      'Compromised: in a public log; reported 2026-01-10T12:00:00.000Z, revoked 2026-01-10T14:13:05.000Z, 2 hours 13 minutes 5 seconds later',
    );
    const shown = await project.knox(['rotate', 'api_key', '--status']);
    expect(shown.stdout.toString()).toContain('2 hours 13 minutes 5 seconds later');
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('turns a rotation under way, whatever it waits for, and whoever still uses the old value', async () => {
    await must(project.knox(['rotate', 'api_key', '--values-stdin', '--yes', '--quarantine', '7d'], newValues));
    await must(project.knox(['get', 'api_key', '-e', 'production']));
    revokeOutside();
    const done = await project.json(['rotate', 'api_key', ...WHY, '--confirm', 'delete-old,update-docs']);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    expect(done.json.incident).toMatchObject({ reason: 'in a public log', revokedAt: project.now.toISOString() });
    expect(done.json.steps.map(({ state }) => state).slice(6, 9)).toEqual(['skipped', 'skipped', 'done']);
  });

  test('needs a reason, and knows no waiting', async () => {
    const of = async (...argv: string[]) => {
      const { exit, code } = await project.json(['rotate', 'api_key', ...argv]);
      return [exit, code];
    };
    expect(await of('--compromised')).toEqual([2, 'usage']);
    expect(await of(...WHY, '--window', '24h')).toEqual([2, 'usage']);
    expect(await of('--revoke-first')).toEqual([2, 'usage']);
    expect((await project.json<object[]>(['rotations'])).json).toEqual([]);
  });

  test('said again it keeps the first report', async () => {
    await rotate(...WHY);
    project.laterBy(1);
    const again = await project.json(['rotate', 'api_key', '--compromised', '--reason', 'another story']);
    expect(again.json.incident).toMatchObject({ reason: 'in a public log', startedAt: '2026-01-10T12:00:00.000Z' });
  });
});

describe('--revoke-first', () => {
  test('has the old value dead before anything moves; then everything else goes on, and there is no way back', async () => {
    const stopped = await rotate(...WHY, '--revoke-first');
    expect([stopped.exit, stopped.code, stopped.json.step]).toEqual([1, 'probe_failed', 'create']);
    expect(project.read('config/app.env')).toContain('{{secret:api_key}}');
    revokeOutside();
    project.laterBy(1);
    const moved = await project.json(['rotate', 'api_key', '--yes', '--until', 'create', '--confirm', 'delete-old']);
    expect([moved.exit, moved.json.step, moved.json.incident?.revokedAt]).toEqual([
      0,
      'update-staging',
      '2026-01-10T13:00:00.000Z',
    ]);
    expect(moved.json.steps[2]!.detail).toContain('401');
    for (const way of ['--rollback', '--abort'])
      expect((await project.json(['rotate', 'api_key', way])).code).toBe('no_way_back');
    project.laterBy(1);
    const done = await project.json(['rotate', 'api_key', '--yes', '--confirm', 'update-docs']);
    expect([done.exit, done.json.state, done.json.incident?.revokedAt]).toEqual([
      0,
      'done',
      '2026-01-10T13:00:00.000Z',
    ]);
    expect(project.read('config/app.env')).toContain('{{secret:api_key_v2}}');
    expect((await project.json(['get', 'api_key', '-e', 'production'])).code).toBe('secret_not_found');
  });

  test('without a probe a person vouches for it', async () => {
    await must(project.knox(['add', 'other', '-e', 'production'], 'value-of-other'));
    const start = ['rotate', 'other', '--values-stdin', '--yes', ...WHY, '--revoke-first'];
    const waits = await project.json(start, JSON.stringify({ production: 'new-value-of-other' }));
    expect([waits.exit, waits.code, waits.json.step, waits.json.needs?.kind]).toEqual([
      2,
      'needs_terminal',
      'create',
      'confirm',
    ]);
    const done = await project.json(['rotate', 'other', '--yes', '--confirm', 'delete-old,update-docs']);
    expect([done.exit, done.json.state, done.json.incident?.revokedAt]).toEqual([0, 'done', project.now.toISOString()]);
  });
});

describe('on a terminal', () => {
  test('the reason is asked for, and the walk begins with the incident, each time', async () => {
    const keep = ['--keep', 'development,staging'];
    const { prompts, done } = answering(
      [/What happened/, 'in a public log'],
      [/api_key for production/, 'type'],
      [/New value/, NEW.production],
      [/Store it/, true],
    );
    const ran = await project.knox(['rotate', 'api_key', '--compromised', ...keep, '--until', 'create'], '', {
      prompts,
    });
    done();
    expect(ran).toMatchObject({ exit: 0, stderr: expect.stringContaining('Compromised: in a public log; reported') });
    const again = answering();
    const next = await project.knox(['rotate', 'api_key', '--until', 'test-staging'], '', { prompts: again.prompts });
    expect(next.stderr.split('\n')[1]).toContain('Compromised: in a public log');
  });

  test('nothing is asked about files whose environment kept its value', async () => {
    project.write('s.txt', '{{secret:api_key}}');
    await must(project.knox(['route', 'add', 's.txt', '-e', 'staging']));
    const argv = ['rotate', 'api_key', ...WHY, '--keep', 'development,staging', '--values-stdin', '--yes'];
    const ran = await project.json(
      [...argv, '--until', 'test-staging'],
      JSON.stringify({ production: NEW.production }),
    );
    expect([ran.exit, ran.json.step]).toEqual([0, 'update-production']);
    expect(ran.json.steps[4]!.detail).toBe('2 passed, 1 with the kept value');
  });

  test('without anybody to ask the reason is an option', async () => {
    expect((await project.json(['rotate', 'api_key', '--compromised'])).code).toBe('usage');
  });
});
