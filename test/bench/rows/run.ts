import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knox, makeVault, runOnce, shell } from '../project.ts';
import type { Row } from '../row.ts';

const VARIABLES = 50;

export const run: Row = {
  name: 'run',
  work: `knox run -- true, ${VARIABLES} variables`,
  against: 'dotenvx run -- true',
  target: 0.15,
  prepare: async (folder) => {
    if (spawnSync('dotenvx', ['--version']).error !== undefined) return { missing: 'dotenvx' };
    const secrets = [...makeVault(folder, VARIABLES)];
    writeFileSync(
      join(folder, 'knox.env'),
      secrets.map(([name]) => `${name.toUpperCase()}={{secret:${name}}}\n`).join(''),
    );
    writeFileSync(join(folder, '.env'), secrets.map(([name, value]) => `${name.toUpperCase()}=${value}\n`).join(''));
    const work = knox(folder, 'run', '-e', 'development', '--key-file', 'key', '--env-file', 'knox.env', '--', 'true');
    runOnce(work);
    return { work, against: shell(folder, 'dotenvx run -- true') };
  },
};
