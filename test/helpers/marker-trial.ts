/**
 * A marker value goes in by every way in and through every command; then every byte that knox left is searched for it, in every form:
 * what it printed, the vault, what this machine remembers, temporary files. Only what was rendered or printed on purpose may hold it.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { environmentOf, runBuilt } from './built-program.ts';
import type { Variables } from './built-program.ts';
import { runKnox } from './run-knox.ts';

const MARK = 'zQ7mArKeR9x';
/** Each with the mark in it, and with characters that formats escape. */
const value = (name: string): string => `${MARK}-${name}-"\\'&<$b`;
export { value as markedValue };

interface Printed {
  readonly exit: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** One run of knox. Asynchronous, also of a program: the probe's server lives in this process. */
type Runs = (folder: string, argv: readonly string[], stdin: string) => Promise<Printed>;

/** Whatever is written lies below the folder, where it is searched. */
const own = (folder: string): Variables => ({
  TMPDIR: join(folder, 'tmp'),
  XDG_CACHE_HOME: join(folder, 'cache'),
  NODE_COMPILE_CACHE: undefined,
  KNOX_KEY_FILE: 'k.key',
  CI: '1',
});

export const asProgram: Runs = async (folder, argv, stdin) => {
  const { exit, stdout, stderr } = await runBuilt(argv, { cwd: folder, stdin, env: own(folder), encoding: 'latin1' });
  return { exit, stdout: Buffer.from(stdout, 'latin1'), stderr: Buffer.from(stderr) };
};

/** These hand this process's own streams or keyrings on. */
const OWN_PROCESS = new Set(['run', 'unlock', 'lock', 'doctor', 'demo']);

/** In this process, which is ten times as fast, but for a command that needs one of its own. */
export const inProcess: Runs = async (folder, argv, stdin) => {
  if (OWN_PROCESS.has(argv[0]!)) return asProgram(folder, argv, stdin);
  const env = environmentOf(folder, own(folder));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = env['TMPDIR'];
  try {
    const { exit, stdout, stderr } = await runKnox(folder, argv, stdin, env, { now: () => new Date() });
    return { exit, stdout, stderr: Buffer.from(stderr) };
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
};

/** The mark as it is, and in the forms in which a value could hide. Base64 at each alignment, without the ends that depend on the rest. */
function forms(): Buffer[] {
  const mark = Buffer.from(MARK);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift, 'a'), mark])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(shift === 0 ? 0 : 4, text.length - 2);
  });
  return [MARK, ...base64, mark.toString('hex'), mark.toString('utf16le')].map((text) => Buffer.from(text));
}

export function isMarked(bytes: Buffer): boolean {
  return forms().some((form) => bytes.includes(form));
}

function filesUnder(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Goes through everything, and fails where a marked value, or a key, is in a byte that it should not be in. */
export async function leavesNoValue(runs: Runs): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'knox-marker-'));
  mkdirSync(join(folder, 'tmp'));
  const answers = { status: 200 };
  const server = createServer((request, response) => {
    response.statusCode = answers.status;
    // A server that sends back what it got must not get it into a message.
    response.statusMessage = (request.headers.authorization ?? 'none').replaceAll(/[^\x20-\x7e]/g, '?');
    response.end(String(request.headers.authorization));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await goThrough(runs, folder, answers, (server.address() as AddressInfo).port);
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function goThrough(runs: Runs, folder: string, answers: { status: number }, port: number): Promise<void> {
  const printed: (Printed & { readonly command: string })[] = [];
  const knox = async (argv: readonly string[], stdin = ''): Promise<Printed> => {
    const ran = await runs(folder, argv, stdin);
    printed.push({ command: argv.join(' '), ...ran });
    return ran;
  };
  await knox(['init', '--key-file', 'k.key']);
  writeFileSync(join(folder, 'value.in'), value('file'));
  await knox(['add', 'api_key', '-e', 'staging', '--value-file', 'value.in']);
  await knox(['add', 'api_key', '-e', 'production'], value('stdin'));
  await knox(['add', 'api_key', '-e', 'development'], `${value('multi')}\n${value('line')}\n`);
  await knox(['add', 'shared_key', '--shared'], value('shared'));
  await knox(['add', 'doc', '-e', 'production'], JSON.stringify({ part: value('part') }));
  // Slips: refused, and not repeated.
  await knox(['add', 'api_key', '-e', 'staging'], value('again'));
  await knox(['add', 'api_key', '-e', 'nowhere'], value('nowhere'));
  await knox(['add', value('as a name'), '-e', 'staging'], 'x');
  await knox(['add', 'slip', '-e', 'staging', value('argument')]);
  await knox(['add', 'slip', '-e', 'staging', '--value', value('option')]);
  await knox(['add', 'slip', '-e', 'staging', `--value=${value('option')}`]);
  await knox([value('command')]);
  await knox(['add', 'same', '-e', 'staging', '--base', 'api_key'], value('stdin'));
  for (const argv of [
    ['list'],
    ['list', '--json'],
    ['show', 'api_key'],
    ['show', 'api_key', '--json'],
    ['env', 'list'],
    ['env', 'diff', 'staging', 'production'],
    ['key', 'list'],
    ['status'],
    ['status', '--json'],
    ['set', 'api_key', '--note', 'a note', '--owner', 'me'],
  ])
    await knox(argv);

  writeFileSync(join(folder, 'app.txt'), 'K={{secret:api_key}}\n');
  writeFileSync(
    join(folder, 'h.json'),
    '{"Authorization": "Bearer {{secret:api_key|hex}}", "X": "{{secret:shared_key|base64}}"}',
  );
  writeFileSync(join(folder, 'bad.toml'), "a = '{{secret:api_key}}'\n# {{secret:doc|field:nothing}}\n");
  const noisy = 'cat; cat >&2; exit 1';
  const probe = ['--probe', `http://127.0.0.1:${port}/`, '--yes'];
  await knox([
    'route',
    'add',
    'app.txt',
    '-e',
    'staging,production',
    ...probe,
    '--header',
    'Authorization: {{secret:api_key|base64}}',
    '--test-command',
    'cat; base64; echo "$0"',
  ]);
  await knox([
    'route',
    'add',
    'h.json',
    '-e',
    'production',
    ...probe,
    '--headers-from-route',
    '--deploy-command',
    noisy,
  ]);
  for (const argv of [
    ['route', 'list', '--json'],
    ['route', 'show', 'app.txt'],
    ['route', 'check', '--json'],
    ['route', 'test', 'app.txt', '-e', 'staging'],
    ['route', 'test', 'h.json', '-e', 'production', '--json'],
    ['render', 'bad.toml', '-e', 'production'],
    ['render', 'bad.toml', '-e', 'production', '--json'],
    ['render', 'app.txt', '-e', 'staging', '--check'],
  ])
    await knox(argv);
  const rendered = await knox(['render', 'app.txt', '-e', 'staging', '-o', 'allowed.env']);
  const got = await knox(['get', 'api_key', '-e', 'production']);
  expect([rendered.exit, got.stdout.toString()]).toEqual([0, value('stdin')]);

  // A source: what it answers, what it says when it fails, what its options hold.
  await knox(['add', 'provider_admin', '--shared'], value('admin'));
  const talks = 'cat >&2; echo \\"$KNOX_ACTION\\" >&2';
  for (const program of [
    `${talks}; exit 1`,
    `${talks}; printf "{\\"value\\":\\"%s\\"" "$(cat value.in)"`,
    `${talks}; node -e "process.stdout.write(JSON.stringify({ value: require('fs').readFileSync('value.in', 'utf8'), handle: require('fs').readFileSync('value.in', 'utf8') }))"`,
    `test "$KNOX_ACTION" = create || exit 64; node -e "process.stdout.write(JSON.stringify({ value: require('fs').readFileSync('value.in', 'utf8') + process.env.KNOX_ENVIRONMENT, handle: 'key-1' }))"`,
  ]) {
    const option = (text: string) => ['--option', text];
    await knox([
      'source',
      'set',
      'api_key',
      'command',
      ...option(`program=${program}`),
      ...option('admin={{secret:provider_admin}}'),
    ]);
    await knox(['source', 'show', 'api_key', '--json']);
    await knox(['source', 'test', 'api_key']);
    await knox(['source', 'test', 'api_key', '--yes', '--json']);
    await knox(['rotate', 'api_key', '--yes', '--until', 'create']);
    await knox(['rotate', 'api_key', '--rollback']);
    await knox(['rotate', 'api_key', '--abort']);
  }
  await knox([
    'source',
    'set',
    'api_key',
    'command',
    '--option',
    'program=true',
    '--option',
    `admin_token=${value('option')}`,
  ]);
  await knox(['source', 'remove', 'api_key']);

  const fresh = JSON.stringify({ development: value('new-d'), staging: value('new-s'), production: value('new-p') });
  await knox(['rotate', 'api_key', '--values-stdin'], `{"staging":"${MARK} not json`);
  await knox(['rotate', 'api_key', '--values-stdin', '--yes'], JSON.stringify({ elsewhere: value('x') }));
  answers.status = 401;
  await knox(['rotate', 'api_key', '--values-stdin', '--yes'], fresh);
  answers.status = 200;
  const failed = await knox(['rotate', 'api_key', '--values-stdin', '--yes', '--json'], fresh);
  expect(failed.exit).toBe(1);
  await knox(['rotate', 'api_key', '--rollback', '--json']);
  await knox([
    'route',
    'add',
    'h.json',
    '-e',
    'production',
    ...probe,
    '--headers-from-route',
    '--deploy-command',
    'cat; true',
  ]);
  await knox(['rotate', 'api_key', '--rollback']);
  await knox(
    [
      'rotate',
      'api_key',
      '--values-stdin',
      '--yes',
      '--confirm',
      'update-production',
      '--skip',
      'monitor',
      '--force',
      'too_early',
      '--reason',
      'test',
    ],
    fresh,
  );
  await knox(['rotate', 'api_key', '--status']);
  answers.status = 401;
  // What was rendered above still lies there with the old value.
  const forced = ['--force', 'still_referenced', '--reason', 'test'];
  const done = await knox(['rotate', 'api_key', '--confirm', 'update-docs,delete-old,verify', ...forced]);
  for (const argv of [
    ['rotations', '--all', '--json'],
    ['rotations', 'continue'],
    ['rotate', 'api_key', '--checklist'],
    ['delete', 'shared_key', '--yes'],
    ['delete', 'shared_key', '--yes', '--force', 'still_referenced,still_used', '--reason', 'test'],
    ['audit', '--json'],
    ['audit'],
    ['audit', '--format', 'jsonl'],
    ['audit', 'verify', '--json'],
    ['check'],
    ['check', '--json'],
    ['check', '--format', 'sarif'],
    ['evidence', '--json'],
    ['evidence', '--csv'],
    ['evidence', '--html', 'evidence.html'],
    ['scan'],
    ['scan', '--json'],
    ['migrate', '--dry-run'],
    ['notify', 'add', '--command', 'cat > told.json'],
    ['notify', 'list', '--json'],
    ['setting', 'list'],
    ['doctor'],
    ['backup', 'copy.db'],
    ['backup', 'part.db', '--env', 'staging'],
    ['run', '-e', 'staging', '--secret', 'K=api_key', '--use-log', 'uses.jsonl', '--', 'printenv', 'K'],
    ['report', 'uses', 'uses.jsonl'],
    // A slip: what is in the file is not shown.
    ['report', 'uses', 'value.in'],
    ['restore', 'value.in', '--force', 'vault_exists', '--reason', 'a slip'],
    ['restore', 'copy.db', '--force', 'vault_exists', '--reason', 'a test'],
    ['key', 'new', 'colleague.key'],
    ['key', 'add', '--key-file', 'colleague.key', '--env', 'staging'],
    ['key', 'add', '--key-file', 'made.key', '--admin'],
    ['key', 'list', '--json'],
    ['key', 'remove', 'colleague', '--yes'],
    ['rekey', '--yes', '--json'],
    ['key', 'remove', 'made', '--no-rekey', '--yes', '--json'],
    ['unlock', '--json'],
    ['lock', '--json'],
    ['demo'],
  ])
    await knox(argv);
  expect(done.exit).toBe(0);

  const allowed = new Set([printed.findIndex(({ command }) => command === 'get api_key -e production')]);
  for (const [index, { command, stdout, stderr }] of printed.entries()) {
    expect(isMarked(stderr), `stderr of ${command}: ${stderr.toString()}`).toBe(false);
    if (!allowed.has(index)) expect(isMarked(stdout), `stdout of ${command}: ${stdout.toString()}`).toBe(false);
  }
  const keyFiles = filesUnder(folder).filter((path) => path.endsWith('.key'));
  expect(keyFiles.length).toBe(3);
  for (const path of keyFiles) {
    const secret = Buffer.from(/knox_key_1_(\S+)/.exec(readFileSync(path, 'utf8'))![1]!);
    const holding = filesUnder(folder).filter((other) => readFileSync(other).includes(secret));
    expect(holding, 'files with a key').toEqual([path]);
    for (const { command, stdout, stderr } of printed)
      expect(
        [stdout, stderr].some((bytes) => bytes.includes(secret)),
        `a key printed by ${command}`,
      ).toBe(false);
  }
  const marked = filesUnder(folder)
    .filter((path) => isMarked(readFileSync(path)))
    .map((path) => path.slice(folder.length + 1));
  expect(marked.toSorted()).toEqual(['allowed.env', 'value.in']);
  expect(filesUnder(join(folder, 'tmp'))).toEqual([]);
}
