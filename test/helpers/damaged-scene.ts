/**
 * A project with records of every kind, what may be done to its vault by SQL, and every command that meets it. Each pair is one trial: a
 * fresh copy of the vault, damaged, and one command.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
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

const PRODUCTION =
  "(SELECT json_extract(value, '$.id') FROM manifest, json_each(CAST(body AS TEXT), '$.realms') WHERE json_extract(value, '$.name') = 'production')";

/** What may be done to one table, or to the records of one kind. */
function damagesOf(name: string, table: string, where = 'true'): [damage: string, sql: string][] {
  const first = `(SELECT realm, id FROM ${table} WHERE ${where} ORDER BY realm = ${PRODUCTION} DESC, id LIMIT 1)`;
  return [
    [`${name}: a row is gone`, `DELETE FROM ${table} WHERE ${where} AND (realm, id) = ${first}`],
    [`${name}: all are gone`, `DELETE FROM ${table} WHERE ${where}`],
    [`${name}: changed`, `UPDATE ${table} SET entry = entry + 1 WHERE ${where}`],
    [`${name}: the digests are changed`, `UPDATE ${table} SET digest = zeroblob(32) WHERE ${where}`],
  ];
}

const DAMAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    KIND_NAMES.flatMap((kind) =>
      kind === 'value' ? damagesOf(kind, kind) : damagesOf(kind, 'record', `kind = '${kind}'`),
    ),
  ),
  ...Object.fromEntries(
    ['manifest', 'head', 'audit'].flatMap((table) => [
      [`${table}: all are gone`, `DELETE FROM ${table}`],
      [`${table}: changed`, `UPDATE ${table} SET body = CAST('{}' AS BLOB)`],
    ]),
  ),
  'grants: all are gone': 'DELETE FROM grants',
  'grants: changed': 'UPDATE grants SET sealed = zeroblob(length(sealed))',
  'node: all are gone': 'DELETE FROM node',
  'node: changed': 'UPDATE node SET list = zeroblob(length(list))',
  'audit: the last is gone': 'DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)',
  'audit: the second is gone': 'DELETE FROM audit WHERE seq = 2',
  'name: the newest version is gone': "DELETE FROM record WHERE kind = 'name' AND id = 'api_key_v2'",
  'value: that of the newest version is gone': "DELETE FROM value WHERE json_extract(body, '$.name') = 'api_key_v2'",
  'value: one environment of a name is gone': `DELETE FROM value WHERE realm = ${PRODUCTION} AND json_extract(body, '$.name') = 'two_places'`,
};

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

  const database = new Database(join(project.folder, '.knox/vault.db'));
  for (const [damage, sql] of Object.entries(DAMAGES)) {
    database.exec('BEGIN');
    const { changes } = database.prepare(sql).run();
    database.exec('ROLLBACK');
    if (changes === 0) throw new Error(`there is nothing to be damaged: ${damage}`);
  }
  database.close();

  return {
    damages: DAMAGES,
    async trial(damage, argv) {
      const folder = mkdtempSync(join(tmpdir(), 'knox-damaged-'));
      try {
        cpSync(project.folder, folder, { recursive: true });
        const changed = new Database(join(folder, '.knox/vault.db'));
        if (damage !== UNDAMAGED) changed.exec(DAMAGES[damage]!);
        changed.close();
        const { exit, stderr } = await runKnox(
          folder,
          argv[0] === 'run' ? [argv[0], '--json', ...argv.slice(1)] : [...argv, '--json'],
          '',
          { KNOX_KEY_FILE: 'k.key', PATH: process.env['PATH'] ?? '', XDG_STATE_HOME: join(folder, 'fresh-state') },
          { now: () => project.now, fetch: async () => new Response(null, { status: 200 }) },
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
