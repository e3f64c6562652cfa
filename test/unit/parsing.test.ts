/** Command lines, and the one record that each is read into. Nothing is opened and nothing is run. */
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/program.ts';
import { COMMANDS } from '../../src/command-table.ts';
import { attributeOf, flag, longFlag, text, unless } from '../../src/command-line/option.ts';

const io = { stdout: {} as never, now: () => new Date('2026-01-10T12:00:00.000Z') };

async function read(line: string) {
  const parsed = await parseArguments(wordsOf(line), io);
  if ('help' in parsed) throw new Error(`help for ${line}`);
  return parsed;
}

/** Blanks separate words, and single quotes keep them together. */
function wordsOf(line: string): string[] {
  return (line.match(/(?:[^\s']|'[^']*')+/g) ?? []).map((word) => word.replaceAll("'", ''));
}

describe('a line is one record', () => {
  test.each<[line: string, given: object]>([
    ['get key -e staging', { name: 'key', env: 'staging', shared: false, useLog: null }],
    ['get', { name: null, env: null, shared: false, useLog: null }],
    ['get key --env=staging --use-log uses.jsonl', { env: 'staging', useLog: 'uses.jsonl' }],
    ['add key --every 90d --expires 2026-03-01T00:00:00Z', { every: 7_776_000, expires: '2026-03-01T00:00:00.000Z' }],
    ['add key --every never --expires never', { every: 0, expires: 'never' }],
    ['add key -e a --generate', { generate: 32 }],
    ['add key -e a --generate 48', { generate: 48 }],
    ['add key -e a', { generate: null, kind: null, valueFile: null }],
    ['set key --expect-unused', { expectUnused: true }],
    ['set key --no-expect-unused', { expectUnused: false }],
    ['set key --note x', { expectUnused: null, note: 'x' }],
    ["set key --note ''", { note: '' }],
    ['import a.env -e dev --format yaml --dry-run', { file: 'a.env', format: 'yaml', dryRun: true, expand: false }],
    ['export a b --name app', { names: ['a', 'b'], title: 'app', format: null }],
    ['init --env dev,live --no-unlock', { env: ['dev', 'live'], production: null, unlock: false }],
    ['init --unlock', { unlock: 28_800 }],
    ['init --unlock 30m', { unlock: 1800 }],
    ['init', { env: null, unlock: null }],
    ['unlock --for 1h', { seconds: 3600 }],
    ['env diff staging production', { env: 'staging', other: 'production' }],
    [
      'key add --key-file a.key --key-file b.key --env dev,shared',
      { keyFiles: ['a.key', 'b.key'], env: ['dev', 'shared'] },
    ],
    ['key add --passphrase', { keyFiles: [], passphrase: true, admin: false, env: null }],
    ['key remove 4f2a --no-rekey', { key: '4f2a', rekey: false }],
    ['key remove', { key: null, rekey: true }],
    [
      'audit --since 2d --until 2026-01-09',
      { since: '2026-01-08T12:00:00.000Z', until: expect.stringMatching(/^2026-01-(09|10)T/) },
    ],
    ['audit --limit 5 --format jsonl', { limit: 5, format: 'jsonl', name: null }],
    ['check a b --fail-on warning', { names: ['a', 'b'], failOn: 'warning', format: null, webhook: false }],
    [
      'notify add --command ./tell --on failed,incident',
      { command: './tell', events: ['failed', 'incident'], webhookSecret: null },
    ],
    ['report auth-failure key -e staging --count 12', { count: 12, source: null }],
    [
      'route add a.env b.env -e staging,production --timeout 15m',
      { routes: ['a.env', 'b.env'], env: ['staging', 'production'], timeout: 900 },
    ],
    ["route add a.env -e staging --probe '' --method post", { probe: '', method: 'POST' }],
    ["route add a.env -e s --header 'A: b' --header 'C: d'", { headers: ['A: b', 'C: d'], headersFromRoute: false }],
    ['render a.yaml -e s -o out.yaml --mode 640', { files: ['a.yaml'], output: 'out.yaml', mode: 0o640, outDir: null }],
    [
      'run -e s --secret V=key --mount F=a.conf -- psql -h db',
      {
        command: ['psql', '-h', 'db'],
        secrets: [{ variable: 'V', from: 'key' }],
        mounts: [{ variable: 'F', from: 'a.conf' }],
        masking: true,
      },
    ],
    ['run -e s --no-masking -- env --json', { command: ['env', '--json'], masking: false }],
    [
      'rotate a b --value-file a:staging=new.key --confirm verify,delete-old --confirm update-docs',
      {
        names: ['a', 'b'],
        valueFiles: [{ name: 'a', environment: 'staging', file: 'new.key' }],
        confirm: ['verify', 'delete-old', 'update-docs'],
      },
    ],
    [
      'rotate a --window 24h --between 09:00-16:00 --on mon-thu',
      { window: 86_400, between: '09:00-16:00', on: 'mon-thu', quarantine: null },
    ],
    ['rotate --due --generate', { names: [], due: true, generate: 32 }],
    ['rotate a --skip monitor --until create --keep staging', { skip: 'monitor', until: 'create', keep: ['staging'] }],
    ['rotations continue --jobs 8', { names: [], jobs: 8 }],
    [
      'source set key generate --option form=hex --option length=64',
      {
        name: 'key',
        kind: 'generate',
        options: [
          ['form', 'hex'],
          ['length', '64'],
        ],
      },
    ],
    ['backup a.db --env staging,shared', { file: 'a.db', env: ['staging', 'shared'] }],
    ['completion fish', { shell: 'fish' }],
  ])('%s', async (line, given) => {
    expect((await read(line)).given).toMatchObject(given);
  });

  test('global options may stand anywhere before --, and are no part of it', async () => {
    const globals = { vault: 'v.db', json: true, force: 'too_early', reason: 'why' };
    for (const line of [
      '--vault v.db --json get key -e s --force too_early --reason why',
      'get --vault v.db --json key --force too_early --reason why -e s',
      'get key -e s --force=too_early --reason=why --vault=v.db --json',
    ]) {
      const parsed = await read(line);
      expect(parsed.globals).toMatchObject(globals);
      expect(parsed.given).toEqual({ name: 'key', env: 's', shared: false, useLog: null });
    }
    expect((await read('run -e s -- env --json')).globals).not.toHaveProperty('json');
  });
});

describe('a line that makes no sense is refused before anything is opened', () => {
  test.each<[line: string, code: string, said: string]>([
    ['get a b', 'usage', 'too many arguments'],
    ['get a --no-such', 'usage', "'--no-such'"],
    ['get a -e --json', 'usage', 'argument missing'],
    ['get a -e s --shared', 'usage', "-e and --shared can't be combined"],
    ['add a -e s --value-file f --generate', 'usage', "--value-file and --generate can't be combined"],
    ['add a --every 0d', 'usage', 'greater than zero'],
    ['add a --every soon', 'usage', 'invalid duration'],
    ['add a --kind odd', 'usage', '--kind takes critical'],
    ['add a --generate soon', 'usage', '--generate takes a length'],
    ['add a --note sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'invalid_value', '--note holds a Stripe live key'],
    ['get a --reason sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'invalid_value', '--reason holds'],
    ['set a', 'usage', 'nothing to change'],
    ['set a --shared --note x', 'usage', 'cannot be used with other settings'],
    ['set a -e staging', 'usage', 'need --shared'],
    ['init --env dev,dev', 'usage', 'duplicate name'],
    ['init --env shared', 'invalid_name', 'shared'],
    ['init --unlock 1s', 'usage', 'a key can be kept from'],
    ['key add --admin --env dev', 'usage', "--admin and --env can't be combined"],
    ['audit --limit none', 'usage', '--limit takes a number'],
    ['audit --since yesterday', 'usage', 'date'],
    ['check --fail-on loud', 'usage', '--fail-on takes info, warning or error'],
    ['check --format xml', 'usage', '--format takes text, json, github or sarif'],
    ['scan --history --staged', 'usage', "--history and --staged can't be combined"],
    ['evidence --csv --html a.html', 'usage', "--csv and --html can't be combined"],
    ['notify add --command x --on never', 'usage', '--on takes'],
    ['route add a.env -e s --method CONNECT', 'usage', 'HTTP method'],
    ['route add a.env -e s --probe ftp://host/', 'usage', '--probe takes'],
    ['route add a.env -e s --probe https://user:pw@host/', 'invalid_value', '--probe holds a password'],
    ['render a -e s --mode 9', 'usage', '--mode takes'],
    ['render a -e s -o b --out-dir c', 'usage', "-o and --out-dir can't be combined"],
    ['run -e s --secret novalue -- env', 'usage', '--secret takes VAR=NAME'],
    ['rotate a --status --generate', 'usage', "--status and --generate can't be combined"],
    ['rotate a --rollback --abort', 'usage', "--rollback and --abort can't be combined"],
    ['rotate a --rollback --confirm verify', 'usage', 'can only be used with --confirm'],
    ['rotate a --confirm create', 'usage', '--confirm takes'],
    ['rotate a --revoke-first', 'usage', '--revoke-first needs --compromised'],
    ['rotate a --due', 'usage', 'cannot be used with names'],
    ['rotate a --skip create', 'usage', '--skip takes'],
    ['rotate a --between 9-16', 'usage', 'HH:MM-HH:MM'],
    ['rotate a --value-file new.key', 'usage', '--value-file takes'],
    ['rotations continue --jobs 0', 'usage', '--jobs takes'],
    ['source set a command --option token=abc', 'invalid_value', 'token'],
    ['doctor --accept-rollback --accept-clock', 'usage', "can't be combined"],
  ])('%s', async (line, code, said) => {
    await expect(parseArguments(wordsOf(line), io)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(said),
    });
  });

  test('what was typed where a word belongs is not repeated: it may be a value', async () => {
    for (const line of [
      'check --format hunter2hunter2',
      'add a --kind hunter2hunter2',
      'rotate a --skip hunter2hunter2',
    ])
      await expect(parseArguments(wordsOf(line), io)).rejects.not.toMatchObject({
        message: expect.stringContaining('hunter2'),
      });
  });
});

test('no command declares an option twice, or in two spellings', () => {
  for (const { path, options } of COMMANDS) {
    const flags = options.flatMap((line) => line.flags.split(/[ ,]+/).filter((part) => part.startsWith('-')));
    expect([path, flags]).toEqual([path, [...new Set(flags)]]);
    for (const line of options) expect(longFlag(line)).toMatch(/^--[a-z]+(-[a-z]+)*$/);
  }
});

test('the name under which an option is kept is that of commander', () => {
  expect(attributeOf(text('-e, --env <env>', ''))).toBe('env');
  expect(attributeOf(flag('--dry-run', ''))).toBe('dryRun');
  expect(attributeOf(unless('--no-rekey', ''))).toBe('rekey');
});
