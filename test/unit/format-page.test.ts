/** docs/format.md states every table as the code has it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TABLES } from '../../src/store/tables.ts';
import type { TableSpec } from '../../src/store/tables.ts';

const page = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8');

describe('docs/format.md', () => {
  it('names the tables and their columns, in order', () => {
    const stated = page.split('\n').filter((line) => /^\| `\w+` \| (vault|environment) \| /.test(line));
    const expected = Object.entries(TABLES as Record<string, TableSpec>).map(([name, { owner, small, columns }]) => {
      const list = Object.entries(columns).map(([column, type]) => `\`${column}\`${type === 'text' ? '' : ` ${type}`}`);
      return `| \`${name}\` | ${owner} | ${small ? 'yes' : 'no'} | ${list.join(', ')} |`;
    });
    expect(stated).toEqual(expected);
  });
});
