/**
 * The vault that is attacked: `staging` and `production`, an administrator, a colleague with a key for staging alone, one with keys for staging
 * and the shared values, and what each of them has at hand. Commands run in this process on real files, each person on a machine of their own.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { Colleague } from './colleague.ts';
import { runKnox } from './run-knox.ts';
import type { Ran } from './run-knox.ts';

/** What production holds, and must never be anything else. */
export const SECRET = 'prod-db-password-SECRET-0001';
export const PUBLIC = 'pub-prod-analytics-id-0001';

export type Person = 'admin' | 'colleague' | 'sharer';

export interface AttackScene {
  readonly folder: string;
  readonly file: string;
  now: Date;
  /** A command of somebody. @param machine whose memory there is; a new name is a machine that has seen nothing */
  readonly as: (person: Person, argv: readonly string[], more?: AsMore) => Promise<Ran>;
  /** The same as JSON of what came back: the exit status and what was printed, or the code of the error. */
  readonly told: (person: Person, argv: readonly string[], more?: AsMore) => Promise<string>;
  readonly secretOf: (person: Person) => Uint8Array;
  /** The colleague's own program. */
  readonly forge: (person: Person, work: (colleague: Colleague) => Promise<unknown>) => Promise<unknown>;
  /** A copy of the vault as it is now; `putBack` puts one in its place. */
  readonly copy: () => string;
  readonly putBack: (copy: string) => void;
  readonly write: (path: string, text: string) => void;
  readonly remove: () => void;
}

export interface AsMore {
  readonly stdin?: string;
  readonly machine?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function makeAttackScene(): Promise<AttackScene> {
  await loadSodium();
  const base = mkdtempSync(join(tmpdir(), 'knox-attack-'));
  const folder = join(base, 'project');
  mkdirSync(folder);
  const file = join(folder, '.knox/vault.db');
  let copies = 0;
  const keyFile = (person: Person): string => join(base, `${person}.key`);
  const scene: AttackScene = {
    folder,
    file,
    now: new Date('2026-01-10T12:00:00.000Z'),
    as: (person, argv, { stdin = '', machine = person, env = {} } = {}) =>
      runKnox(
        folder,
        argv,
        stdin,
        {
          KNOX_KEY_FILE: keyFile(person),
          XDG_STATE_HOME: join(base, `state-of-${machine}`),
          PATH: process.env['PATH'] ?? '',
          ...env,
        },
        { now: () => scene.now, userName: () => `${person}@hq` },
      ),
    async told(person, argv, more) {
      const ran = await scene.as(person, [...argv, '--json'], more);
      const error = ran.stderr.split('\n').find((line) => line.startsWith('{"error"'));
      const code = error === undefined ? null : (JSON.parse(error) as { error: { code: string } }).error.code;
      return code === null ? `${ran.exit} ${ran.stdout.toString().trim()}` : `${ran.exit} ${code}`;
    },
    secretOf: (person) => parseKeyFile(readFileSync(keyFile(person), 'utf8'), person).secret,
    forge: (person, work) => Colleague.in(file, scene.secretOf(person), work),
    copy() {
      copies += 1;
      const copy = join(base, `copy-${copies}.db`);
      copyFileSync(file, copy);
      return copy;
    },
    putBack: (copy) => copyFileSync(copy, file),
    write: (path, text) => writeFileSync(join(folder, path), text),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
  const must = async (person: Person, argv: readonly string[], stdin = ''): Promise<string> => {
    const ran = await scene.as(person, argv, { stdin });
    if (ran.exit !== 0) throw new Error(`${argv.join(' ')}: ${ran.exit} ${ran.stderr}`);
    return ran.stdout.toString().trim();
  };
  await must('admin', ['init', '--env', 'staging,production', '--key-file', keyFile('admin')]);
  await must('admin', ['add', 'db_password', '-e', 'production'], SECRET);
  await must('admin', ['add', 'db_password', '-e', 'staging'], 'stag-db-password-SECRET-0001');
  await must('admin', ['add', 'analytics_id', '-e', 'production'], PUBLIC);
  await must('admin', ['add', 'analytics_id', '-e', 'staging'], 'pub-stag-analytics-id-0001');
  await must('admin', ['add', 'region_token', '--shared'], 'shared-value-of-region');
  for (const [person, realms] of [
    ['colleague', 'staging'],
    ['sharer', 'staging,shared'],
  ] as const) {
    const made = await must('admin', ['key', 'new', keyFile(person), '--json']);
    const { publicKey } = JSON.parse(made) as { publicKey: string };
    const added = await must('admin', [
      'key',
      'add',
      '--recipient',
      publicKey,
      '--env',
      realms,
      '--label',
      person,
      '--json',
    ]);
    const { identity } = JSON.parse(added) as { identity: string };
    writeFileSync(keyFile(person), `${readFileSync(keyFile(person), 'utf8')}${identity}\n`, { mode: 0o600 });
  }
  return scene;
}
