/** A small vault in the middle of a rotation, and commands to run on what somebody made of it. */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { addRoutes, makeProject, must, NEW, OLD } from '../../helpers/rotation-project.ts';
import type { Project } from '../../helpers/rotation-project.ts';
import { runKnox } from '../../helpers/run-knox.ts';
import type { Ran } from '../../helpers/run-knox.ts';
import { expectClean } from './fuzz.ts';

export interface Command {
  readonly argv: readonly string[];
  /** Whether what it prints is values: they are the right ones, or none. */
  readonly givesValues?: boolean;
  /** Exit statuses beside 0, 4 and 8, with a key and without. */
  readonly exits?: readonly number[];
}

const values: readonly Command[] = [
  ...Object.keys(OLD).map((environment) => ({ argv: ['get', 'api_key', '-e', environment] })),
  { argv: ['get', 'api_key@current', '-e', 'production'] },
  { argv: ['get', 'api_key_v2', '-e', 'staging'] },
  { argv: ['get', 'region', '--shared', '--json'] },
  { argv: ['render', 'config/app.env', '-e', 'production'] },
  { argv: ['render', 'config/staging.yaml', '-e', 'staging'] },
  { argv: ['export', '-e', 'production', '--format', 'json'] },
].map((command) => ({ ...command, givesValues: true }));

const looks: readonly Command[] = [
  { argv: ['list'] },
  { argv: ['list', '-e', 'production', '--json'] },
  { argv: ['show', 'api_key'] },
  { argv: ['show', 'api_key_v2', '--json'] },
  { argv: ['status'] },
  { argv: ['status', '--json'] },
  { argv: ['check'], exits: [1, 3] },
  { argv: ['check', '--json'], exits: [1, 3] },
  { argv: ['audit'] },
  { argv: ['audit', '--json'] },
  { argv: ['audit', 'verify'] },
  { argv: ['key', 'list'] },
  { argv: ['env', 'list'] },
  { argv: ['env', 'diff'] },
  { argv: ['route', 'list'] },
  { argv: ['route', 'show', 'config/app.env'] },
  { argv: ['route', 'check'], exits: [1, 3] },
  { argv: ['rotations'] },
  { argv: ['rotations', '--json'] },
  { argv: ['rotate', 'api_key', '--status'] },
  { argv: ['rotate', 'api_key', '--status', '--json'] },
  { argv: ['schedule'] },
  { argv: ['source', 'show', 'region'] },
  { argv: ['setting', 'list'] },
  { argv: ['notify', 'list'] },
  { argv: ['evidence', '--json'] },
  { argv: ['doctor'], exits: [1, 3] },
  { argv: ['migrate', '--dry-run'] },
];

export const COMMANDS: readonly Command[] = [...values, ...looks];
export const LOOKS = looks;
export const VERIFY = looks.find(({ argv }) => argv.join() === 'audit,verify')!;

export interface Scene {
  readonly project: Project;
  /** The vault as it was made. */
  readonly original: string;
  /** Where the vault lies that commands work on. */
  readonly file: string;
  /** What a command printed of the vault as it was made. */
  readonly before: ReadonlyMap<Command, Ran>;
  /** Puts the vault as it was made in its place, changes it, and forgets what this machine has seen. */
  readonly place: (change: (database: Database.Database) => void) => void;
  /** Takes the vault as `original` has it by now for the one as it was made. */
  readonly keep: () => Promise<void>;
  readonly run: (command: Command, hasKey: boolean) => Promise<Ran>;
  readonly remove: () => void;
}

export async function makeScene(): Promise<Scene> {
  const project = await makeProject();
  await must(project.knox(['add', 'region', '--shared', '--note', 'where it runs'], 'eu-central-1'));
  await must(project.knox(['add', 'old_key', '-e', 'staging'], 'gone-value'));
  await must(project.knox(['delete', 'old_key', '--yes']));
  await must(project.knox(['set', 'region', '--every', '30d', '--owner', 'ops']));
  await must(project.knox(['source', 'set', 'region', 'generate', '--option', 'length=40']));
  await must(project.knox(['notify', 'add', '--command', 'true']));
  await must(project.knox(['setting', 'set', 'on', 'mon-sun']));
  await addRoutes(project);
  for (const key of Object.values(NEW)) project.accepted.add(key);
  await project.json(['rotate', 'api_key', '--values-stdin', '--yes'], JSON.stringify(NEW));
  await must(project.knox(['get', 'region', '--shared']));
  await must(project.knox(['report', 'auth-failure', 'api_key', '-e', 'staging']));
  const file = join(project.folder, '.knox', 'vault.db');
  const original = join(project.folder, 'original.db');
  copyFileSync(file, original);

  const forget = (): void => rmSync(join(project.folder, 'state'), { recursive: true, force: true });
  const run: Scene['run'] = ({ argv }, hasKey) =>
    runKnox(
      project.folder,
      argv,
      '',
      { PATH: process.env['PATH'] ?? '', ...(hasKey ? { KNOX_KEY_FILE: join(project.folder, 'k.key') } : {}) },
      { now: () => project.now },
    );
  const place: Scene['place'] = (change) => {
    forget();
    rmSync(`${file}-journal`, { force: true });
    copyFileSync(original, file);
    const database = new Database(file);
    try {
      database.unsafeMode(true);
      for (const pragma of ['synchronous = OFF', 'ignore_check_constraints = ON']) database.pragma(pragma);
      change(database);
    } finally {
      database.close();
    }
  };
  const before = new Map<Command, Ran>();
  const keep = async (): Promise<void> => {
    for (const command of COMMANDS) {
      place(() => undefined);
      before.set(command, await run(command, true));
    }
  };
  await keep();
  return { project, original, file, before, place, keep, run, remove: () => project.remove() };
}

/** Runs a command and holds what it says against what it may. @param more exit statuses that it may have beside those */
export async function expectSound(
  scene: Scene,
  command: Command,
  hasKey: boolean,
  more: readonly number[] = [],
): Promise<Ran> {
  const ran = await scene.run(command, hasKey);
  const what = `${command.argv.join(' ')}${hasKey ? '' : ', no key'}`;
  const said = `${what}: exit ${ran.exit}: ${ran.stderr}`;
  const before = scene.before.get(command)!;
  const mayBe = [0, 4, 8, before.exit, ...(command.exits ?? []), ...(hasKey ? [] : [2, 5]), ...more];
  expect(mayBe, said).toContain(ran.exit);
  expectClean(ran.stderr);
  const out = ran.stdout.toString();
  if (command.givesValues === true) expect([Buffer.alloc(0).toString(), before.stdout.toString()], what).toContain(out);
  else if (!command.argv.includes('--json')) expectClean(out);
  return ran;
}
