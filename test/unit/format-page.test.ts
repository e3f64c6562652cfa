/** docs/format.md states every table as the code has it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../src/store/sqlite/schema.ts';
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

  it('states the tables that every format has, and every index', () => {
    const fixed = page.split('\n').filter((line) => /^CREATE (?:TABLE|INDEX) \w/.test(line));
    expect(fixed).toEqual(SCHEMA.slice(0, fixed.length));
    expect(SCHEMA[fixed.length]).toContain('"lineage"');
    const listed = (kind: 'unique' | 'indexes') =>
      Object.entries(TABLES as Record<string, TableSpec>).flatMap(([name, spec]) =>
        (kind === 'unique' ? (spec.unique ?? []).map(({ columns }) => columns) : (spec.indexes ?? [])).map(
          (columns) => `\`${name}\` ${columns.join(', ')}`,
        ),
      );
    const flat = page.replaceAll('\n', ' ').replace(", with `` WHERE state <> 'deleted'`` behind it", '');
    expect(flat).toContain(`Unique: ${listed('unique').join('; ')}. Not unique: ${listed('indexes').join('; ')}.`);
  });
});
