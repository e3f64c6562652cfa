/**
 * A project with something in every table, what may be done to its vault by SQL, and every command that meets it. Each pair is one trial: a
 * fresh copy of the vault, damaged, and one command.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { TABLE_NAMES } from '../../src/store/tables.ts';
import { addRoutes, makeProject, must, NEW } from './rotation-project.ts';
import { runKnox } from './run-knox.ts';

export interface Trial {
  readonly exit: number;
  /** Of the error, where there is one. */
  readonly code: string | null;
  readonly stderr: string;
}

export interface DamagedScene {
  /** By name, what is done to the vault. */
  readonly damages: Readonly<Record<string, string>>;
  readonly trial: (damage: string, argv: readonly string[]) => Promise<Trial>;
  readonly remove: () => void;
}

/** Every command that meets a vault, with what makes it do its work. */
export const COMMANDS: readonly (readonly string[])[] = [
  ['get', 'api_key', '-e', 'production'],
  ['get', 'api_key@current', '-e', 'production'],
  ['get', 'region', '-e', 'staging'],
  ['list'],
  ['show', 'api_key'],
  ['env', 'list'],
  ['env', 'diff', 'staging', 'production'],
  ['env', 'add', 'qa'],
  ['add', 'fresh', '-e', 'production', '--generate'],
  ['set', 'api_key', '--note', 'another'],
  ['delete', 'doomed', '--yes'],
  ['import', 'in.env', '-e', 'production'],
  ['export', '-e', 'production'],
  ['route', 'list'],
  ['route', 'show', 'config/app.env'],
  ['route', 'check'],
  ['route', 'test', 'config/app.env', '-e', 'production'],
  ['route', 'remove', 'config/staging.yaml', '-e', 'staging'],
  ['render', 'config/app.env', '-e', 'production'],
  ['run', '-e', 'production', '--secret', 'REGION=region', '--', 'true'],
  ['rotate', 'api_key', '--yes'],
  ['rotate', 'api_key', '--status'],
  ['rotate', 'api_key', '--rollback', '--reason', 'tested'],
  ['rotate', 'sourced', '--yes', '--until', 'create'],
  ['rotations'],
  ['rotations', 'continue', '--yes'],
  ['schedule'],
  ['source', 'show', 'sourced'],
  ['source', 'remove', 'sourced'],
  ['notify', 'list'],
  ['setting', 'list'],
  ['setting', 'set', 'between', '09:00-16:00'],
  ['setting', 'remove', 'records'],
  ['key', 'list'],
  ['key', 'add', '--key-file', 'more.key'],
  ['rekey', '--yes'],
  ['status'],
  ['check', '--fail-on', 'error'],
  ['audit'],
  ['audit', 'verify'],
  ['evidence'],
  ['scan'],
  ['migrate', '--dry-run'],
  ['report', 'auth-failure', 'region', '-e', 'production'],
  ['backup', 'copy.db'],
  ['doctor'],
];

/** What is done where nothing is. */
export const UNDAMAGED = 'none';

const FIXED = new Set(['manifest', 'head', 'slot', 'grants', 'audit']);

export async function damagedScene(): Promise<DamagedScene> {
  const project = await makeProject();
  for (const key of Object.values(NEW)) project.accepted.add(key);
  await addRoutes(project);
  const knox = (argv: readonly string[], stdin = '') => must(project.knox(argv, stdin));
  await knox(['add', 'region', '--shared'], 'eu-central-1-long-enough');
  await knox(['add', 'doomed', '-e', 'production'], 'a-value-to-be-deleted');
  await knox(['add', 'sourced', '-e', 'production'], 'a-value-of-a-source');
  await knox(['source', 'set', 'sourced', 'generate']);
  for (const environment of ['staging', 'production'])
    await knox(['add', 'two_places', '-e', environment, '--generate']);
  await knox(['source', 'set', 'two_places', 'generate']);
  await knox(['add', 'leaked', '-e', 'staging'], 'a-value-that-has-leaked');
  await knox(['rotate', 'leaked', '--compromised', '--reason', 'a test', '--generate', '--yes', '--until', 'create']);
  await knox(['setting', 'set', 'records', 'records']);
  await knox(['notify', 'add', '--command', 'true']);
  await knox(['key', 'add', '--key-file', 'gone.key', '--label', 'gone']);
  await knox(['key', 'remove', 'gone', '--no-rekey', '--yes']);
  await knox(['report', 'auth-failure', 'api_key', '-e', 'staging']);
  await knox(['get', 'api_key', '-e', 'staging']);
  await knox(['rotate', 'api_key', '--values-stdin', '--yes', '--until', 'update-production'], JSON.stringify(NEW));
  project.write('in.env', 'IMPORTED=a-value-that-is-imported\n');

  const whole = join(project.folder, '.knox/vault.db');
  const database = new Database(whole, { readonly: true });
  const damages: Record<string, string> = {};
  for (const table of TABLE_NAMES) {
    const rows = database.prepare(`SELECT id FROM "${table}"`).pluck().all() as string[];
    if (rows.length === 0) throw new Error(`nothing is in the table ${table}`);
    damages[`${table}: a row is gone`] = `DELETE FROM "${table}" WHERE id = (SELECT min(id) FROM "${table}")`;
    damages[`${table}: all are gone`] = `DELETE FROM "${table}"`;
    damages[`${table}: changed`] = `UPDATE "${table}" SET tag = zeroblob(32)`;
  }
  for (const table of FIXED) {
    damages[`${table}: all are gone`] = `DELETE FROM "${table}"`;
    if (table !== 'slot' && table !== 'grants')
      damages[`${table}: changed`] = `UPDATE "${table}" SET body = CAST('{}' AS BLOB)`;
  }
  damages['slot: changed'] = "UPDATE slot SET created_at = ''";
  damages['grants: changed'] = 'UPDATE grants SET sealed = zeroblob(length(sealed))';
  damages['audit: the last is gone'] = 'DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)';
  damages['audit: the second is gone'] = 'DELETE FROM audit WHERE seq = 2';
  damages['secret: the newest version is gone'] = "DELETE FROM secret WHERE name = 'api_key_v2'";
  damages['value: that of the newest version is gone'] =
    "DELETE FROM value WHERE secret = (SELECT id FROM secret WHERE name = 'api_key_v2')";
  damages['value: one environment of a secret is gone'] =
    "DELETE FROM value WHERE environment = 'production' AND secret = (SELECT id FROM secret WHERE name = 'two_places')";
  database.close();

  return {
    damages,
    async trial(damage, argv) {
      const folder = mkdtempSync(join(tmpdir(), 'knox-damaged-'));
      try {
        cpSync(project.folder, folder, { recursive: true });
        const changed = new Database(join(folder, '.knox/vault.db'));
        changed.pragma('foreign_keys = OFF');
        if (damage !== UNDAMAGED) changed.exec(damages[damage]!);
        changed.close();
        const { exit, stderr } = await runKnox(
          folder,
          argv[0] === 'run' ? [argv[0], '--json', ...argv.slice(1)] : [...argv, '--json'],
          '',
          { KNOX_KEY_FILE: 'k.key', PATH: process.env['PATH'] ?? '', XDG_STATE_HOME: join(folder, 'fresh-state') },
          { now: () => project.now, fetch: (async () => new Response(null, { status: 200 })) as typeof fetch },
        );
        const line = stderr.split('\n').find((text) => text.startsWith('{"error"'));
        const code = line === undefined ? null : (JSON.parse(line) as { error: { code: string } }).error.code;
        return { exit, code, stderr };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    remove: () => project.remove(),
  };
}
