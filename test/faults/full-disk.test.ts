/**
 * A disk that is full, or a file that may not grow: exit 1, the vault as it was to the byte, and the same command goes through once there is
 * room. How much room is left decides where it fails: before the journal, in it, or in the middle of the commit.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { lockFile } from '../../src/store/sqlite/file-lock.ts';
import { mount } from '../../src/run/mounts.ts';
import { runBuiltSync } from '../helpers/built-program.ts';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';

const KIB = 1024;
const LARGE = 'a long value '.repeat(20 * KIB);
const IMPORTED = Array.from({ length: 50 }, (_line, index) => `NAME_${index}=${'x'.repeat(KIB)}${index}\n`).join('');

let project: Project;
let vault: Buffer;
beforeAll(async () => {
  project = await makeProject();
  await must(project.knox(['add', 'certificate', '-e', 'production'], LARGE.slice(0, 100 * KIB)));
  project.write('in.env', IMPORTED);
  vault = readFileSync(join(project.folder, '.knox/vault.db'));
});
afterAll(() => project.remove());

const CAN_NOT = 'no file system can be mounted here';

/** What writes into a vault. */
const WRITING: readonly [argv: readonly string[], stdin?: string][] = [
  [['rekey', '--yes']],
  [['add', 'another', '-e', 'production'], LARGE],
  [['import', 'in.env', '-e', 'production']],
  [['rotate', 'api_key', '--generate', '--yes', '--until', 'create']],
  [['key', 'add', '--key-file', 'new.key']],
  [['delete', 'certificate', '--yes']],
  [['get', 'api_key', '-e', 'production']],
];

describe.skipIf(process.getuid?.() !== 0)('on a file system of two megabytes', () => {
  let small: string;
  let isMounted = false;
  beforeAll(() => {
    small = join(project.folder, 'small');
    mkdirSync(small);
    isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]).status === 0;
  });
  afterAll(() => {
    if (isMounted) execFileSync('umount', ['-l', small]);
  });

  /** Takes what the disk has left, but for so many bytes. */
  function fill(room: number): void {
    const file = join(small, 'fill');
    spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k'], { stdio: 'ignore' });
    truncateSync(file, Math.max(0, statSync(file).size - room));
  }
  /** A machine that has not seen the vault as it was left before. */
  let machine = 0;
  const knox = (argv: readonly string[], stdin = '') =>
    runKnox(small, argv, stdin, { KNOX_KEY_FILE: 'k.key', XDG_STATE_HOME: join(project.folder, `machine-${machine}`) });
  function renew(): void {
    machine += 1;
    for (const name of ['.knox', 'fill', 'new.key', 'copy.db'])
      rmSync(join(small, name), { recursive: true, force: true });
    for (const name of ['.knox', 'k.key', 'in.env'])
      cpSync(join(project.folder, name), join(small, name), { recursive: true });
  }
  const inVault = () => readFileSync(join(small, '.knox/vault.db'));

  /** @returns the exits, with more room from one to the next, up to the one that went through */
  async function exitsOf(argv: readonly string[], stdin: string | undefined, check: () => void): Promise<number[]> {
    const exits: number[] = [];
    for (let room = 0; room <= 2048 * KIB; room = room === 0 ? 4 * KIB : room * 3) {
      renew();
      fill(room);
      const { exit, stderr } = await knox([...argv, '--json'], stdin);
      exits.push(exit);
      if (exit === 0) break;
      expect([room, exit, stderr]).toEqual([room, 1, expect.stringContaining('"code":"io"')]);
      expect(inVault().equals(vault), `with ${room} bytes left`).toBe(true);
      check();
      rmSync(join(small, 'fill'));
      // The first change takes what is left of a journal with it.
      expect((await knox(['get', 'api_key', '-e', 'staging'])).stdout.toString()).toBe(OLD.staging);
      expect(existsSync(join(small, '.knox/vault.db-journal'))).toBe(false);
      expect((await knox(['audit', 'verify'])).exit).toBe(0);
    }
    return exits;
  }

  it.for(WRITING)('knox %s', async ([argv, stdin], { skip }) => {
    if (!isMounted) skip(CAN_NOT);
    const exits = await exitsOf(argv, stdin, () => expect(existsSync(join(small, 'new.key'))).toBe(false));
    expect(exits.at(-1)).toBe(0);
    expect(exits.filter((exit) => exit === 1).length).toBeGreaterThan(0);
  });

  it('a file for a command that does not fit leaves nothing', async ({ skip }) => {
    if (!isMounted) skip(CAN_NOT);
    renew();
    const file = (name: string, size: number) => ({
      variable: name,
      file: name,
      content: new Plaintext(new Uint8Array(size).fill(65)),
    });
    for (const sizes of [[3 << 20], [1000, 3 << 20]]) {
      const mounts = sizes.map((size, index) => file(`F${index}`, size));
      expect(() => mount(mounts, small, lockFile)).toThrow(expect.objectContaining({ code: 'io' }));
      expect(readdirSync(small).filter((name) => name.startsWith('knox-run-'))).toEqual([]);
    }
  });

  it('knox backup leaves no half of a copy', async ({ skip }) => {
    if (!isMounted) skip(CAN_NOT);
    const exits = await exitsOf(['backup', 'copy.db'], '', () =>
      expect(existsSync(join(small, 'copy.db'))).toBe(false),
    );
    expect(exits.at(-1)).toBe(0);
    expect(exits.filter((exit) => exit === 1).length).toBeGreaterThan(2);
  });

  it('knox init and knox key new leave neither vault nor key', async ({ skip }) => {
    if (!isMounted) skip(CAN_NOT);
    for (const [argv, room] of [
      [['init', '--key-file', 'own.key'], 0],
      [['init', '--key-file', 'own.key'], 40 * KIB],
      [['key', 'new', 'own.key'], 0],
    ] as const) {
      renew();
      rmSync(join(small, '.knox'), { recursive: true });
      fill(room);
      const { exit, stderr } = await knox([...argv, '--json']);
      expect([argv, exit, stderr]).toEqual([argv, 1, expect.stringContaining('"io"')]);
      expect(existsSync(join(small, '.knox/vault.db'))).toBe(false);
      expect(existsSync(join(small, 'own.key'))).toBe(false);
    }
  });
});

describe('where no file may grow beyond a size', () => {
  /** By the shell's limit, which every user may set: a write beyond it fails. */
  function limited(kib: number, argv: readonly string[], stdin = ''): { exit: number | null; stderr: string } {
    const { exit, stderr } = runBuiltSync(argv, {
      cwd: project.folder,
      stdin,
      env: {
        KNOX_VAULT: 'limited.db',
        XDG_STATE_HOME: join(project.folder, 'state-limited'),
        NODE_COMPILE_CACHE: undefined,
      },
      by: ['sh', '-c', `ulimit -f ${kib * 2}; exec "$@"`, 'sh'],
    });
    return { exit, stderr };
  }

  it.each([
    ['rekey, beyond which its journal would grow', 0.5, ['rekey', '--yes'], ''],
    ['add, at which its commit would make the vault grow', 1, ['add', 'another', '-e', 'production'], LARGE],
    ['backup, beyond which the copy would grow', 0.5, ['backup', 'limited-copy.db'], ''],
  ] as const)('knox %s', async (_what, part, argv, stdin) => {
    const file = join(project.folder, 'limited.db');
    writeFileSync(file, vault);
    const kib = Math.floor((part * vault.length) / KIB);
    expect(limited(kib, [...argv, '--json'], stdin)).toEqual({
      exit: 1,
      stderr: expect.stringContaining('"code":"io"'),
    });
    expect(existsSync(join(project.folder, 'limited-copy.db'))).toBe(false);
    // What it could not write it cannot write back either: the next one does, from the journal.
    expect((await project.knox(['--vault', 'limited.db', 'audit', 'verify'])).exit).toBe(0);
    expect(readFileSync(file).equals(vault)).toBe(true);
    expect(existsSync(`${file}-journal`)).toBe(false);
    rmSync(file);
  });
});
