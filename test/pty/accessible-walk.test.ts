/** The walk of a rotation as plain text, with questions that are numbered and answered by lines. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Pty } from '../helpers/pty.ts';
import { NEW_PRODUCTION, NEW_STAGING, walkScene } from '../helpers/walk-scene.ts';
import type { WalkScene } from '../helpers/walk-scene.ts';

let scene: WalkScene;

beforeEach(async () => {
  scene = await walkScene();
});
afterEach(() => scene.end());

/** From the picker of secrets to the wait for the window. */
async function walk(screen: Pty): Promise<void> {
  await screen.waitFor('Which secret?');
  await screen.waitFor('1. stripe_api_key');
  await screen.waitFor('Enter a number (1 to 1');
  screen.send('1\r');
  await screen.waitFor('Step 2 of 11');
  await screen.waitFor('2. Keep the present one here');
  await screen.waitFor('Enter a number (1 to 2');
  screen.send('?\r');
  await screen.waitFor(/How to undo[^]*Enter a number \(1 to 2/);
  screen.send('1\r');
  await screen.waitFor('New value for staging (hidden, Enter ends it):');
  screen.send(`${NEW_STAGING}\r`);
  await screen.waitFor('Store it for staging? (y/n, Enter means yes):');
  screen.send('\r');
  await screen.waitFor('stripe_api_key for production');
  await screen.waitFor('Enter a number (1 to 2', { times: 3 });
  screen.send('1\r');
  await screen.waitFor('New value for production (hidden');
  screen.send(`${NEW_PRODUCTION}\r`);
  await screen.waitFor('Store it for production?');
  screen.send('y\r');
  await screen.waitFor('Rewrite this file and run the deploy command? (y/n, Enter means yes):');
  screen.send('\r');
  await screen.waitFor('Do they work with the new value?');
  screen.send('y\r');
  await screen.waitFor('Run the deploy command? (y/n):');
  screen.send('y\r');
  await screen.waitFor('To undo everything');
  expect(await screen.exit()).toMatchObject({ code: 0 });
  expect(await scene.step()).toBe('monitor');
  expect(readFileSync(join(scene.folder, 'app.env'), 'utf8')).toBe('KEY={{secret:stripe_api_key_v2}}\n');
}

/** Beyond line ends nothing moves the cursor, and there are no pictures made of signs. */
function expectPlain(screen: Pty): void {
  expect(screen.raw()).not.toContain('\b');
  expect(screen.raw()).not.toMatch(/\r(?![\r\n])|[●◉○✔✘]/);
}

test('on a terminal that knows no escape sequences, none is written', async () => {
  const screen = scene.terminal(['rotate'], { term: 'dumb' });
  await walk(screen);
  expect(screen.raw()).not.toContain('\x1b');
  expectPlain(screen);
  expect(screen.screen()).toContain('done: ');
  expect(screen.screen()).not.toContain(NEW_STAGING);
  expect(screen.screen()).not.toContain(NEW_PRODUCTION);
});

test('for a screen reader the words say what colours and signs say elsewhere, and nothing is drawn again', async () => {
  const screen = scene.terminal(['rotate'], { env: { KNOX_ACCESSIBLE: '1' } });
  await walk(screen);
  // Colours alone are left of the escape sequences.
  const [, ...sequences] = screen.raw().split('\x1b');
  for (const sequence of sequences) expect(sequence).toMatch(/^\[[\d;]*m/);
  expectPlain(screen);
  expect(screen.screen()).toContain('done: ');
  const status = scene.terminal(['rotate', 'stripe_api_key', '--status'], { env: { KNOX_ACCESSIBLE: '1' } });
  await status.exit();
  expect(status.screen()).toMatch(/done: +1 +Record where it is used/);
  expect(status.screen()).toMatch(/waiting: +7 +Watch production/);
});
