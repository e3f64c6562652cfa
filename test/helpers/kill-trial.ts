/**
 * One rotation by the built program, killed at its N-th write, taken up again, and held against an undisturbed one. The project has
 * three environments, files for one and for two of them, an inline route, deploy commands, and a value kept. What is left is looked at in
 * this process, which is ten times as fast as to start the program.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT, runBuiltSync } from './built-program.ts';
import type { Exited } from './built-program.ts';
import { runKnox } from './run-knox.ts';
import type { Ran } from './run-knox.ts';

const PRELOAD = resolve(ROOT, 'test/helpers/kill-at.cjs');
const VALUES = '{"development":"new-development-1","staging":"new-staging-value","production":"new-production-value"}';
const SKIPS = ['--yes', '--skip', 'monitor', '--force', 'too_early', '--reason', 'a test cannot wait'];
const CONFIRMED = ['--confirm', 'test-staging,update-production,delete-old,update-docs'];
const ROTATE = ['rotate', 'api_key', ...SKIPS, ...CONFIRMED];

/** What a rotation leaves, as far as a user can tell. */
export interface Left {
  readonly exit: number | null;
  readonly state: string;
  readonly files: Readonly<Record<string, string>>;
  readonly values: readonly string[];
  readonly secrets: readonly string[];
  readonly audit: number | null;
}

export interface Trials {
  /** How many writes an undisturbed run has. */
  readonly writes: number;
  readonly undisturbed: Left;
  /** Kills at write `at`, then runs again. @returns what is left, and whether the first run was killed */
  readonly trial: (at: number) => Promise<{ killed: boolean; left: Left; stderr: string }>;
  readonly remove: () => void;
}

/**
 * @param verb `rotate`; `source`: the same with values from a program, which also revokes the old ones; `rollback`: a rotation that has reached
 * step 6, taken back
 */
export async function killTrials(verb: 'rotate' | 'source' | 'rollback'): Promise<Trials> {
  const base = mkdtempSync(join(tmpdir(), 'knox-kill-'));
  const prepared = join(base, 'prepared');
  mkdirSync(prepared);
  await prepare(prepared);
  if (verb === 'source') await prepareSource(prepared);
  if (verb === 'rollback') await must(prepared, [...ROTATE, '--values-stdin', '--until', 'update-production'], VALUES);
  const argv = {
    rotate: [...ROTATE, '--values-stdin'],
    source: ROTATE,
    rollback: ['rotate', 'api_key', '--rollback'],
  }[verb];
  const project = (): string => {
    const folder = mkdtempSync(join(base, 'trial-'));
    cpSync(prepared, folder, { recursive: true });
    return folder;
  };

  const undisturbed = project();
  const counted = join(base, 'count');
  const first = knox(undisturbed, argv, VALUES, { KILL_COUNT: counted });
  const writes = Number.parseInt(readFileSync(counted, 'utf8'), 10);
  return {
    writes,
    undisturbed: await leftOf(undisturbed, first.exit),
    async trial(at) {
      const folder = project();
      const killed = knox(folder, argv, VALUES, { KILL_AT: String(at) }).signal === 'SIGKILL';
      // Killed after its end was written down, there is nothing to go on with: the next `rotate` would be the next rotation.
      const again = (await isOver(folder)) ? { exit: 0, stderr: '' } : knox(folder, argv, VALUES);
      const left = await leftOf(folder, again.exit);
      rmSync(folder, { recursive: true, force: true });
      return { killed, left, stderr: again.stderr };
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

async function prepare(folder: string): Promise<void> {
  await must(folder, ['init', '--key-file', 'k.key']);
  for (const environment of ['development', 'staging', 'production'])
    await must(folder, ['add', 'api_key', '-e', environment], `old-${environment}-value`);
  writeFileSync(join(folder, 'both.env'), 'A={{secret:api_key}}\nB={{secret:api_key}}\n');
  writeFileSync(join(folder, 'prod.json'), '{"key":"{{secret:api_key}}"}');
  const deploy = ['--deploy-command', 'cat > "live-$(basename "$KNOX_ROUTE")-$KNOX_ENVIRONMENT"'];
  await must(folder, ['route', 'add', 'both.env', '-e', 'staging,production', ...deploy]);
  await must(folder, ['route', 'add', 'prod.json', '-e', 'production']);
  await must(folder, ['route', 'add', '@ci', '--template', '{{secret:api_key}}', '-e', 'production', ...deploy]);
}

/** A provider in a folder: a file a key, which holds its state. What an attempt made is kept apart, since its number is another in each run. */
const PROVIDER = `#!/bin/sh
input=$(cat)
handle=$(printf %s "$input" | sed -n 's/.*"handle":"\\([^"]*\\)".*/\\1/p')
key=provider/\${handle:-old.$KNOX_ENVIRONMENT}
attempt=state/attempts/$KNOX_ATTEMPT
mkdir -p state/attempts
say() { printf '{"value":"made-value-%s","handle":"%s"}' "$1" "$1"; }
case $KNOX_ACTION in
  create)
    number=1
    while [ -e "provider/$KNOX_ENVIRONMENT.$number" ]; do number=$((number + 1)); done
    echo active > "provider/$KNOX_ENVIRONMENT.$number"
    echo "$KNOX_ENVIRONMENT.$number" > "$attempt"
    say "$KNOX_ENVIRONMENT.$number" ;;
  find) if [ -e "$attempt" ]; then say "$(cat "$attempt")"; fi ;;
  disable) echo disabled > "$key" ;;
  enable) echo active > "$key" ;;
  revoke) echo revoked > "$key" ;;
  *) exit 64 ;;
esac
`;

async function prepareSource(folder: string): Promise<void> {
  mkdirSync(join(folder, 'provider'));
  writeFileSync(join(folder, 'provider.sh'), PROVIDER);
  for (const environment of ['development', 'staging', 'production'])
    writeFileSync(join(folder, `provider/old.${environment}`), 'active\n');
  await must(folder, ['source', 'set', 'api_key', 'command', '--option', 'program=sh provider.sh']);
}

function knox(folder: string, argv: readonly string[], stdin = '', env: Record<string, string> = {}): Exited {
  const node = Object.keys(env).length === 0 ? [] : ['--require', PRELOAD];
  return runBuiltSync(argv, { cwd: folder, stdin, env, node });
}

function inside(folder: string, argv: readonly string[], stdin = ''): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', CI: '1', KNOX_KEY_FILE: 'k.key' };
  return runKnox(folder, argv, stdin, env, { now: () => new Date() });
}

async function must(folder: string, argv: readonly string[], stdin = ''): Promise<void> {
  const ran = await inside(folder, argv, stdin);
  if (ran.exit !== 0) throw new Error(`knox ${argv.join(' ')}: ${ran.exit} ${ran.stderr}`);
}

async function isOver(folder: string): Promise<boolean> {
  const stdout = (await inside(folder, ['rotate', 'api_key', '--status', '--json'])).stdout.toString();
  return stdout !== '' && ['done', 'rolled-back'].includes((JSON.parse(stdout) as { state: string }).state);
}

async function leftOf(folder: string, exit: number | null): Promise<Left> {
  const json = async (argv: readonly string[]): Promise<unknown> =>
    JSON.parse((await inside(folder, [...argv, '--json'])).stdout.toString());
  const { state } = (await json(['rotate', 'api_key', '--status'])) as { state: string };
  const secrets = ((await json(['list'])) as { name: string; state: string }[]).map(
    (one) => `${one.name} ${one.state}`,
  );
  // A lock that a killed process left is empty and held by nobody: the next one takes it over.
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter(
      (path) => !path.startsWith('state/') && !path.startsWith('.knox/vault.db') && !path.startsWith('docs/rotations'),
    );
  const values: string[] = [];
  for (const environment of ['development', 'staging', 'production'])
    values.push((await inside(folder, ['get', 'api_key@current', '-e', environment])).stdout.toString());
  return {
    exit,
    state,
    files: Object.fromEntries(
      files.toSorted().map((path) => [path, path === 'k.key' ? '' : readFileSync(join(folder, path), 'utf8')]),
    ),
    values,
    secrets,
    audit: (await inside(folder, ['audit', 'verify'])).exit,
  };
}
