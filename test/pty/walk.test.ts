/** A rotation on a real terminal: the questions, Ctrl-C at each of them, and what is on the screen. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pty } from '../helpers/pty.ts';
import { NEW_PRODUCTION, NEW_STAGING, NEW_VALUES, walkScene } from '../helpers/walk-scene.ts';
import type { WalkScene } from '../helpers/walk-scene.ts';

let scene: WalkScene;
let folder: string;

beforeEach(async () => {
  scene = await walkScene();
  folder = scene.folder;
});
afterEach(() => scene.end());

const knox = (argv: readonly string[], input = ''): Promise<string> => scene.knox(argv, input);
const terminal = (argv: readonly string[], columns = 80): Pty => scene.terminal(argv, { columns });
const step = (): Promise<string> => scene.step();

test.each([80, 120])(
  'the walk asks for one value after the other, shows the change, and waits, at %i columns',
  async (columns) => {
    const screen = terminal(['rotate'], columns);
    await screen.waitFor('Which secret?');
    screen.send('\r');
    await screen.waitFor('Step 2 of 11');
    await screen.waitFor('Keep the present one here');
    await screen.waitFor('https://dashboard.stripe.com/apikeys');
    await screen.waitFor('? says why and how to undo it, Ctrl-C pauses');
    screen.send('\r');
    await screen.waitFor('New value for staging');
    screen.send(`${NEW_PRODUCTION}\r`);
    await screen.waitFor('Stripe live key');
    await screen.waitFor('Store it for staging?');
    screen.send('\r');
    await screen.waitFor('does not belong in staging');
    await screen.waitFor('stripe_api_key for staging', { times: 2 });
    screen.send('\r');
    await screen.waitFor('New value for staging', { times: 2 });
    screen.send(`${NEW_STAGING}\r`);
    await screen.waitFor('Store it for staging?', { times: 2 });
    screen.send('\r');
    await screen.waitFor('stripe_api_key for production');
    await screen.waitFor('Keep the present one here');
    screen.send('\r');
    await screen.waitFor('New value for production');
    screen.paste(NEW_PRODUCTION);
    screen.send('\r');
    await screen.waitFor('Store it for production?');
    screen.send('\r');
    await screen.waitFor('1 + KEY={{secret:stripe_api_key_v2}}');
    await screen.waitFor('Rewrite this file and run the deploy command?');
    screen.send('y\r');
    await screen.waitFor('Do they work with the new value');
    screen.send('y\r');
    await screen.waitFor('Run the deploy command?');
    screen.send('y\r');
    await screen.waitFor('To undo everything');
    expect(await screen.exit()).toMatchObject({ code: 0 });
    expect(await step()).toBe('monitor');
    expect(screen.screen()).not.toContain(NEW_STAGING);
    for (const line of screen.screen().split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(readFileSync(join(folder, 'app.env'), 'utf8')).toBe('KEY={{secret:stripe_api_key_v2}}\n');
  },
);

describe('Ctrl-C', () => {
  test('at each question ends with 130, gives the terminal back, and loses nothing that was done', async () => {
    const questions: [string, string, string][] = [
      ['Keep the present one here', '', 'generate'],
      ['New value for staging', '\r', 'generate'],
    ];
    for (const [question, before, expected] of questions) {
      const screen = terminal(['rotate', 'stripe_api_key']);
      if (before !== '') {
        await screen.waitFor('Keep the present one here');
        screen.send(before);
      }
      await screen.waitFor(question);
      screen.send('\x03');
      await screen.waitFor('Paused at step 2 of 11 (get the new values). Continue: knox rotate stripe_api_key');
      expect(await screen.exit()).toMatchObject({ code: 130 });
      expect(screen.isCursorHidden()).toBe(false);
      expect(screen.screen()).not.toContain('error');
      expect(await step()).toBe(expected);
    }
    await knox(['rotate', 'stripe_api_key', '--values-stdin', '--yes', '--until', 'create'], NEW_VALUES);
    const screen = terminal(['rotate', 'stripe_api_key']);
    await screen.waitFor('Rewrite this file');
    screen.send('\x03');
    expect(await screen.exit()).toMatchObject({ code: 130 });
    expect(screen.screen()).toContain('Paused at step 4 of 11 (update staging). Continue: knox rotate stripe_api_key');
    expect(readFileSync(join(folder, 'app.env'), 'utf8')).toBe('KEY={{secret:stripe_api_key}}\n');
    expect(await step()).toBe('update-staging');
  });

  test('and a no leave the rotation waiting, with the way back in the last line', async () => {
    await knox(['rotate', 'stripe_api_key', '--values-stdin', '--yes', '--until', 'create'], NEW_VALUES);
    const screen = terminal(['rotate', 'stripe_api_key']);
    await screen.waitFor('Rewrite this file');
    screen.send('n\r');
    await screen.waitFor('step 4 of 11');
    expect(await screen.exit()).toMatchObject({ code: 0 });
    expect(await step()).toBe('update-staging');
  });
});

test('while a command deploys, Ctrl-C pauses too, and says that the command was ended', async () => {
  await knox(['route', 'add', 'app.env', '-e', 'staging', '--deploy-command', 'echo beg""un; sleep 600']);
  await knox(['rotate', 'stripe_api_key', '--values-stdin', '--yes', '--until', 'create'], NEW_VALUES);
  const screen = terminal(['rotate', 'stripe_api_key']);
  await screen.waitFor('Rewrite this file');
  screen.send('y\r');
  await screen.waitFor('begun');
  screen.send('\x03');
  await screen.waitFor(
    '\nPaused at step 4 of 11 (update staging); the command was stopped. Continue: knox rotate stripe_api_key',
  );
  expect(await screen.exit()).toMatchObject({ code: 130 });
});

describe('the walk says in short what it does', () => {
  test.each([80, 120])('the plan before a rotation begins, and not again, in %i columns', async (columns) => {
    const screen = terminal(['rotate', 'stripe_api_key', '--quarantine', '24h'], columns);
    const shown = await screen.waitFor('Keep the present one here');
    const plan = shown.slice(0, shown.indexOf('Step 1 of 11'));
    expect(plan).toMatch(/2 {2}Get the new values +asked for: staging, production\n/);
    expect(plan).toMatch(/4 {2}Update staging +staging\n/);
    expect(plan).toMatch(/6 {2}Update production +production\n/);
    expect(plan).toMatch(/7 {2}Watch production +waits 48 hours\n/);
    expect(plan).toMatch(/9 {2}Revoke the old value +after 24 hours in quarantine\n/);
    expect(plan).toMatch(/11 {2}Schedule the next rotation\n/);
    screen.send('\x03');
    await screen.exit();
    const again = terminal(['rotate', 'stripe_api_key'], columns);
    expect(await again.waitFor('Keep the present one here')).not.toContain('Schedule the next rotation');
  });

  test('a ? shows all of it, and the question again', async () => {
    const screen = terminal(['rotate', 'stripe_api_key']);
    await screen.waitFor('Keep the present one here');
    await screen.waitFor('enter select');
    expect(screen.screen()).not.toContain('How to undo');
    screen.send('\x1b[B');
    await screen.waitFor('❯ Keep the present one here');
    screen.send('?');
    await screen.waitFor(
      /How to leave and come back[^]*How to undo[^]*❯ Keep the present one here\n\n[^]*enter select/,
    );
    // The list that stood there is gone, and the arrow is where it was.
    expect(screen.screen().split('Paste or type a new value')).toHaveLength(2);
    screen.send('\x1b[A\r');
    await screen.waitFor('New value for staging (hidden');
  });

  test('also where y or n is to be typed', async () => {
    await knox(['route', 'add', 'app.env', '-e', 'staging', '--test-command', 'true']);
    await knox(['rotate', 'stripe_api_key', '--values-stdin', '--yes', '--until', 'create'], NEW_VALUES);
    const screen = terminal(['rotate', 'stripe_api_key']);
    await screen.waitFor('Rewrite this file and run the deploy command?');
    screen.send('?');
    await screen.waitFor(/A bad key fails here, not in production\.[^]*run the deploy command\? \(Y\/n\)/);
    screen.send('y\r');
    await screen.waitFor('Run the deploy command? (y/n)');
    screen.send('?');
    await screen.waitFor(/One at a time[^]*Run the deploy command\? \(y\/n\)/);
    screen.send('n\r');
    expect(await screen.exit()).toMatchObject({ code: 0 });
  });
});

describe('a test that fails', () => {
  /** The last line of the choice: the whole of it is on the screen then. */
  const LAST_WAY_ON = 'Stop here and come back later';

  beforeEach(async () => {
    await knox(['route', 'add', 'app.env', '-e', 'staging', '--test-command', 'test -e mended']);
    await knox(['rotate', 'stripe_api_key', '--values-stdin', '--yes', '--until', 'update-staging'], NEW_VALUES);
  });

  test('can be tried again once it is mended', async () => {
    const screen = terminal(['rotate', 'stripe_api_key']);
    await screen.waitFor(LAST_WAY_ON);
    expect(screen.screen()).toContain('Roll back: restore the old name in every file');
    writeFileSync(join(folder, 'mended'), '');
    screen.send('\x1b[B\r');
    await screen.waitFor('Run the deploy command?');
    screen.send('\x03');
    expect(await screen.exit()).toMatchObject({ code: 130 });
    expect(await step()).toBe('update-production');
  });

  test('can be rolled back there and then', async () => {
    const screen = terminal(['rotate', 'stripe_api_key']);
    await screen.waitFor(LAST_WAY_ON);
    screen.send('\x1b[B\x1b[B\r');
    await screen.waitFor('Rolled back: ');
    expect(await screen.exit()).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'app.env'), 'utf8')).toBe('KEY={{secret:stripe_api_key}}\n');
  });

  test('can be left, and is where it was', async () => {
    const screen = terminal(['rotate', 'stripe_api_key']);
    await screen.waitFor(LAST_WAY_ON);
    screen.send('\x1b[A\r');
    await screen.waitFor('not this one');
    screen.send('\x1b[B\x1b[B\x1b[B\r');
    expect(await screen.exit()).toMatchObject({ code: 1 });
    expect(await step()).toBe('test-staging');
  });
});

test('what is typed while a command deploys answers no question, and an Enter does not deploy production', async () => {
  const slow = 'until test -e go; do sleep 0.05; done';
  await knox(['route', 'add', 'app.env', '-e', 'staging', '--deploy-command', slow, '--test-command', 'true']);
  await knox(['route', 'add', 'app.env', '-e', 'production', '--deploy-command', 'cat > live.env']);
  await knox(['rotate', 'stripe_api_key', '--values-stdin', '--yes', '--until', 'create'], NEW_VALUES);
  const screen = terminal(['rotate', 'stripe_api_key']);
  await screen.waitFor('Rewrite this file and run the deploy command?');
  screen.send('\r');
  await screen.waitFor('Deploying app.env for staging');
  screen.send('yes\r\r\r');
  await screen.waitFor('\nyes');
  writeFileSync(join(folder, 'go'), '');
  await screen.waitFor('Run the deploy command? (y/n)');
  expect(screen.screen()).toContain('deploy command of app.env for production: cat > live.env');
  screen.send('\r');
  await screen.waitFor('type y or n');
  expect(existsSync(join(folder, 'live.env'))).toBe(false);
  screen.send('n\r');
  expect(await screen.exit()).toMatchObject({ code: 0 });
  expect(await step()).toBe('update-production');
});

test('what is typed while a command fails chooses nothing', async () => {
  const fails = 'until test -e go; do sleep 0.05; done; echo run >> runs; exit 1';
  await knox(['route', 'add', 'app.env', '-e', 'staging', '--deploy-command', fails]);
  await knox(['rotate', 'stripe_api_key', '--values-stdin', '--yes', '--until', 'create'], NEW_VALUES);
  const screen = terminal(['rotate', 'stripe_api_key']);
  await screen.waitFor('Rewrite this file');
  screen.send('\r');
  await screen.waitFor('Deploying app.env for staging');
  screen.send('yes\r\r');
  await screen.waitFor('\nyes');
  writeFileSync(join(folder, 'go'), '');
  await screen.waitFor('What now?');
  screen.send('\x03');
  expect(await screen.exit()).toMatchObject({ code: 130 });
  expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n');
});
