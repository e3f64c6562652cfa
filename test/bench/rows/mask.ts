import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knox, makeVault, shell } from '../project.ts';
import type { Row } from '../row.ts';

const SECRETS = 50;
const MEGABYTES = 200;

export const mask: Row = {
  name: 'mask',
  work: `knox run -- cat, ${MEGABYTES} MB, ${SECRETS} secrets masked`,
  against: 'cat through perl, one pattern of all values',
  target: 3,
  prepare: async (folder) => {
    if (spawnSync('perl', ['-v']).error !== undefined) return { missing: 'perl' };
    const secrets = [...makeVault(folder, SECRETS)];
    const line = 'an ordinary line of a log, with numbers 12345 and words, as services write them\n';
    const block = `${line.repeat(500)}token=${secrets[0]![1]}\n`;
    writeFileSync(join(folder, 'big'), block.repeat(Math.ceil((MEGABYTES * 1e6) / block.length)));
    writeFileSync(
      join(folder, 'knox.env'),
      secrets.map(([name]) => `${name.toUpperCase()}={{secret:${name}}}\n`).join(''),
    );
    // The values are of letters and digits: they stand in the pattern as they are.
    writeFileSync(
      join(folder, 'mask.pl'),
      `while (<STDIN>) { s/(?:${secrets.map(([, value]) => value).join('|')})/[masked]/g; print; }\n`,
    );
    const work = knox(
      folder,
      'run',
      '-e',
      'development',
      '--key-file',
      'key',
      '--env-file',
      'knox.env',
      '--',
      'cat',
      'big',
    );
    return { work, against: shell(folder, 'cat big | perl mask.pl') };
  },
};
