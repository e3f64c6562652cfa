/** A vault of some content, made by knox's own commands: what a second reader has to find in it. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prompts } from '../../src/terminal/prompts.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { addRoutes, makeProject, must } from '../helpers/rotation-project.ts';

export const PASSPHRASE = 'o\uFB03ce cafe\u0301 \u2460';
const BINARY = Uint8Array.from({ length: 5000 }, (_byte, index) => (index * 7) % 256);

/** Name, environment (or `shared`), value. `old_key` is deleted again; `api_key` and `leaked_key` are in the middle of a rotation. */
export const VALUES: readonly (readonly [name: string, environment: string, value: Uint8Array])[] = [
  ['api_key', 'development', Buffer.from('old-development-1')],
  ['api_key', 'staging', Buffer.from('old-staging-value')],
  ['api_key', 'production', Buffer.from('old-production-value')],
  ['api_key_v2', 'development', Buffer.from('new-development-1')],
  ['api_key_v2', 'staging', Buffer.from('new-staging-value')],
  ['api_key_v2', 'production', Buffer.from('new-production-value')],
  ['blob', 'development', BINARY],
  ['blob', 'production', Buffer.from([0x80])],
  ['edge', 'staging', Buffer.from('x'.repeat(4095))],
  ['edge', 'production', Buffer.from('y'.repeat(4096))],
  ['zeros.of-it', 'production', Buffer.from('ends in zeros\u0000\u0000')],
  ['leaked_key', 'production', Buffer.from('leaked-value-1')],
  ['leaked_key_v2', 'production', Buffer.from('fresh-value-1')],
  ['region', 'shared', Buffer.from('eu-central-1 ü')],
];

export interface Made {
  readonly project: Project;
  readonly file: string;
  /** A key for everything, and one for the development environment alone. */
  readonly keyFile: string;
  readonly partialKeyFile: string;
}

export async function makeByCommands(): Promise<Made> {
  const project = await makeProject({});
  const file = join(project.folder, '.knox', 'vault.db');
  for (const name of ['.knox', 'state', 'k.key']) rmSync(join(project.folder, name), { recursive: true });
  const prompts = { hidden: async () => Buffer.from(PASSPHRASE) } as unknown as Prompts;
  await must(project.knox(['init', '--no-unlock'], '', { prompts }));
  // Where a key file is named that is not there yet, nothing else may be.
  const asked = { prompts, env: { XDG_STATE_HOME: join(project.folder, 'state') } };
  await must(project.knox(['key', 'add', '--key-file', 'k.key', '--admin', '--label', 'k.key'], '', asked));
  await must(project.knox(['key', 'add', '--key-file', 'ci.key', '--env', 'development', '--label', 'ci.key']));
  const made = VALUES.filter(([name]) => !name.endsWith('_v2'));
  for (const [name, environment, value] of made) {
    const where = environment === 'shared' ? ['--shared', '--note', 'wo es läuft'] : ['-e', environment];
    writeFileSync(join(project.folder, 'value'), value);
    await must(project.knox(['add', name, ...where, '--value-file', 'value', '--kind', 'critical']));
  }
  await must(project.knox(['key', 'add', '--key-file', 'gone.key', '--env', 'staging,shared', '--label', 'gone']));
  const theirs = { env: { KNOX_KEY_FILE: 'gone.key', XDG_STATE_HOME: join(project.folder, 'state-of-theirs') } };
  await must(project.knox(['set', 'edge', '--note', 'by somebody who left'], '', theirs));
  await must(project.knox(['key', 'remove', 'gone', '--no-rekey', '--yes']));
  await must(project.knox(['env', 'add', 'preview']));
  await must(project.knox(['env', 'remove', 'preview', '--yes']));
  // Everybody below opens it with the identity that it had before.
  await must(project.knox(['rekey', '--yes']));
  await must(project.knox(['add', 'old_key', '-e', 'staging'], 'gone-value'));
  await must(project.knox(['delete', 'old_key', '--yes', '--force', 'still_used', '--reason', 'nobody has it']));
  await must(project.knox(['set', 'blob', '--every', '30d', '--owner', 'payments', '--expires', '2027-01-01']));
  await addRoutes(project);
  await must(project.knox(['notify', 'add', '--command', 'true']));
  await must(project.knox(['setting', 'set', 'on', 'mon-fri']));
  await must(project.knox(['source', 'set', 'edge', 'generate']));
  await must(project.knox(['get', 'region', '--shared']));
  await must(project.knox(['report', 'auth-failure', 'edge', '-e', 'staging', '--count', '3']));
  for (const [, , value] of VALUES.filter(([name]) => name === 'api_key_v2')) project.accepted.add(String(value));
  const values = (name: string) =>
    JSON.stringify(
      Object.fromEntries(VALUES.filter(([own]) => own === name).map(([, where, value]) => [where, String(value)])),
    );
  await project.json(['rotate', 'api_key', '--values-stdin', '--yes'], values('api_key_v2'));
  await project.json(
    ['rotate', 'leaked_key', '--compromised', '--reason', 'seen in a log', '--values-stdin', '--yes'],
    values('leaked_key_v2'),
  );
  const keyFile = join(project.folder, 'k.key');
  return { project, file, keyFile, partialKeyFile: join(project.folder, 'ci.key') };
}
