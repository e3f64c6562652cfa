import ICAL from 'ical.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
  await must(
    project.knox(['add', 'soon', '-e', 'staging', '--every', '10d', '--expires', '2026-02-01'], 'value-of-soon'),
  );
  await must(project.knox(['add', 'region', '--shared', '--kind', 'config'], 'eu-central-1'));
});
afterEach(() => project.remove());

interface Planned {
  secret: string;
  kind: string;
  dueAt: string | null;
  expiresAt: string | null;
  overdue: boolean;
  rotation: string | null;
}
const planned = async () => (await project.json<Planned[]>(['schedule'])).json;
const events = async () => {
  const text = (await must(project.knox(['schedule', '--ics']))).stdout.toString();
  const calendar = new ICAL.Component(ICAL.parse(text) as never);
  return new Map(
    calendar.getAllSubcomponents('vevent').map((component) => {
      const event = new ICAL.Event(component);
      return [
        event.uid,
        {
          date: event.startDate.toString(),
          isDate: event.startDate.isDate,
          title: event.summary,
          sequence: event.sequence,
        },
      ];
    }),
  );
};

describe('knox schedule', () => {
  test('has what is due first, and what has no schedule last', async () => {
    expect(await planned()).toEqual([
      {
        secret: 'soon',
        kind: 'standard',
        dueAt: '2026-01-20T12:00:00.000Z',
        expiresAt: expect.stringContaining('2026-0'),
        overdue: false,
        rotation: null,
      },
      expect.objectContaining({ secret: 'api_key', dueAt: '2026-04-10T12:00:00.000Z', expiresAt: null }),
      expect.objectContaining({ secret: 'region', kind: 'config', dueAt: null }),
    ]);
    project.laterBy(24 * 11);
    expect((await planned())[0]).toMatchObject({ secret: 'soon', overdue: true });
    const lines = (await project.knox(['schedule'])).stdout.toString().split('\n');
    expect(lines[0]).toContain('overdue');
  });

  test('is a calendar whose events are updated, not doubled, when a rotation has moved the date', async () => {
    const before = await events();
    expect([...before.values()].map(({ title, date, isDate }) => [title, date, isDate])).toEqual([
      ['Rotate soon', '2026-01-20', true],
      ['soon expires', expect.stringMatching(/^2026-0[12]-/), true],
      ['Rotate api_key', '2026-04-10', true],
    ]);
    await project.json(['rotate', 'api_key', '--generate', '--yes', '--until', 'update-production']);
    project.laterBy(48);
    const done = await project.json(['rotate', 'api_key', '--yes', '--confirm', 'delete-old,update-docs']);
    expect(done.json.state).toBe('done');
    const after = await events();
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    const uid = [...before].find(([, { title }]) => title === 'Rotate api_key')![0];
    expect(after.get(uid)).toMatchObject({ title: 'Rotate api_key_v2', date: '2026-04-12' });
    expect(after.get(uid)!.sequence).toBeGreaterThan(before.get(uid)!.sequence);
  });

  test('each line of the calendar ends with CRLF, the last one too, also where it holds nothing', async () => {
    const ends = (text: string) => {
      expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true);
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    };
    ends((await must(project.knox(['schedule', '--ics']))).stdout.toString());
    for (const name of ['soon', 'api_key'])
      await must(project.knox(['set', name, '--every', 'never', '--expires', 'never']));
    ends((await must(project.knox(['schedule', '--ics']))).stdout.toString());
  });

  test('names a rotation under way; two kinds of output exclude each other', async () => {
    await project.json(['rotate', 'api_key', '--generate', '--yes', '--until', 'document']);
    expect((await planned()).find(({ secret }) => secret === 'api_key')!.rotation).not.toBeNull();
    expect((await project.json(['schedule', '--ics'])).code).toBe('usage');
  });
});

test('a rotation that kept a value somewhere moves no date: that value is due when it was', async () => {
  project.laterBy(24 * 30);
  const word = ['--confirm', 'test-staging,update-production,delete-old,update-docs'];
  const values = JSON.stringify({ production: 'new-production-value' });
  const keep = ['--keep', 'development,staging'];
  await project.knox(['rotate', 'api_key', '--values-stdin', '--yes', ...keep, ...word], values);
  project.laterBy(48);
  const done = await project.json(['rotate', 'api_key', ...word]);
  expect([done.json.state, done.json.steps[10]!.detail]).toEqual([
    'done',
    'api_key_v2 is due 2026-04-10, as before: development, staging kept the value',
  ]);
  const due = (await planned()).find(({ secret }) => secret === 'api_key_v2');
  expect(due!.dueAt).toBe('2026-04-10T12:00:00.000Z');
  const all = JSON.stringify({ development: 'd-3-value', staging: 's-3-value', production: 'p-3-value' });
  await project.knox(['rotate', 'api_key', '--values-stdin', '--yes', ...word], all);
  project.laterBy(48);
  await project.json(['rotate', 'api_key', ...word]);
  expect((await planned()).find(({ secret }) => secret === 'api_key_v3')!.dueAt).toBe('2026-05-14T12:00:00.000Z');
});
