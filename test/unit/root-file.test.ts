import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isKnoxError } from '../../src/errors.ts';
import { findRootFile, pathInRoot, readRootFile, replaceRootFile, routePathOf } from '../../src/files/root-file.ts';
import { writeAtomically } from '../../src/files/write-file.ts';

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'knox-root-'));
  root = join(base, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const at = (path: string) => join(root, path);
const write = (path: string, text: string) => writeFileSync(at(path), text);
const text = (path: string) => readFileSync(at(path), 'utf8');
/** The code of what is thrown; 'nothing' where nothing is. */
function codeOf(work: () => unknown): string {
  try {
    work();
    return 'nothing';
  } catch (error) {
    if (isKnoxError(error)) return error.code;
    throw error;
  }
}
/** Every name under the temporary folder that is not one of a test's own. */
const leftovers = () => readdirSync(base, { recursive: true }).filter((name) => String(name).includes('knox-tmp'));

describe('reading a file under the root', () => {
  test('a link to a file or a folder of the root is followed', () => {
    mkdirSync(at('real'));
    write('real/a.yml', 'a');
    symlinkSync('real/a.yml', at('a.yml'));
    symlinkSync('real', at('folder'));
    for (const path of ['a.yml', 'folder/a.yml', 'real/a.yml'])
      expect(readRootFile(root, path)).toMatchObject({ path, target: at('real/a.yml'), bytes: Buffer.from('a') });
  });

  test('a link that leads out of the root, by itself or by its folder, is refused', () => {
    writeFileSync(join(base, 'outside'), 'x');
    symlinkSync('../outside', at('link'));
    symlinkSync('..', at('up'));
    mkdirSync(join(base, 'root-beside'));
    writeFileSync(join(base, 'root-beside/x'), 'x');
    symlinkSync('../root-beside/x', at('beside'));
    for (const path of ['link', 'up/outside', 'beside']) {
      expect([path, codeOf(() => readRootFile(root, path))]).toEqual([path, 'io']);
      expect(() => readRootFile(root, path)).toThrow(/leads out of/);
    }
  });

  test('nothing there, a link to nowhere, a loop, a folder, a pipe: each says so at once', () => {
    symlinkSync('nowhere', at('dangling'));
    symlinkSync('loop', at('loop'));
    mkdirSync(at('folder'));
    execFileSync('mkfifo', [at('pipe')]);
    expect([findRootFile(root, 'none'), findRootFile(root, 'dangling')]).toEqual([null, null]);
    expect(
      ['none', 'dangling', 'loop', 'folder', 'pipe'].map((path) => codeOf(() => readRootFile(root, path))),
    ).toEqual(['io', 'io', 'io', 'usage', 'usage']);
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be read is named, with the reason', () => {
    write('closed', 'x');
    chmodSync(at('closed'), 0);
    expect(() => readRootFile(root, 'closed')).toThrow('cannot read closed: permission denied');
  });
});

describe('replacing a file', () => {
  test('keeps its mode, and a link stays a link to the file that is replaced', () => {
    mkdirSync(at('real'));
    write('real/a.env', 'before');
    chmodSync(at('real/a.env'), 0o640);
    symlinkSync('real/a.env', at('a.env'));
    replaceRootFile(readRootFile(root, 'a.env'), Buffer.from('after'));
    expect([text('real/a.env'), statSync(at('real/a.env')).mode & 0o7777]).toEqual(['after', 0o640]);
    expect(lstatSync(at('a.env')).isSymbolicLink()).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ['was changed', () => write('a.env', 'by hand')],
    ['is gone', () => rmSync(at('a.env'))],
    [
      'is a folder now',
      () => {
        rmSync(at('a.env'));
        mkdirSync(at('a.env'));
      },
    ],
    [
      'is a link to the same bytes elsewhere now',
      () => {
        renameSync(at('a.env'), join(base, 'moved'));
        symlinkSync('../moved', at('a.env'));
      },
    ],
  ])('one that %s since it was read is left alone', (_what, change) => {
    write('a.env', 'before');
    const file = readRootFile(root, 'a.env');
    change();
    expect(codeOf(() => replaceRootFile(file, Buffer.from('after')))).toBe('file_changed');
    const stats = lstatSync(at('a.env'), { throwIfNoEntry: false });
    if (stats?.isFile() === true) expect(text('a.env')).toBe('by hand');
    if (stats?.isSymbolicLink() === true) expect(text('a.env')).toBe('before');
    expect(leftovers()).toEqual([]);
  });

  test('a name of 255 bytes is no obstacle, nor is one of many-byte characters', () => {
    for (const name of ['n'.repeat(255), 'é'.repeat(127), '🔑'.repeat(63)]) {
      write(name, 'before');
      replaceRootFile(readRootFile(root, name), Buffer.from('after'));
      expect(text(name)).toBe('after');
    }
    expect(leftovers()).toEqual([]);
  });

  test('what a killed run left beside it is swept away, what a running one has there stays', () => {
    write('a.env', 'before');
    const gone = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
    write(`.a.env.knox-tmp-${gone}-x-1`, 'half');
    write(`.a.env.knox-tmp-${process.ppid}-x-1`, 'half');
    replaceRootFile(readRootFile(root, 'a.env'), Buffer.from('after'));
    expect(leftovers()).toEqual([join('root', `.a.env.knox-tmp-${process.ppid}-x-1`)]);
  });
});

describe('the path that a route is registered by', () => {
  test('is relative to the root, however it was typed and whatever link leads there', () => {
    mkdirSync(at('sub'));
    symlinkSync('root', join(base, 'alias'));
    const typed: [string, string, string][] = [
      [root, 'a.env', 'a.env'],
      [root, './sub/../a.env', 'a.env'],
      [at('sub'), '../a.env', 'a.env'],
      [base, at('sub/a b.env'), 'sub/a b.env'],
      [join(base, 'alias'), 'a.env', 'a.env'],
      [root, '..a.env', '..a.env'],
      [root, '@label', '@label'],
    ];
    for (const [cwd, given, path] of typed) expect([given, routePathOf(root, cwd, given)]).toEqual([given, path]);
    expect(pathInRoot(join(base, 'alias'), root, 'sub/x')).toBe('sub/x');
  });

  test('lies in the root', () => {
    for (const given of ['..', '.', '../outside', '/etc/passwd', '../root-beside/x'])
      expect([given, codeOf(() => routePathOf(root, root, given))]).toEqual([given, 'usage']);
  });
});

describe('writing a file of its own', () => {
  test('makes the folders, keeps to the mode, follows a link', () => {
    writeAtomically(at('new/er/x'), Buffer.from('x'), { mode: 0o600 });
    expect([statSync(at('new/er/x')).mode & 0o7777, statSync(at('new')).mode & 0o7777]).toEqual([0o600, 0o700]);
    symlinkSync('new/er/x', at('link'));
    writeAtomically(at('link'), Buffer.from('y'), { mode: 0o644 });
    expect([text('new/er/x'), statSync(at('new/er/x')).mode & 0o7777]).toEqual(['y', 0o644]);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
  });

  test('never puts a file in the place of a device, a pipe, a folder or a link to nowhere', () => {
    execFileSync('mkfifo', [at('pipe')]);
    mkdirSync(at('folder'));
    symlinkSync('nowhere', at('dangling'));
    symlinkSync('/dev/null', at('device'));
    for (const name of ['pipe', 'folder', 'dangling', 'device'])
      expect([name, codeOf(() => writeAtomically(at(name), Buffer.from('x'), { mode: 0o600 }))]).toEqual([name, 'io']);
    expect([lstatSync(at('pipe')).isFIFO(), lstatSync(at('dangling')).isSymbolicLink()]).toEqual([true, true]);
    expect([existsSync(at('nowhere')), statSync('/dev/null').isCharacterDevice()]).toEqual([false, true]);
  });
});
