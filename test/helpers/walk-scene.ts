/** A project with one secret in two environments and a file that names it, for walks through its rotation on a terminal; what comes before and after a walk runs in this process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOf } from './built-program.ts';
import { startOnTerminal } from './built-terminal.ts';
import type { Pty, PtyOptions } from './pty.ts';
import { must } from './rotation-project.ts';
import { runKnox } from './run-knox.ts';

export const NEW_STAGING = 'sk_test_new-key-for-staging-0001';
export const NEW_PRODUCTION = 'sk_live_new-key-for-production-01';
export const NEW_VALUES = JSON.stringify({ staging: NEW_STAGING, production: NEW_PRODUCTION });

export interface WalkScene {
  readonly folder: string;
  /** Runs a command without a terminal. @throws where it ends with anything but 0 @returns stdout */
  readonly knox: (argv: readonly string[], input?: string) => Promise<string>;
  /** Runs one on a terminal. */
  readonly terminal: (
    argv: readonly string[],
    options?: Pick<PtyOptions, 'columns' | 'term'> & { readonly env?: Record<string, string> },
  ) => Pty;
  /** The step that comes next. */
  readonly step: () => Promise<string>;
  readonly end: () => void;
}

export async function walkScene(): Promise<WalkScene> {
  const folder = mkdtempSync(join(tmpdir(), 'knox-walk-'));
  let open: Pty | null = null;
  const knox = async (argv: readonly string[], input = ''): Promise<string> =>
    (await must(runKnox(folder, argv, input, environmentOf(folder), { now: () => new Date() }))).stdout.toString();
  await knox(['init', '--env', 'staging,production', '--key-file', 'k.key']);
  await knox(['add', 'stripe_api_key', '-e', 'staging'], 'sk_test_old-key-for-staging-0001');
  await knox(['add', 'stripe_api_key', '-e', 'production'], 'sk_live_old-key-for-production-01');
  writeFileSync(join(folder, 'app.env'), 'KEY={{secret:stripe_api_key}}\n');
  await knox(['route', 'add', 'app.env', '-e', 'staging,production', '--deploy-command', 'true']);
  return {
    folder,
    knox,
    terminal: (argv, options = {}) => {
      open = startOnTerminal(argv, { cwd: folder, rows: 50, ...options });
      return open;
    },
    step: async () =>
      (JSON.parse(await knox(['rotate', 'stripe_api_key', '--status', '--json'])) as { step: string }).step,
    end: () => {
      open?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
