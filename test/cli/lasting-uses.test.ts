/** A command that lives on with the old value is a use for as long as it lasts. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
let command: Promise<unknown>;
beforeEach(async () => {
  project = await makeProject({});
  await must(project.knox(['add', 'tok', '-e', 'production'], 'old-token-0001'));
  const folder = join(project.folder, 'state/knox/running');
  command = project.knox(
    [
      'run',
      '-e',
      'production',
      '--secret',
      'T=tok@current',
      '--',
      'sh',
      '-c',
      'until [ -e stop ]; do sleep 0.05; done',
    ],
    '',
    { pid: process.pid },
  );
  await vi.waitUntil(() => existsSync(folder) && readdirSync(folder).length > 0, { timeout: 30_000 });
});
afterEach(async () => {
  project.write('stop', '');
  await command;
  project.remove();
});

const rotate = (...more: string[]) =>
  project.json(['rotate', 'tok', '--generate', '--yes', '--confirm', 'update-docs', ...more]);
const TOO_EARLY = ['--skip', 'monitor', '--force', 'too_early', '--reason', 'a test'];

test('step 8 names it and waits; when it has ended, the rotation goes on', async () => {
  project.laterBy(72);
  const waits = await rotate(...TOO_EARLY);
  expect([waits.exit, waits.json.step, waits.json.needs?.kind, waits.json.needs?.environments]).toEqual([
    0,
    'verify',
    'time',
    ['production'],
  ]);
  expect(waits.json.steps[7]!.detail).toContain(
    'tok for production by run sh, still running since 2026-01-10T12:00:00.000Z',
  );
  project.write('stop', '');
  await command;
  const done = await rotate();
  expect([done.json.state, done.json.steps[7]!.detail]).toEqual([
    'done',
    expect.stringContaining('commands that knox run started on other machines'),
  ]);
});

test('step 9 and delete refuse while it runs, and can be forced', async () => {
  project.laterBy(72);
  const vouched = await rotate(...TOO_EARLY, '--confirm', 'verify');
  expect([vouched.exit, vouched.code, vouched.json.step]).toEqual([7, 'still_used', 'delete-old']);
  const forced = await rotate('--force', 'still_used', '--reason', 'it is started anew tonight');
  expect(forced.json.state).toBe('done');
  await must(project.knox(['add', 'other', '-e', 'production'], 'other-token-0001'));
  expect((await project.json(['delete', 'other', '--yes'])).exit).toBe(0);
});

test('delete counts it, however long ago it began', async () => {
  project.laterBy(72);
  const refused = await project.json(['delete', 'tok', '--yes']);
  expect(refused).toMatchObject({ exit: 7, code: 'still_used' });
  project.write('stop', '');
  await command;
  expect((await project.json(['delete', 'tok', '--yes'])).exit).toBe(0);
});
