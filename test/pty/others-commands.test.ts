/** A colleague's command on a real terminal: what is shown of it, and what each answer does. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runBuiltSync, successful } from '../helpers/built-program.ts';
import { startOnTerminal } from '../helpers/built-terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-others-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const own = (who: string) => ({
  KNOX_KEY_FILE: join(folder, `${who}.key`),
  XDG_STATE_HOME: join(folder, 'state', who),
});
const knox = (who: string, argv: readonly string[], stdin = '') =>
  successful(runBuiltSync(argv, { cwd: folder, stdin, env: own(who) })).stdout;
const testRoute = () =>
  startOnTerminal(['route', 'test', 'app.env', '-e', 'staging'], { cwd: folder, env: own('admin') });
const has = (name: string) => existsSync(join(folder, name));

test('is shown with who registered it; Enter alone allows nothing, no runs nothing, yes is remembered', async () => {
  const init = knox('admin', ['init', '--env', 'staging,production', '--key-file', 'admin.key', '--json']);
  knox('admin', ['add', 'api_key', '-e', 'staging'], 'a-value-of-staging');
  const { publicKey } = JSON.parse(knox('colleague', ['key', 'new', 'colleague.key', '--json'])) as {
    publicKey: string;
  };
  knox('admin', ['key', 'add', '--recipient', publicKey, '--env', 'staging', '--label', 'colleague']);
  knox('colleague', ['trust', (JSON.parse(init) as { identity: string }).identity]);
  writeFileSync(join(folder, 'app.env'), 'K={{secret:api_key}}\n');
  const command = 'touch "ran-$KNOX_ENVIRONMENT"';
  knox('colleague', ['route', 'add', 'app.env', '-e', 'staging', '--test-command', command]);

  const no = testRoute();
  await no.waitFor('May it run here?');
  await no.waitFor('test: touch "ran-$KNOX_ENVIRONMENT"');
  await no.waitFor('Registered by "colleague"');
  no.send('\r');
  no.send('\x1b[B\r');
  expect(await no.exit()).toMatchObject({ code: 7 });
  expect(has('ran-staging')).toBe(false);

  const yes = testRoute();
  await yes.waitFor('yes, for everybody: I vouch for it');
  yes.send('\x1b[B\x1b[B\r');
  expect(await yes.exit()).toMatchObject({ code: 0 });
  expect(has('ran-staging')).toBe(true);

  rmSync(join(folder, 'ran-staging'));
  knox('admin', ['route', 'test', 'app.env', '-e', 'staging']);
  expect(has('ran-staging')).toBe(true);
});
