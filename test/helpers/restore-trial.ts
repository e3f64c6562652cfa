/** One restore by the built program, killed at its N-th write: what lies there then, and after the next one. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT, runBuiltSync, successful } from './built-program.ts';
import { runKnox } from './run-knox.ts';

const PRELOAD = resolve(ROOT, 'test/helpers/kill-at.cjs');
const RESTORE = ['restore', 'copy.db', '--force', 'vault_exists', '--reason', 'a test'];

/** Of the vault that lies there: whether it verifies, and which of the two it is. */
export interface Found {
  readonly exit: number;
  readonly is: 'old' | 'new';
}

export interface RestoreTrials {
  readonly writes: number;
  readonly trial: (at: number) => Promise<{ killed: boolean; found: Found; after: Found; left: string[] }>;
  readonly remove: () => void;
}

export async function restoreTrials(): Promise<RestoreTrials> {
  const base = mkdtempSync(join(tmpdir(), 'knox-restore-'));
  const prepared = join(base, 'prepared');
  cpSync(mkdtempSync(join(base, 'empty-')), prepared, { recursive: true });
  const inside = (folder: string, argv: readonly string[], stdin = '') =>
    runKnox(folder, argv, stdin, { KNOX_KEY_FILE: join(folder, 'k.key') }, { now: () => new Date() });
  for (const [argv, stdin] of [
    [['init', '--key-file', 'k.key'], ''],
    [['add', 'api_key', '-e', 'staging'], 'an old value'],
    [['backup', 'copy.db'], ''],
    [['add', 'later', '-e', 'staging'], 'a later value'],
  ] as const) {
    successful(await inside(prepared, argv, stdin));
  }
  const project = () => {
    const folder = mkdtempSync(join(base, 'trial-'));
    cpSync(prepared, folder, { recursive: true });
    return folder;
  };
  const built = (folder: string, env: Record<string, string>) =>
    runBuiltSync(RESTORE, { cwd: folder, env, node: ['--require', PRELOAD] });
  const look = async (folder: string): Promise<Found> => {
    const { exit } = await inside(folder, ['audit', 'verify']);
    const names = (await inside(folder, ['list', '--json'])).stdout.toString();
    return { exit, is: names.includes('later') ? 'old' : 'new' };
  };
  const counted = join(base, 'count');
  successful(built(project(), { KILL_COUNT: counted }));
  return {
    writes: Number.parseInt(readFileSync(counted, 'utf8'), 10),
    async trial(at) {
      const folder = project();
      const killed = built(folder, { KILL_AT: String(at) }).signal === 'SIGKILL';
      const found = await look(folder);
      await inside(folder, RESTORE);
      const after = await look(folder);
      // What a killed run called "replaced" without replacing it would be one name too many.
      const left = readdirSync(join(folder, '.knox')).filter(
        (name) => !/^vault\.db(?:\.replaced-\w+(?:-\d+)?)?$/.test(name),
      );
      rmSync(folder, { recursive: true });
      return { killed, found, after, left };
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}
