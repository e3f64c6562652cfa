/**
 * Jobs, timers and scripts of the documents are run as they stand there, in a project whose knox is the built program. Only the folders that
 * belong to root, and what differs each time (`…`), are put in; `npm ci` installs nothing, and npx has no registry to ask.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installKnox, ROOT } from '../helpers/built-program.ts';

let root: string;
let identity: string;
const app = () => join(root, 'srv/app');
const at = (...parts: string[]) => join(root, ...parts);

function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block]) => block!);
}

/** As it stands, but for where this machine's folders are. */
function here(text: string): string {
  return text
    .replaceAll(/(?<![\w.])\/(?=(?:srv\/app|backup|etc\/knox|usr\/local\/bin)\b)/g, `${root}/`)
    .replaceAll('knox_vault_1_…', identity);
}

function sh(script: string, more: Record<string, string> = {}, cwd = app()): { status: number | null; output: string } {
  const ran = spawnSync('sh', ['-c', `exec 2>&1\n${script}`], {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: [at('bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
      HOME: at('home'),
      LANG: 'C.UTF-8',
      CI: '1',
      // Nobody is there.
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: '0',
      ...more,
    },
  });
  return { status: ran.status, output: ran.stdout };
}
const must = (...of: Parameters<typeof sh>): string => {
  const { status, output } = sh(...of);
  expect([of[0], status, output]).toEqual([of[0], 0, output]);
  return output;
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'knox-snippets-'));
  for (const folder of [
    'bin',
    'home',
    'backup',
    'etc/knox',
    'usr/local/bin',
    'srv/app/build',
    'srv/app/node_modules/.bin',
  ])
    mkdirSync(at(folder), { recursive: true });
  for (const bin of [at('bin'), join(app(), 'node_modules/.bin')]) installKnox(bin);
  writeFileSync(at('bin/npm'), '#!/bin/sh\n[ "$*" = ci ] && echo npm ci >> "$HOME/npm.log"\n', { mode: 0o755 });
  writeFileSync(join(app(), 'package.json'), '{"private": true, "devDependencies": {"knox-rotate": "0.1.0"}}\n');
  identity = /knox_vault_1_\S+/.exec(must(`knox init --key-file ${at('etc/knox/deploy.key')}`))![0];
  const key = { KNOX_KEY_FILE: at('etc/knox/deploy.key') };
  must('printf a-value-of-staging | knox add api_key -e staging', key);
  writeFileSync(join(app(), 'app.env'), 'API_KEY={{secret:api_key}}\n');
  must('knox backup ci.db --env staging,shared', key);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Step {
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What the host puts in for `${{ secrets.KNOX_KEY }}` and the like. */
function stepVariables(env: Step['env'] = {}): Record<string, string> {
  const known: Record<string, string> = {
    'secrets.KNOX_KEY': readFileSync(at('etc/knox/deploy.key'), 'utf8'),
    'vars.KNOX_TRUST': identity,
  };
  const put = (text: string): string => text.replaceAll(/\$\{\{ (\S+) \}\}/g, (_, name: string) => known[name]!);
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, put(text)]));
}

test.each(['automation.md', 'keeping.md'])('the job for GitHub Actions in %s', (page) => {
  const workflow = parse(blocks(page, 'yaml')[0]!) as { jobs: Record<string, { steps: Step[] }> };
  const steps = Object.values(workflow.jobs).flatMap(({ steps: all }) => all.filter(({ run }) => run !== undefined));
  expect(steps.length).toBe(2);
  for (const { run, env } of steps) must(run!, stepVariables(env));
  expect(readFileSync(at('home/npm.log'), 'utf8')).toContain('npm ci\n');
  if (page !== 'keeping.md') return;
  expect(readFileSync(join(app(), 'build/app.env'), 'utf8')).toContain('a-value-of-staging');
  expect(readFileSync(join(app(), 'uses.jsonl'), 'utf8')).not.toBe('');
});

test('the job for GitLab', () => {
  const { rotations } = parse(blocks('automation.md', 'yaml')[1]!) as { rotations: { script: string[] } };
  const variables = stepVariables({ KNOX_KEY: '${{ secrets.KNOX_KEY }}', KNOX_TRUST: '${{ vars.KNOX_TRUST }}' });
  for (const line of rotations.script) must(line, variables);
});

test('the lines for cron of automation.md', () => {
  const lines = blocks('automation.md', 'cron')[0]!.trim().split('\n');
  // Five fields, then the command.
  for (const line of lines) must(here(line.replace(/^(?:\S+ ){5}/, '')), {}, '/');
});

test('the script for every night, by cron and by systemd: a copy, looked at, its head written down', () => {
  const script = at('usr/local/bin/knox-nightly');
  writeFileSync(script, here(blocks('keeping.md', 'sh')[0]!), { mode: 0o755 });
  must(
    here(
      blocks('keeping.md', 'cron')[0]!
        .trim()
        .replace(/^(?:\S+ ){5}/, ''),
    ),
    {},
    '/',
  );
  const copies = () => readdirSync(at('backup')).filter((name) => /^vault-[\d-]+\.db$/.test(name));
  expect(copies()).toHaveLength(1);
  rmSync(at('backup', copies()[0]!));
  unit('keeping.md');
  expect(copies()).toHaveLength(1);
  expect(readFileSync(at('backup/heads'), 'utf8')).toMatch(/^(?:KNOX_HEAD=\d+:[0-9a-f]{64}\n){2}$/);
});

test('the unit of systemd of automation.md', () => unit('automation.md'));

/** What a service runs: its ExecStart, where and with what it says. */
function unit(page: string): void {
  const service = blocks(page, 'ini')[0]!;
  const of = (name: string): string[] =>
    [...service.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, text]) => here(text!));
  const variables = Object.fromEntries(of('Environment').map((text) => text.split(/=(.*)/s).slice(0, 2)));
  const [folder = '/'] = of('WorkingDirectory');
  expect(existsSync(folder)).toBe(true);
  must(of('ExecStart')[0]!, variables as Record<string, string>, folder);
}
