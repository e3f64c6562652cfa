/** A passphrase on a real terminal: asked once, then kept, until it is locked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startOnTerminal } from '../helpers/built-terminal.ts';
import type { Pty } from '../helpers/pty.ts';

const PASSPHRASE = 'correct horse battery';

let folder: string;
let runtime: string;
let open: Pty | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-unlock-'));
  runtime = mkdtempSync('/dev/shm/knox-test-');
});
afterEach(() => {
  open?.kill('SIGKILL');
  open = null;
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

/** No PATH: the keyring is a file in memory, whatever this machine has. */
function terminal(...argv: string[]): Pty {
  const env = { PATH: undefined, KNOX_KEY_FILE: undefined, XDG_RUNTIME_DIR: runtime };
  open = startOnTerminal(argv, { cwd: folder, env });
  return open;
}

async function ends(screen: Pty): Promise<string> {
  expect((await screen.exit()).code).toBe(0);
  return screen.screen();
}

test('init offers to keep it; then add and get ask for no passphrase; after lock it is asked, and unlock keeps it again', async () => {
  const init = terminal('init', '--env', 'staging,production');
  await init.waitFor('New passphrase');
  init.send(`${PASSPHRASE}\r`);
  await init.waitFor('Repeat it');
  init.send(`${PASSPHRASE}\r`);
  await init.waitFor('Keep it unlocked on this machine for 8 hours?');
  init.send('\r');
  expect(await ends(init)).toMatch(/Unlocked until .* \(in 8 hours\)/);

  const add = terminal('add', 'api_key', '-e', 'staging');
  await add.waitFor('api_key');
  expect(add.screen()).not.toContain('Passphrase');
  add.send('a value that is typed\r');
  await add.waitFor('Added api_key for staging');
  await ends(add);
  expect(await ends(terminal('get', 'api_key', '-e', 'staging'))).toContain('a value that is typed');
  expect(await ends(terminal('lock'))).toContain('Locked');

  const unlock = terminal('unlock', '--for', '30m');
  await unlock.waitFor('Vault passphrase');
  unlock.send(`${PASSPHRASE}\r`);
  expect(await ends(unlock)).toMatch(/in 30 minutes/);
  expect(await ends(terminal('get', 'api_key', '-e', 'staging'))).toContain('a value that is typed');
});
