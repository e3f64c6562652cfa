/** docs/format.md states every table, index and kind of record as the code has them. */
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SCHEMA } from '../../src/store/sqlite/schema.ts';
import { encodeRecord, KIND_NAMES, LISTED, PLACED } from '../../src/vault/records/kinds.ts';
import type { Content, KindName } from '../../src/vault/records/kinds.ts';
import { ANY_RECORD } from '../helpers/any-record.ts';

const page = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8');

it('docs/format.md states the tables and indexes, in order', () => {
  expect(page.split('\n').filter((line) => line.startsWith('CREATE '))).toEqual(SCHEMA);
});

/** Kind, how it is called, what its place is made of, its fields. */
const rows = page
  .split('\n')
  .filter((line) => /^\| `\w+` \|.*\|.*\|.*\|$/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, kind, , place, fields]) => ({ kind: kind!.replaceAll('`', ''), place, fields: fields!.split(', ') }));

it('docs/format.md states the kinds of record, in order, and which have a place', () => {
  expect(rows.map(({ kind }) => kind)).toEqual(KIND_NAMES);
  expect(rows.filter(({ place }) => place !== 'none').map(({ kind }) => kind)).toEqual(PLACED);
  expect(page.replaceAll('\n', ' ')).toContain(
    `in the order ${LISTED.map((kind) => `\`${kind}\``).join(', ')} (32 zero bytes`,
  );
});

it.each(KIND_NAMES)('docs/format.md states the fields of the kind %s, in order, and which may be null', (kind) => {
  const anyOf: fc.Arbitrary<Content<KindName>> = ANY_RECORD[kind];
  const samples = fc
    .sample(anyOf, { numRuns: 100, seed: 7 })
    .map((content) => JSON.parse(encodeRecord(kind, content)) as Record<string, unknown>);
  const fields = Object.keys(samples[0]!).map(
    (field) => `\`${field}\`${samples.some((record) => record[field] === null) ? '?' : ''}`,
  );
  expect(rows.find((row) => row.kind === kind)!.fields).toEqual(fields);
});
