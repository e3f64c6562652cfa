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

/** The folder of PostgreSQL's programs, empty where they are on the path, or null. Debian keeps them off it. */
export function postgresPrograms(): string | null {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const folders = versions.map((version) => `/usr/lib/postgresql/${version}/bin`);
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')));
  return found ?? (ends('initdb', '--version') ? '' : null);
}
