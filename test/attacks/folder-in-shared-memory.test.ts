/**
 * Another user of the machine, or a container that shares its memory folders, makes or sees folders as `knox run --mount` has them: he wants
 * knox to remove files that are in use, or that are not its own.
 */
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sweepMemoryFolders } from '../../src/files/memory-folder.ts';
import { makeMemoryFolder } from '../../src/files/run-folder.ts';
import { lockFile } from '../../src/store/sqlite/file-lock.ts';
import { runBuiltSync, startBuilt, successful } from '../helpers/built-program.ts';
import { testNeeding } from '../helpers/needing.ts';

const UID = process.getuid?.() ?? null;
const NAME = `knox-run-${'0123456789abcdef'.repeat(2).slice(0, 24)}`;

let runtime: string;
beforeEach(() => {
  runtime = mkdtempSync('/dev/shm/knox-test-');
});
afterEach(() => rmSync(runtime, { recursive: true, force: true }));
const sweep = () => sweepMemoryFolders(runtime, UID, lockFile);

function left(name: string): string {
  mkdirSync(join(runtime, name));
  writeFileSync(join(runtime, name, 'file'), 'x');
  return join(runtime, name);
}

test('what a killed run left goes, with its lock; a name that is not knox’s stays', async () => {
  left(NAME);
  writeFileSync(join(runtime, `${NAME}.lock`), '');
  writeFileSync(join(runtime, `${NAME.replace('0', 'f')}.lock`), '');
  const others = [left('knox-run-4000001-x'), left('knox-run-mine'), left(`${NAME}0`)];
  sweep();
  expect(
    readdirSync(runtime)
      .map((name) => join(runtime, name))
      .toSorted(),
  ).toEqual(others.toSorted());
});

test('what is in use stays, whatever numbers its process', async () => {
  const made = makeMemoryFolder(runtime, lockFile);
  sweep();
  expect(existsSync(made.folder)).toBe(true);
  made.remove();
  expect(readdirSync(runtime)).toEqual([]);
});

test('a link to a folder in that place is removed itself at the most', async () => {
  const kept = mkdtempSync('/dev/shm/knox-test-');
  writeFileSync(join(kept, 'file'), 'x');
  symlinkSync(kept, join(runtime, NAME));
  left(`${NAME.slice(0, -1)}e`);
  symlinkSync(kept, join(runtime, `${NAME.slice(0, -1)}e`, 'inside'));
  sweep();
  expect(readdirSync(kept)).toEqual(['file']);
  rmSync(kept, { recursive: true });
});

test.skipIf(UID !== 0)(
  'a folder of another user stays, and so does one with his lock (needs the superuser)',
  async () => {
    chownSync(left(NAME), 20_001, 20_001);
    const own = `${NAME.slice(0, -1)}e`;
    left(own);
    writeFileSync(join(runtime, `${own}.lock`), '');
    chownSync(join(runtime, `${own}.lock`), 20_001, 20_001);
    sweep();
    expect(readdirSync(runtime).toSorted()).toEqual([NAME, own, `${own}.lock`].toSorted());
  },
);

describe('a run under way', () => {
  let project: string;
  const env = () => ({ XDG_RUNTIME_DIR: runtime });
  beforeAll(() => {
    project = mkdtempSync('/dev/shm/knox-test-');
    successful(runBuiltSync(['init', '--key-file', 'k.key'], { cwd: project }));
    writeFileSync(join(project, 'a.env'), 'A=1\n');
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  testNeeding(['unshare'], 'keeps its files where processes are numbered otherwise', async () => {
    const mounted = ['run', '-e', 'development', '--mount', 'F=a.env', '--', 'sh', '-c', 'echo "$F."; read line'];
    const { child, out, shows, ended } = startBuilt(mounted, { cwd: project, env: env() });
    await shows('.\n');
    const file = out().trim().slice(0, -1);
    successful(runBuiltSync(['list'], { cwd: project, env: env(), by: ['unshare', '-pf', '--mount-proc'] }));
    expect({ file, exists: existsSync(file) }).toEqual({ file: expect.stringContaining(runtime), exists: true });
    child.stdin.end('\n');
    await ended;
    expect(readdirSync(runtime)).toEqual([]);
  });
});
