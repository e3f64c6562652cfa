/**
 * A program or a provider that is sent a value repeats it, or a part of it, and fails: whoever reads the screen, the log, the record of the
 * rotation or a chat channel would have it.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

const PART = 'subfield-SECRET-xyz-987654';
const PASSWORD = 'p@ss w/rd-SECRET-77';
const VALUE = JSON.stringify({ id: 'client-0001-public', deep: [{ secret: PART }] });
const URL_VALUE = `postgres://dbadmin:${encodeURIComponent(PASSWORD)}@127.0.0.1/app`;
/** What a program says of its own: shown, and kept nowhere. */
const SAID = 'words-of-somebody-else';

let project: Project;
beforeEach(async () => {
  project = await makeProject({ production: VALUE });
});
afterEach(() => project.remove());

const secret = (text: string) => [PART, PASSWORD, encodeURIComponent(PASSWORD)].filter((part) => text.includes(part));

/** Everywhere that outlasts the command. */
async function expectKeptNowhere(): Promise<void> {
  const file = readFileSync(join(project.folder, '.knox/vault.db')).toString('latin1');
  const status = (await project.knox(['rotate', 'api_key', '--status', '--json'])).stdout.toString();
  const log = (await project.knox(['audit', '--json'])).stdout.toString();
  const evidence = (await project.knox(['evidence', '--json'])).stdout.toString();
  for (const text of [file, status, log, evidence]) expect([secret(text), text.includes(SAID)]).toEqual([[], false]);
  expect(log).toContain('exit status 3');
}

const failing = `cat > /dev/null; echo "${SAID}: ${PART} ${PASSWORD}" >&2; echo "${encodeURIComponent(PASSWORD)}"; exit 3`;

test.each(['the program of a source', 'a deploy command'])('%s', async (what) => {
  await must(project.knox(['add', 'admin_url', '-e', 'production'], URL_VALUE));
  // By a file: a value in a command's text would be refused there, and seen by all.
  project.write('fail.sh', failing);
  project.write('app.txt', '{{secret:api_key|raw}} {{secret:admin_url}}\n');
  const rotate = ['rotate', 'api_key', '--yes', '--confirm', 'test-staging'];
  const route = (flag: string) => project.knox(['route', 'add', 'app.txt', '-e', 'production', flag, 'sh fail.sh']);
  if (what === 'a deploy command') await must(route('--deploy-command'));
  else {
    const options = ['--option', 'program=sh fail.sh', '--option', 'admin={{secret:admin_url}}'];
    await must(project.knox(['source', 'set', 'api_key', 'command', ...options]));
  }
  const values = JSON.stringify({ production: VALUE.replace('0001', '0002') });
  const isSourced = what === 'the program of a source';
  const ran = await project.knox([...rotate, ...(isSourced ? [] : ['--values-stdin'])], isSourced ? '' : values);
  expect(ran.exit).toBe(1);
  expect(secret(ran.stderr + ran.stdout.toString())).toEqual([]);
  expect(ran.stderr).toContain(SAID);
  expect(ran.stderr).toContain('[knox:');
  await expectKeptNowhere();
});

test('a database server', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const fields = `SFATAL\0VFATAL\0C28000\0M${SAID}: ${PASSWORD} refused, exit status 3\0\0`;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(4 + fields.length);
      socket.end(Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const url = URL_VALUE.replace('127.0.0.1', `127.0.0.1:${port}`);
    project.remove();
    project = await makeProject({ production: url.replace('dbadmin', 'app') });
    await must(project.knox(['add', 'admin_url', '-e', 'production'], url));
    await must(project.knox(['source', 'set', 'api_key', 'postgres', '--option', 'admin={{secret:admin_url}}']));
    const ran = await project.knox(['rotate', 'api_key', '--yes']);
    expect([ran.exit, secret(ran.stderr)]).toEqual([1, []]);
    expect(ran.stderr).toContain(SAID);
    const log = (await project.knox(['audit', '--json'])).stdout.toString();
    expect([secret(log), log.includes(SAID), log.includes('refused it (28000)')]).toEqual([[], false, true]);
  } finally {
    server.close();
  }
});
