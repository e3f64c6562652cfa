/**
 * The programs and libraries of the machine that some tests hold knox against: none is needed by knox, and a test whose program is missing
 * is skipped, with the program in its name. `npm run test:setup` installs those that have a Debian package here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAMS } from '../../scripts/test-programs.js';
import type { ProgramName } from '../../scripts/test-programs.js';

const asked = new Map<string, boolean>();

/** Whether a command ends well; asked once. */
function ends(program: string, ...argv: string[]): boolean {
  const key = [program, ...argv].join(' ');
  let answer = asked.get(key);
  if (answer === undefined) {
    answer = spawnSync(program, argv, { stdio: 'ignore' }).status === 0;
    asked.set(key, answer);
  }
  return answer;
}

export function isHere(name: ProgramName): boolean {
  return ends('sh', '-c', PROGRAMS[name].check);
}

/** A Python that has these modules: a version manager's comes before the system's, for which packages are made. Null: there is none. */
export function pythonWith(modules: string): string | null {
  return ['python3', '/usr/bin/python3'].find((python) => ends(python, '-c', `import ${modules}`)) ?? null;
}

/** One version of PostgreSQL whose programs are on this machine. */
export interface PostgresInstallation {
  readonly version: number;
  /** Where `initdb` and `postgres` are; empty for the path. */
  readonly folder: string;
}

/** Every version there is: Debian keeps them off the path; `KNOX_TEST_POSTGRES` names further folders, separated by colons. */
export function postgresInstallations(): PostgresInstallation[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const given = (process.env['KNOX_TEST_POSTGRES'] ?? '').split(':').filter((folder) => folder !== '');
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...given];
  const found = (folders.length === 0 ? [''] : folders).flatMap((folder) => {
    const { status, stdout } = spawnSync(join(folder, 'initdb'), ['--version'], { encoding: 'utf8' });
    return status === 0 ? [{ version: Number(/ (\d+)/.exec(stdout)![1]), folder }] : [];
  });
  return found.toSorted((one, other) => one.version - other.version);
}
