/** What a newcomer sees on a real terminal of 24 lines of 80 columns: the first screen, whole, and what comes next after a command. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentOf, shellCommand } from '../helpers/built-program.ts';
import { startPty } from '../helpers/pty.ts';
import type { Pty } from '../helpers/pty.ts';

let folder: string;
let open: Pty | null = null;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'knox-help-'))));
afterEach(() => {
  open?.kill('SIGKILL');
  open = null;
  rmSync(folder, { recursive: true, force: true });
});

/** A script that calls `knox`, and says where it ends. */
function sh(script: string, columns = 80, rows = 24): Pty {
  const env = environmentOf(folder, { KNOX_KEY_FILE: undefined });
  const knox = `knox() { ${shellCommand()} "$@"; }`;
  open = startPty('/bin/sh', ['-c', `${knox}; ${script}`], { cwd: folder, env, columns, rows });
  return open;
}

const shownRows = (screen: Pty): string[] => screen.shown().map((row) => row.map(({ text }) => text).join(''));

test('knox alone is whole on the screen, the prompt below it', async () => {
  const screen = sh(`knox; printf 'prompt$ '`);
  await screen.waitFor('prompt$');
  await screen.exit();
  const rows = shownRows(screen);
  expect(rows.length).toBeLessThanOrEqual(24);
  expect(rows[0]).toMatch(/^knox keeps secrets/);
  expect(rows.at(-1)).toBe('prompt$');
});

test('a page is as wide as the terminal, up to 120 columns', async () => {
  for (const [columns, most] of [
    [80, 80],
    [200, 120],
  ] as const) {
    const screen = sh('knox help rotate', columns, 100);
    expect((await screen.exit()).code).toBe(0);
    const lengths = shownRows(screen).map((row) => row.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(most);
    expect(Math.max(...lengths)).toBeGreaterThan(most - 15);
  }
});

test('what comes next is said on the terminal, and not where the output goes elsewhere', async () => {
  const key = 'export KNOX_KEY_FILE=k.key';
  const screen = sh(`knox init --key-file k.key >/dev/null; ${key}; knox env add qa; knox env add qb | cat; echo end`);
  await screen.waitFor(/^end$/m);
  await screen.exit();
  expect(screen.screen()).toContain('Next: knox add NAME -e qa');
  expect(screen.screen()).toContain('Added the environment qb');
  expect(screen.screen().match(/Next: /g)).toHaveLength(1);
});
