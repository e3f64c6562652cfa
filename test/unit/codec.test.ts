/** Every kind of record: what is written is read as the same text, and what no knox writes is refused wherever it stands. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/vault/records/codec.ts';
import { decodeRecord, encodeRecord, idOf, KIND_NAMES, KINDS_OF_RECORDS } from '../../src/vault/records/kinds.ts';
import type { Content, KindName } from '../../src/vault/records/kinds.ts';
import { ANY_RECORD } from '../helpers/any-record.ts';
import { SEED } from '../helpers/seed.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly (string | number)[];

const anyOf = (kind: KindName): fc.Arbitrary<Content<KindName>> => ANY_RECORD[kind];

function read(kind: KindName, id: string, body: string): Content<KindName> | null {
  try {
    return decodeRecord(kind, id, body);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** Every place in a document, the whole of it first. */
function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Array.isArray(value) ? [...value.entries()] : Object.entries(value as Record<string, Json>);
  return [path, ...inside.flatMap(([key, one]: [string | number, Json]) => pathsOf(one, [...path, key]))];
}
function at(value: Json, path: Path): Json {
  return path.reduce<Json>((one, key) => (one as Readonly<Record<string | number, Json>>)[key]!, value);
}
/** With something else in one place; `undefined` takes away what is there. */
function put(value: Json, path: Path, other: Json | undefined): Json {
  if (path.length === 0) return other!;
  const changed = structuredClone<Json>(value);
  const owner = at(changed, path.slice(0, -1)) as Record<string | number, Json>;
  if (other === undefined) delete owner[path.at(-1)!];
  else owner[path.at(-1)!] = other;
  return changed;
}
function typeOf(value: Json): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}
/** The place without numbers of lists: what stands there has one type in all records of a kind, or is null. */
function placeOf(value: Json, path: Path): string {
  const shown = path.map((key, index) => {
    const of = at(value, path.slice(0, index + 1));
    // Records that are told apart by what they are of have fields of their own.
    const told = typeOf(of) === 'object' ? (of as Readonly<Record<string, Json>>)['of'] : undefined;
    return `${typeof key === 'number' ? '*' : key}${typeof told === 'string' ? `(${told})` : ''}`;
  });
  return shown.join('.');
}

const OF_EACH_TYPE: readonly Json[] = [null, true, 7, 'no text of knox', [], {}];
/** Texts, numbers and keys of a map may be anything. */
const FREE = new Set(['source options']);

describe.each(KIND_NAMES)('a record of the kind %s', (kind) => {
  const idFor = (content: Content<KindName>): string => idOf(kind, content);
  // Enough that everything that may be null, or be left out, is seen both ways.
  const samples = fc
    .sample(anyOf(kind), { numRuns: 1200, seed: 7 })
    .map((content) => ({ id: idFor(content), json: JSON.parse(encodeRecord(kind, content)) as Json }));
  const types = new Map<string, Set<string>>();
  /** By owner: how many there are, and in how many of them each key stands. */
  const owners = new Map<string, { all: number; readonly keys: Map<string, number> }>();
  for (const { json } of samples) {
    for (const path of pathsOf(json)) {
      const place = placeOf(json, path);
      types.set(place, (types.get(place) ?? new Set()).add(typeOf(at(json, path))));
      const value = at(json, path);
      if (typeOf(value) !== 'object') continue;
      const owner = owners.get(place) ?? { all: 0, keys: new Map<string, number>() };
      owner.all += 1;
      for (const key of Object.keys(value as object)) owner.keys.set(key, (owner.keys.get(key) ?? 0) + 1);
      owners.set(place, owner);
    }
  }
  /** One of each place, in a record that has it. */
  const places = new Map(
    samples.flatMap(({ id, json }) => pathsOf(json).map((path) => [placeOf(json, path), { id, json, path }] as const)),
  );

  it(`is the same text again once it was read, KNOX_TEST_SEED=${SEED}`, () => {
    const property = fc.property(anyOf(kind), (content) => {
      const body = encodeRecord(kind, content);
      const found = decodeRecord(kind, idFor(content), body);
      expect(found).toEqual(content);
      expect(encodeRecord(kind, found)).toBe(body);
    });
    fc.assert(property, { numRuns: 200, seed: SEED });
  });

  it('is one text in whatever order its fields stood', () => {
    const turned = (value: Json): Json => {
      if (typeOf(value) === 'list') return (value as readonly Json[]).map(turned);
      if (typeOf(value) !== 'object') return value;
      return Object.fromEntries(
        Object.entries(value as object)
          .toReversed()
          .map(([key, one]) => [key, turned(one as Json)]),
      );
    };
    for (const { id, json } of samples.slice(0, 50)) {
      const found = decodeRecord(kind, id, JSON.stringify(turned(json)));
      expect(encodeRecord(kind, found)).toBe(encodeRecord(kind, decodeRecord(kind, id, JSON.stringify(json))));
    }
  });

  it('has no field that is not its own, and misses none', () => {
    const taken: string[] = [];
    for (const [place, { id, json, path }] of places) {
      const value = at(json, path);
      if (typeOf(value) !== 'object' || FREE.has(`${kind} ${place}`)) continue;
      for (const key of ['another', '__proto__', 'toString']) {
        const text = JSON.stringify(value).replace(
          /^\{/,
          `{"${key}":null${Object.keys(value as object).length > 0 ? ',' : ''}`,
        );
        const body = JSON.stringify(put(json, path, '@')).replace('"@"', () => text);
        if (read(kind, id, body) !== null) taken.push(`${place}: ${key} as well`);
      }
      const { all, keys } = owners.get(place)!;
      for (const key of Object.keys(value as object))
        if (keys.get(key) === all && read(kind, id, JSON.stringify(put(json, [...path, key], undefined))) !== null)
          taken.push(`${place}: no ${key}`);
    }
    expect(taken).toEqual([]);
  });

  it('has a value of its own type in every place', () => {
    const taken: string[] = [];
    for (const [place, { id, json, path }] of places) {
      for (const other of OF_EACH_TYPE) {
        // What is null is not told apart.
        const seen = types.get(other === null ? place.replace(/\([^()]*\)$/, '') : place);
        if (seen?.has(typeOf(other)) === true) continue;
        if (read(kind, id, JSON.stringify(put(json, path, other))) !== null)
          taken.push(`${place}: ${JSON.stringify(other)}`);
      }
    }
    expect(taken).toEqual([]);
    // Of each field that may be null both were tried.
    expect(places.size).toBeGreaterThan(3);
  });

  it('is none where the text is no JSON, or the record bears another id', () => {
    const { id, json } = samples[0]!;
    const body = JSON.stringify(json);
    for (const text of ['', body.slice(0, -1), `${body}x`, `[${body}]`, 'null'])
      expect(read(kind, id, text)).toBeNull();
    for (const other of ['', `${id}x`, 'a/b', '__proto__']) expect(read(kind, other, body)).toBeNull();
  });

  it('says when, who and what only in their own form', () => {
    const wrong: Readonly<Record<string, readonly Json[]>> = {
      time: ['2025-03-01', '2025-03-01T10:00:00Z', '2025-13-01T10:00:00.000Z', '2025-03-01T10:00:00.000+01:00', ''],
      count: [-1, 0.5, 2 ** 53],
      id: ['', 'a b', 'a/b', 'x'.repeat(65), 'ä'],
      name: ['', '1x', 'a b', 'x'.repeat(200), '../x'],
    };
    const fields: Readonly<Record<string, string>> = {
      createdAt: 'time',
      startedAt: 'time',
      at: 'time',
      lastAt: 'time',
      count: 'count',
      version: 'count',
      highest: 'count',
      lastEntry: 'count',
      value: 'id',
      key: 'id',
      name: 'name',
      base: 'name',
    };
    const { json, id } = samples.find(({ json: one }) => (one as { value?: Json }).value !== null)!;
    const own = Object.keys(json as object).filter((field) => field in fields);
    expect(own).not.toEqual([]);
    for (const field of own)
      for (const other of wrong[fields[field]!]!) {
        const isCalled = KINDS_OF_RECORDS[kind].isNamed && idFor({ [field]: other } as never) === other;
        const found = read(kind, isCalled ? other : id, JSON.stringify(put(json, [field], other)));
        expect(found, `${field}: ${JSON.stringify(other)}`).toBeNull();
      }
  });
});

/** Whoever holds a realm's key can write any word: whoever reads it goes by it. */
it.each<[KindName, Path, Json]>([
  ['rotation', ['secrets'], []],
  ['rotation', ['options'], { between: 'noon' }],
  ['rotation', ['options'], { on: 'someday' }],
  ['route', ['path'], 'a\0.env'],
  ['route', ['deployCommand'], 'true\0'],
  ['receiver', ['target'], 'true\0'],
  ['rotation', ['routes', 0, 'path'], 'a\0.env'],
  ['route', ['format'], ''],
  ['route', ['format'], 'exe'],
  ['route', ['method'], 'GET /'],
  ['route', ['expect'], '299-200'],
  ['route', ['timeout'], -1],
  ['source', ['kind'], 'toString'],
  ['source', ['overlap'], '30 days'],
  ['receiver', ['events'], ['never']],
  ['name', ['kind'], 'none'],
])('a %s whose %s is %j is refused', (kind, path, other) => {
  const [content] = fc.sample(anyOf(kind), { numRuns: 1, seed: 7 }) as [Content<KindName>];
  const json = JSON.parse(encodeRecord(kind, content)) as Json;
  expect(read(kind, idOf(kind, content), JSON.stringify(json))).not.toBeNull();
  expect(read(kind, idOf(kind, content), JSON.stringify(put(json, path, other)))).toBeNull();
});
