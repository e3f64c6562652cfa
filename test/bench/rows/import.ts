import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeVault, ROOT, runOnce, script, shell } from '../project.ts';
import type { Row } from '../row.ts';

const VALUES = 10_000;

/** As many rows of that size, in one durable transaction, and nothing else. */
const PLAIN = `
const Database = require(${JSON.stringify(join(ROOT, 'node_modules/better-sqlite3'))});
const fs = require('node:fs');
fs.rmSync('plain.db', { force: true });
const database = new Database('plain.db');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE value (id TEXT PRIMARY KEY, box BLOB, tag BLOB) STRICT');
const insert = database.prepare('INSERT INTO value VALUES (?, ?, ?)');
database.transaction(() => {
  for (let index = 0; index < ${VALUES}; index++) insert.run('value-' + index, Buffer.alloc(104, index), Buffer.alloc(32, index));
})();
`;

export const importRow: Row = {
  name: 'import',
  work: `knox import, ${VALUES} values, durable`,
  against: 'better-sqlite3, as many rows in one transaction',
  target: 3,
  prepare: async (folder) => {
    makeVault(folder, 1);
    copyFileSync(join(folder, '.knox/vault.db'), join(folder, 'fresh.db'));
    const lines = Array.from({ length: VALUES }, (_, index) => `NAME_${index}=the-value-with-number-${index}\n`);
    writeFileSync(join(folder, 'big.env'), lines.join(''));
    // Each round begins with the same vault, and a machine that has not seen a newer one.
    const again = 'cp fresh.db .knox/vault.db && rm -rf .local';
    const work = shell(folder, `${again} && knox import big.env -e development --key-file key > imported`);
    runOnce(work);
    return { work, against: script(folder, 'plain.cjs', PLAIN) };
  },
};
