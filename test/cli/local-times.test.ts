/** Times on a terminal are those of the clock on the wall; in a pipe, in JSON and in documents they are UTC. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRoutes, makeProject, must, NEW } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { terminal } from '../helpers/terminal.ts';

const zone = process.env['TZ'];
let project: Project;

beforeEach(async () => {
  project = await makeProject();
  await addRoutes(project);
  for (const value of Object.values(NEW)) project.accepted.add(value);
});
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  project.remove();
});

/** Up to the watch over production. */
async function begin(): Promise<void> {
  const confirmed = ['--yes', '--confirm', 'test-staging,update-production'];
  await must(project.knox(['rotate', 'api_key', '--values-stdin', ...confirmed], JSON.stringify(NEW)));
}

/** What a command shows on a terminal whose clock is in this zone. */
async function shown(name: string, argv: readonly string[], columns = 200): Promise<string> {
  process.env['TZ'] = name;
  const stdout = terminal(columns);
  await project.knox(argv, '', { stdout });
  return stdout.text();
}

describe.each([
  ['UTC', 'Mon 12 Jan 12:00'],
  ['Europe/Berlin', 'Mon 12 Jan 13:00'],
  ['America/New_York', 'Mon 12 Jan 07:00'],
  ['Pacific/Auckland', 'Tue 13 Jan 01:00'],
])('in %s', (name, until) => {
  beforeEach(begin);

  test('a terminal says until when production is watched', async () => {
    for (const argv of [['rotate', 'api_key'], ['rotate', 'api_key', '--status'], ['status']]) {
      const text = await shown(name, argv);
      expect(text, argv.join(' ')).toContain(`Production is watched until ${until} (in 2 days)`);
      expect(text, argv.join(' ')).not.toMatch(/UTC|\d{4}-\d\d-\d\d/);
    }
    expect(await shown(name, ['rotations'])).toContain(until);
  });

  test('a pipe, JSON and the checklist say it in UTC', async () => {
    process.env['TZ'] = name;
    const utc = 'Production is watched until 2026-01-12 12:00 UTC (in 2 days)';
    for (const argv of [['rotate', 'api_key'], ['rotations'], ['rotate', 'api_key', '--status']])
      expect((await project.knox(argv)).stdout.toString(), argv.join(' ')).toContain(utc);
    const stdout = terminal();
    await project.knox(['rotate', 'api_key', '--status', '--json'], '', { stdout });
    expect(JSON.parse(stdout.text())).toMatchObject({
      next: expect.stringContaining(utc),
      waitUntil: '2026-01-12T12:00:00.000Z',
    });
    expect(await shown(name, ['rotate', 'api_key', '--checklist'])).toContain('2026-01-10 12:00 UTC');
  });
});

test('what is due, and a wait that is over, by the same clock; a check for a program in UTC', async () => {
  await begin();
  expect(await shown('Pacific/Auckland', ['show', 'api_key'])).toMatch(/created +just now \(Sun 11 Jan 01:00\)/);
  expect(await shown('Pacific/Auckland', ['schedule'])).toContain('Sat 11 Apr, in 90 days');
  project.laterBy(49);
  expect(await shown('Europe/Berlin', ['check'])).toContain('ended Mon 12 Jan 13:00 (1 hour ago)');
  expect((await project.knox(['check'])).stdout.toString()).toContain('ended 2026-01-12 12:00 UTC (1 hour ago)');
  const stdout = terminal();
  await project.knox(['check', '--json'], '', { stdout });
  expect(stdout.text()).toContain('ended 2026-01-12 12:00 UTC (1 hour ago)');
});

test('over a change of the clocks the hour is that of the wall then', async () => {
  project.now = new Date('2026-03-27T20:00:00.000Z');
  await begin();
  // 48 hours later, and 49 on the wall: it was 21:00 when they began.
  expect(await shown('Europe/Berlin', ['rotations'])).toContain('Sun 29 Mar 22:00');
  expect(await shown('UTC', ['rotations'])).toContain('Sun 29 Mar 20:00');
});
