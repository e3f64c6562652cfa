/**
 * A project with a rotation to come, for tests: a vault, a secret in three environments, route files, and a service that lets in only
 * some keys. Commands run in this process on real files, with a clock that a test moves on.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Io } from '../../src/session.ts';
import type { RotationView } from '../../src/rotation/describe-rotation.ts';
import { successful } from './built-program.ts';
import { runKnox } from './run-knox.ts';
import type { Ran } from './run-knox.ts';

export const OLD = {
  development: 'old-development-1',
  staging: 'old-staging-value',
  production: 'old-production-value',
};
export const NEW = {
  development: 'new-development-1',
  staging: 'new-staging-value',
  production: 'new-production-value',
};

export interface Project {
  readonly folder: string;
  /** What the service lets in. */
  readonly accepted: Set<string>;
  /** Requests that the service got: address and the key that was sent. */
  readonly requests: { url: string; key: string; status: number }[];
  now: Date;
  readonly knox: (argv: readonly string[], stdin?: string, surroundings?: Partial<Io>) => Promise<Ran>;
  /** The same with --json; fails the test where stdout is no document. */
  readonly json: <T = RotationView>(
    argv: readonly string[],
    stdin?: string,
  ) => Promise<{ exit: number; json: T; code: string | null }>;
  readonly write: (path: string, text: string) => void;
  readonly read: (path: string) => string;
  readonly laterBy: (hours: number) => void;
  readonly remove: () => void;
}

export const PROBE = 'https://pay.example.com/v1/me';

/** A vault with `api_key` in three environments, and no route. */
export async function makeProject(values: Readonly<Record<string, string>> = OLD): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'knox-rotation-'));
  const accepted = new Set(Object.values(OLD));
  const requests: Project['requests'] = [];
  const project: Project = {
    folder,
    accepted,
    requests,
    now: new Date('2026-01-10T12:00:00.000Z'),
    knox: (argv, stdin = '', surroundings = {}) =>
      runKnox(
        folder,
        argv,
        stdin,
        { KNOX_KEY_FILE: join(folder, 'k.key'), PATH: process.env['PATH'] ?? '' },
        {
          now: () => project.now,
          fetch: service,
          ...surroundings,
        },
      ),
    async json(argv, stdin = '') {
      const ran = await project.knox([...argv, '--json'], stdin);
      const lines = ran.stderr.split('\n').filter((line) => line.startsWith('{"error"'));
      const code = lines.length === 0 ? null : (JSON.parse(lines[0]!) as { error: { code: string } }).error.code;
      const text = ran.stdout.toString();
      return { exit: ran.exit, code, json: (text === '' ? null : JSON.parse(text)) as never };
    },
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    laterBy(hours) {
      project.now = new Date(project.now.getTime() + hours * 3_600_000);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  const service = (async (url: string, options?: { headers?: [string, string][] }) => {
    const key = new Map(options?.headers).get('Authorization')?.replace('Bearer ', '') ?? '';
    const status = accepted.has(key) ? 200 : 401;
    requests.push({ url, key, status });
    return new Response(null, { status });
  }) as unknown as typeof fetch;
  await must(project.knox(['init', '--key-file', 'k.key']));
  for (const [environment, value] of Object.entries(values))
    await must(project.knox(['add', 'api_key', '-e', environment], value));
  return project;
}

/** Three files: one for staging and production both, one for production with a deploy command and a probe, one for staging. */
export async function addRoutes(project: Project): Promise<void> {
  project.write('config/app.env', '# both\nAPI_KEY={{secret:api_key}}\nOTHER=1\n');
  project.write('config/staging.yaml', '\uFEFFkey: "{{secret:api_key}}"\r\nlast: 1');
  project.write('config/prod.json', '{ "key": "{{secret:api_key}}", "again": "{{secret:api_key|base64}}" }\n');
  const probe = ['--probe', PROBE, '--header', 'Authorization: Bearer {{secret:api_key}}', '--yes'];
  await must(
    project.knox([
      'route',
      'add',
      'config/app.env',
      '-e',
      'staging,production',
      ...probe,
      '--deploy-command',
      'cat > live-$KNOX_ENVIRONMENT.env; echo "$KNOX_ROUTE $KNOX_ENVIRONMENT" >> deployed.log',
    ]),
  );
  await must(
    project.knox(['route', 'add', 'config/staging.yaml', '-e', 'staging', '--test-command', 'cat > tested.yaml']),
  );
  await must(
    project.knox([
      'route',
      'add',
      'config/prod.json',
      '-e',
      'production',
      ...probe,
      '--deploy-command',
      'echo "$KNOX_ROUTE $KNOX_ENVIRONMENT" >> deployed.log',
    ]),
  );
}

/** Has a folder whose settings name this project's vault used with it from now on. */
export async function trustFrom(project: Project, folder: string): Promise<void> {
  const { identity } = (await project.json<{ identity: string }>(['status'])).json;
  const env = { KNOX_KEY_FILE: join(project.folder, 'k.key'), XDG_STATE_HOME: join(project.folder, 'state') };
  await must(runKnox(folder, ['trust', identity], '', env, { now: () => project.now }));
}

/** Fails where a command that only prepares does. */
export async function must<Result extends { readonly exit: number | null; readonly stderr: string }>(
  ran: Promise<Result>,
): Promise<Result> {
  return successful(await ran);
}
