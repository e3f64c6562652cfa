import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noteRunning, runningCommands } from '../../src/files/running-commands.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'knox-running-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const COMMAND = {
  vault: 'v1',
  consumer: 'run node',
  actor: 'ana@box',
  at: '2026-01-10T12:00:00.000Z',
  uses: [{ secret: 'tok', environment: 'production' }],
};
const files = () => readdirSync(join(state, 'running'));
/** What the one file says, with something else in it. */
function change(content: object): void {
  const file = join(state, 'running', files()[0]!);
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...content }));
}

test('a command runs until its end is noted, for its own vault', () => {
  const ended = noteRunning(state, process.pid, COMMAND);
  const second = noteRunning(state, process.pid, COMMAND);
  expect(runningCommands(state, 'v1')).toMatchObject([COMMAND, COMMAND]);
  expect(runningCommands(state, 'v2')).toEqual([]);
  second();
  ended();
  expect([runningCommands(state, 'v1'), files()]).toEqual([[], []]);
});

test('what a killed process left is told from what runs, and is taken away', () => {
  const gone = spawnSync('true').pid;
  noteRunning(state, gone, COMMAND);
  expect([runningCommands(state, 'v1'), files()]).toEqual([[], []]);
  // The number was given to another process since.
  noteRunning(state, process.pid, COMMAND);
  change({ began: '1' });
  expect([runningCommands(state, 'v1'), files()]).toEqual([[], []]);
});

test('another machine that shares the folder is left alone; a file that is none of these says nothing', () => {
  noteRunning(state, process.pid, COMMAND);
  change({ host: 'another-machine' });
  writeFileSync(join(state, 'running', 'x.json'), '{"vault":"v1"}');
  expect([runningCommands(state, 'v1'), files().length]).toEqual([[], 2]);
});

test('without a state folder, or without a value, nothing is noted', () => {
  noteRunning(null, process.pid, COMMAND)();
  noteRunning(state, process.pid, { ...COMMAND, uses: [] })();
  expect([runningCommands(null, 'v1'), runningCommands(state, 'v1')]).toEqual([[], []]);
});
