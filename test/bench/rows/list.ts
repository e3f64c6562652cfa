import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knox, makeVault, ROOT, runOnce, script, shell } from '../project.ts';
import type { Row } from '../row.ts';

export const SECRETS = 100_000;

/** The rows that a list is made of, read and written as JSON. */
const PLAIN = `
const Database = require(${JSON.stringify(join(ROOT, 'node_modules/better-sqlite3'))});
const database = new Database('.knox/vault.db', { readonly: true });
const values = database.prepare('SELECT * FROM value').all();
const rows = database.prepare('SELECT * FROM record').all();
process.stdout.write(JSON.stringify(rows.filter(({ kind }) => kind === 'name'), null, 2));
`;

/** A vault with so many secrets in it, each with a value for development. */
export function makeManySecrets(folder: string): void {
  makeVault(folder, 1);
  const lines = Array.from({ length: SECRETS }, (_, index) => `NAME_${index}=the-value-with-number-${index}\n`);
  writeFileSync(join(folder, 'big.env'), lines.join(''));
  runOnce(shell(folder, 'knox import big.env -e development --key-file key >/dev/null'));
}

export const list: Row = {
  name: 'list',
  work: `knox list --json, ${SECRETS} secrets`,
  against: 'better-sqlite3 reading the same rows, JSON.stringify',
  target: 2,
  prepare: async (folder) => {
    makeManySecrets(folder);
    return { work: knox(folder, 'list', '--json'), against: script(folder, 'plain.cjs', PLAIN) };
  },
};
