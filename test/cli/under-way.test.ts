/** What is told of a rotation that was begun: what is due stays due, a wait is told as of now, and one that is over is ready. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/findings/finding.ts';
import type { RotationView } from '../../src/rotation/describe-rotation.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject({});
});
afterEach(() => project.remove());

interface Status {
  readonly due: { secret: string; dueAt: string; overdue: boolean }[];
  readonly rotations: RotationView[];
}
interface Planned {
  readonly secret: string;
  readonly dueAt: string | null;
  readonly expiresAt: string | null;
  readonly overdue: boolean;
}

const days = (count: number) => project.laterBy(24 * count);
const check = () => project.json<Finding[]>(['check']);
const codes = async () => (await check()).json.map(({ code, secret }) => `${code} ${secret}`);
const status = async () => (await project.json<Status>(['status'])).json;
const schedule = async () => (await project.json<Planned[]>(['schedule'])).json;
const add = (...more: string[]) => must(project.knox(['add', 's', '-e', 'production', ...more], 'old-production-1'));

describe('what is due', () => {
  test.each(['document', 'create'])('a rotation left at %s hides neither a date nor itself', async (step) => {
    await add('--expires', '2026-02-09');
    await must(project.knox(['rotate', 's', '--yes', '--generate', '--until', step]));
    days(20);
    expect(await codes()).toEqual(expect.arrayContaining(['expires-soon s', 'rotation-stuck s', 'unrouted s']));
    days(11);
    expect(await codes()).toContain('expired s');
    expect((await check()).exit).toBe(3);
    days(48);
    expect(await codes()).toContain('due-soon s');
    days(12);
    expect(await codes()).toContain('overdue s');
    expect((await codes()).filter((one) => one.includes('s_v2'))).toEqual([]);
    expect((await status()).due).toEqual([{ secret: 's', dueAt: '2026-04-10T12:00:00.000Z', overdue: true }]);
    expect(await schedule()).toMatchObject([{ secret: 's', dueAt: '2026-04-10T12:00:00.000Z', overdue: true }]);
    days(60);
    expect(await codes()).toContain('overdue s');
  });

  test('a version counts from when an environment is on it, before the last step too', async () => {
    await add();
    await must(project.knox(['add', 's', '-e', 'staging'], 'old-staging-1'));
    days(85);
    await must(project.knox(['rotate', 's', '--yes', '--generate', '--until', 'update-staging']));
    days(10);
    // Production is still on the old one.
    expect(await codes()).toContain('overdue s');
    expect(await schedule()).toMatchObject([{ secret: 's', overdue: true }]);
    await must(project.knox(['rotate', 's', '--yes', '--confirm', 'test-staging,update-production']));
    expect((await codes()).filter((one) => one.startsWith('overdue'))).toEqual([]);
    expect((await status()).due).toEqual([]);
    expect(await schedule()).toMatchObject([{ secret: 's_v2', dueAt: '2026-07-04T12:00:00.000Z', overdue: false }]);
  });
});

test('a value that a rotation keeps is due, and runs out, when it did', async () => {
  await add('--expires', '2026-04-12');
  await must(project.knox(['add', 's', '-e', 'staging'], 'old-staging-1'));
  days(85);
  const kept = ['--keep', 'production', '--values-stdin', '--confirm', 'test-staging,update-production'];
  await must(project.knox(['rotate', 's', '--yes', ...kept], '{"staging":"new-staging-1"}'));
  expect(await codes()).toContain('due-soon s_v2');
  days(6);
  expect(await codes()).toEqual(expect.arrayContaining(['overdue s_v2', 'expires-soon s_v2']));
  expect(await schedule()).toMatchObject([{ secret: 's_v2', dueAt: '2026-04-10T12:00:00.000Z', overdue: true }]);
});

describe('what it waits for', () => {
  const watching = async () => {
    await add();
    return (await project.json(['rotate', 's', '--yes', '--generate'])).json;
  };
  const text = async (...argv: string[]) => (await project.knox(argv)).stdout.toString();

  test('is told as of now, from the first moment to the last, and then is ready', async () => {
    const first = await watching();
    expect(first.next).toContain(' until 2026-01-12 12:00 UTC (in 2 days)');
    project.laterBy(1);
    expect((await status()).rotations[0]!.next).toContain(' until 2026-01-12 12:00 UTC (in 1 day 23 hours)');
    expect(await codes()).not.toContain('ready s');
    days(3);
    const ready = 'Ready: the window ended 2026-01-12 12:00 UTC (1 day ago). Continue: knox rotate s';
    const all = [
      (await status()).rotations[0]!,
      (await project.json<RotationView[]>(['rotations'])).json[0]!,
      (await project.json(['rotate', 's', '--status'])).json,
    ];
    for (const view of all) {
      expect([view.state, view.next]).toEqual(['waiting', ready]);
      expect(view.needs).toEqual({
        kind: 'time',
        step: 'monitor',
        until: '2026-01-12T12:00:00.000Z',
        environments: ['production'],
      });
    }
    for (const argv of [['status'], ['rotations'], ['rotate', 's', '--status'], ['rotate', 's', '--checklist']])
      expect(await text(...argv), argv.join(' ')).toContain('Ready: the window ended');
    const found = await check();
    expect(found.exit).toBe(0);
    expect(found.json.find(({ code }) => code === 'ready')).toMatchObject({
      severity: 'info',
      secret: 's',
      since: '2026-01-12T12:00:00.000Z',
      hint: 'knox rotate s',
    });
    const said = await project.knox(['check']);
    expect(said.stdout.toString()).toContain('ready');
    expect(said.stderr).not.toContain('No problems found');
    expect((await project.json(['check', '--fail-on', 'info'])).exit).toBe(3);
    await project.json(['rotate', 's', '--yes', '--confirm', 'update-docs']);
    expect(await codes()).not.toContain('ready s');
  });

  test('a use of the old version is waited out as of now', async () => {
    await watching();
    days(1);
    await must(project.knox(['get', 's', '-e', 'production']));
    days(1);
    const ran = (await project.json(['rotate', 's', '--yes'])).json;
    expect([ran.step, ran.needs?.kind]).toEqual(['verify', 'time']);
    expect(ran.next).toMatch(/^Since production moved, .*\. knox waits until 2026-01-13 12:00 UTC \(in 1 day\)/);
  });

  test('hours are told by one clock', async () => {
    await add();
    const hour = String((project.now.getHours() + 3) % 24).padStart(2, '0');
    const between = `${hour}:00-${hour}:30`;
    const { next } = (await project.json(['rotate', 's', '--yes', '--generate', '--between', between])).json;
    expect(next).toContain(`"Update production" is kept to ${between}: next 2026-01-1`);
    expect(next).toContain(` ${hour}:00 local time (in 3 hours). Then run: knox rotate s. To go ahead now: `);
    expect(next).not.toContain('UTC');
  });
});

describe('new values that nobody needs any more', () => {
  const values = JSON.stringify({ production: 'new-production-value', staging: 'new-staging-value' });
  beforeEach(async () => {
    await must(project.knox(['add', 'stripe_api_key', '-e', 'staging'], 'old-staging-value'));
    await must(project.knox(['add', 'stripe_api_key', '-e', 'production'], 'old-production-value'));
  });

  test.each([
    ['--rollback', [], 'stripe_api_key_v2 (staging, production) still work'],
    ['--rollback', ['--keep', 'staging'], 'stripe_api_key_v2 (production) still works'],
    ['--abort', ['--until', 'create'], 'stripe_api_key_v2 (staging, production) still work'],
    ['--abort', ['--until', 'generate'], 'stripe_api_key_v2 (staging, production) still work'],
  ])('after %s %j they are named, and where to revoke them', async (order, more, said) => {
    const kept = more.includes('--keep');
    const given = kept ? JSON.stringify({ production: 'new-production-value' }) : values;
    const confirm = ['--confirm', 'test-staging,update-production'];
    await project.json(['rotate', 'stripe_api_key', '--values-stdin', '--yes', ...confirm, ...more], given);
    const ran = await project.knox(['rotate', 'stripe_api_key', order, '--yes']);
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).toMatch(/revoke (?:it|them) at https:\/\//);
    const next = (await project.json(['rotate', 'stripe_api_key', '--status'])).json.next;
    if (more.includes('generate')) expect(next).not.toContain('still work');
    else expect(next).toContain(said);
  });

  test('what knox made up lives nowhere else', async () => {
    await project.json(['rotate', 'stripe_api_key', '--generate', '--yes', '--until', 'create']);
    const ran = await project.knox(['rotate', 'stripe_api_key', '--abort']);
    expect(ran.stderr).not.toContain('still work');
  });
});

test('what is left of an update is said as it is: files to rewrite, or a deploy command to run', async () => {
  await add();
  project.write('p.env', 'K={{secret:s}}\n');
  await must(project.knox(['route', 'add', 'p.env', '-e', 'production', '--deploy-command', 'test -e ok']));
  const first = await project.json(['rotate', 's', '--generate']);
  expect(first.json.next).toBe(
    'Review the changes to p.env and apply them: knox rotate s, or with --yes without being asked',
  );
  expect((await project.json(['rotate', 's', '--yes'])).exit).toBe(1);
  const again = await project.json(['rotate', 's']);
  expect([again.exit, again.json.next]).toEqual([
    2,
    'Run the deploy command of p.env (production): knox rotate s, or with --yes without being asked',
  ]);
});

test('looks at staging are none at production', async () => {
  await must(project.knox(['add', 's', '-e', 'staging'], 'old-staging-1'));
  project.write('s.env', 'K={{secret:s}}\n');
  const header = ['--header', 'Authorization: Bearer {{secret:s}}', '--yes'];
  await must(
    project.knox(['route', 'add', 's.env', '-e', 'staging', '--probe', 'https://pay.example.com/', ...header]),
  );
  expect((await project.json(['rotate', 's', '--generate', '--yes'])).json.step).toBe('test-staging');
  const shown = (await project.json<RotationView & { probes: object[] }>(['rotate', 's', '--status'])).json;
  expect(shown.probes).toEqual([]);
});
