/** What commands do, called with a record in place of a command line: no flag is read here, and nothing is drawn. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { routeAdd } from '../../src/commands/routes/route-add.ts';
import { render } from '../../src/commands/routes/render.ts';
import { rotate } from '../../src/commands/rotations/rotate.ts';
import { get } from '../../src/commands/secrets/get.ts';
import { list } from '../../src/commands/secrets/list.ts';
import { set } from '../../src/commands/secrets/set.ts';
import { audit } from '../../src/commands/watching/audit.ts';
import { check } from '../../src/commands/watching/check.ts';
import { Context } from '../../src/context.ts';
import type { View } from '../../src/output/view.ts';
import type { GlobalOptions } from '../../src/session.ts';
import { runKnox } from '../helpers/run-knox.ts';

let folder: string;
let env: Record<string, string>;
let said: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-without-parsing-'));
  env = { KNOX_KEY_FILE: join(folder, 'k.key'), XDG_STATE_HOME: join(folder, 'state') };
  await runKnox(folder, ['init', '--key-file', 'k.key']);
  for (const place of ['staging', 'production'])
    await runKnox(folder, ['add', 'api_key', '-e', place], `a-value-for-${place}`, env);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs one command on a context of its own, which is closed after it. */
async function run<Given>(
  command: (context: Context, given: Given) => Promise<View>,
  given: Given,
  globals: GlobalOptions = {},
): Promise<View> {
  said = '';
  const stderr = new Writable({
    write(part: Buffer, _encoding, next) {
      said += part.toString();
      next();
    },
  });
  const context = new Context(
    {
      stdin: Readable.from([]),
      stdout: new Writable({ write: (_part, _encoding, next) => next() }),
      stderr,
      env,
      cwd: folder,
      now: () => new Date('2026-01-10T12:00:00.000Z'),
      sleep: async () => undefined,
      fetch,
      userName: () => 'tester@test',
    },
    globals,
  );
  try {
    return await command(context, given);
  } finally {
    await context.close();
  }
}

const NO_SETTING = { kind: null, every: null, expires: null, note: null, owner: null, expectUnused: null } as const;
const NO_ROUTE_SETTING = {
  probe: null,
  method: null,
  headers: [],
  headersFromRoute: false,
  expect: null,
  allowHttp: false,
  testCommand: null,
  deployCommand: null,
  timeout: null,
  format: null,
  template: null,
} as const;
const NOT_ROTATED = {
  names: ['api_key'],
  valueFiles: [],
  valuesStdin: false,
  generate: null,
  keep: null,
  window: null,
  quarantine: null,
  between: null,
  on: null,
  confirm: [],
  skip: null,
  until: null,
  compromised: false,
  revokeFirst: false,
  status: false,
  checklist: false,
  rollback: false,
  abort: false,
  due: false,
  exposed: false,
} as const;

describe('a record in, a result out', () => {
  test('get gives bytes, and its use stands in the log', async () => {
    const { bytes } = await run(get, { name: 'api_key', env: 'staging', shared: false, useLog: null });
    expect(Buffer.from(bytes!).toString()).toBe('a-value-for-staging');
    const log = await run(audit, {
      name: 'api_key',
      since: null,
      until: null,
      action: 'use',
      actor: null,
      key: null,
      limit: null,
      format: null,
    });
    expect(log.json).toMatchObject([{ secret: 'api_key', environment: 'staging', detail: { consumer: 'get' } }]);
  });

  test('set changes what it is given, and list shows it', async () => {
    await run(set, { name: 'api_key', shared: false, env: null, base: null, ...NO_SETTING, every: 7 * 86_400 });
    const { json } = await run(list, { env: 'production' });
    expect(json).toMatchObject([{ name: 'api_key', dueAt: '2026-01-17T12:00:00.000Z' }]);
    expect((await run(list, { env: 'development' })).json).toEqual([]);
  });

  test('an environment without a value is an error, whoever asks', async () => {
    const asked = run(get, { name: 'api_key', env: 'development', shared: false, useLog: null });
    await expect(asked).rejects.toMatchObject({ code: 'value_missing' });
  });

  test('a route is registered, rendered and rotated', async () => {
    writeFileSync(join(folder, 'app.env'), 'KEY={{secret:api_key}}\n');
    await run(routeAdd, { routes: ['app.env'], env: ['staging', 'production'], ...NO_ROUTE_SETTING });
    const rendered = await run(render, {
      files: ['app.env'],
      env: 'staging',
      output: null,
      outDir: null,
      format: null,
      mode: null,
      check: false,
      strict: false,
      reveal: false,
      useLog: null,
    });
    expect(Buffer.from(rendered.bytes!).toString()).toBe("KEY='a-value-for-staging'\n");
    const begun = await run(rotate, { ...NOT_ROTATED, generate: 32, until: 'create' }, { yes: true });
    expect(begun.json).toMatchObject({ state: 'active' });
    const looked = await run(rotate, { ...NOT_ROTATED, status: true });
    expect(looked.json).toMatchObject({ step: 'update-staging', probes: [] });
    const back = await run(rotate, { ...NOT_ROTATED, abort: true }, { yes: true });
    expect(back.json).toMatchObject({ state: expect.stringMatching(/^(aborted|rolled-back)$/) });
  });

  test('check says by its exit whether anything is wrong', async () => {
    const given = { names: [], format: null, failOn: 'info', baseline: null, webhook: false } as const;
    const { json, exit } = await run(check, given);
    expect(json).toMatchObject([{ code: 'unrouted' }]);
    expect(exit).toBe(3);
    expect((await run(check, { ...given, failOn: null })).exit).toBe(0);
    expect(said).toBe('');
  });
});
