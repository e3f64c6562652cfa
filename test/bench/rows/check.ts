import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOnce, script, shell } from '../project.ts';
import type { Row } from '../row.ts';
import { makeManySecrets } from './list.ts';

const ROUTES = 1000;

const READING = `
const fs = require('node:fs');
let bytes = 0;
for (const name of fs.readdirSync('routes')) bytes += fs.readFileSync('routes/' + name).length;
`;

export const check: Row = {
  name: 'check',
  work: `knox check --json, 100000 secrets, ${ROUTES} routes`,
  against: 'reading these route files once in plain Node',
  target: 3,
  prepare: async (folder) => {
    makeManySecrets(folder);
    mkdirSync(join(folder, 'routes'));
    for (let index = 0; index < ROUTES; index += 1)
      writeFileSync(join(folder, `routes/${index}.env`), `KEY={{secret:NAME_${index}}}\n`);
    runOnce(shell(folder, 'knox route add routes/*.env -e development --key-file key >/dev/null'));
    return {
      work: shell(folder, 'knox check --json --fail-on error >/dev/null; test $? -le 3'),
      against: script(folder, 'read.cjs', READING),
    };
  },
};
