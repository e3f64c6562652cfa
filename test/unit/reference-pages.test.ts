/** docs/reference is made from the code's own tables, and no table lacks anything that the code has. After a change: `npm run docs`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/command-table.ts';
import { FORCEABLE } from '../../src/domain/guards.ts';
import { ERRORS, EXITS } from '../../src/domain/reference/errors.ts';
import { GUARDS } from '../../src/domain/reference/guards.ts';
import { GIVEN_VARIABLES, LAUNCH_VARIABLES, VARIABLES } from '../../src/domain/reference/variables.ts';
import { WARNINGS } from '../../src/domain/reference/warnings.ts';
import { ERROR_CODES, exitOf, FIXED_GUARDS } from '../../src/errors.ts';
import { DOCUMENT_NAMES, DOCUMENTS, documentOf, schemaOf, WITHOUT_DOCUMENT } from '../../src/schemas/documents.ts';
import { ROOT } from '../helpers/built-program.ts';
import { faultsOf } from '../helpers/json-documents.ts';
import { jsonPage } from '../helpers/pages/json-page.ts';
import { environmentPage, errorsPage, exitCodesPage, guardsPage } from '../helpers/pages/reference-pages.ts';

const FOLDER = resolve(ROOT, 'docs/reference');
const PAGES = {
  'exit-codes.md': exitCodesPage,
  'errors.md': errorsPage,
  'guards.md': guardsPage,
  'environment.md': environmentPage,
  'json.md': jsonPage,
};

test.each(Object.entries(PAGES))('docs/reference/%s is what the tables say', async (name, make) => {
  await expect(make()).toMatchFileSnapshot(join(FOLDER, name));
});

test.each(DOCUMENT_NAMES)('docs/reference/schemas/%s.json is its schema', async (name) => {
  await expect(`${JSON.stringify(schemaOf(name), null, 2)}\n`).toMatchFileSnapshot(
    join(FOLDER, `schemas/${name}.json`),
  );
});

test('no page or schema is left of what is gone', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  const made = [...Object.keys(PAGES), 'schemas', ...DOCUMENT_NAMES.map((name) => `schemas/${name}.json`)];
  expect(files.filter((path) => !made.includes(path))).toEqual([]);
});

/** Every file of the source as text. */
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('domain/reference/'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, 'src', path), 'utf8') }));
const found = (pattern: RegExp): string[] => [
  ...new Set(sources.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, name]) => name!))),
];

describe('nothing is missing', () => {
  test('every variable that the source names is in the table, and every one in the table is read', () => {
    const known = [...Object.keys(VARIABLES), ...Object.keys(GIVEN_VARIABLES)];
    const named = found(/\b(KNOX_[A-Z_]+)/g);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    const read = [...named, ...found(/(?:variable\(|env\[)'([A-Z_]+)'/g)];
    expect(known.filter((name) => !read.includes(name) && name !== 'KNOX_TAKEN_OVER')).toEqual([]);
    expect(found(/(?:variable\(|env\[)'([A-Z_]+)'/g).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('every variable that the launcher reads is in its table, and no other', () => {
    const launcher = readFileSync(join(ROOT, 'bin/knox.js'), 'utf8');
    const named = [...launcher.matchAll(/process\.env\.([A-Z_]+)|'(KNOX_[A-Z_]+)'/g)].map(
      ([, read, own]) => read ?? own!,
    );
    const known = [...Object.keys(LAUNCH_VARIABLES), 'HOME', 'KNOX_TAKEN_OVER'];
    expect([...new Set(named)].toSorted()).toEqual(known.toSorted());
  });

  test('every error code, exit code and guard has a meaning', () => {
    expect(Object.keys(ERRORS)).toEqual(ERROR_CODES);
    for (const code of ERROR_CODES) expect(Object.keys(EXITS)).toContain(String(exitOf(code)));
    expect(Object.keys(GUARDS).toSorted()).toEqual([...FORCEABLE, ...FIXED_GUARDS].toSorted());
    for (const guard of Object.keys(GUARDS)) expect(ERROR_CODES).toContain(guard);
    const places = Object.values(GUARDS).flatMap(({ at }) => at);
    const paths = COMMANDS.map(({ path }) => path);
    expect(places.filter((place) => !paths.includes(place) && !place.startsWith('every command'))).toEqual([]);
  });

  test('every warning of the table is given somewhere', () => {
    const words = new Set(found(/'([a-z]+(?:_[a-z]+)*)'/g));
    expect(Object.keys(WARNINGS).filter((code) => !words.has(code))).toEqual([]);
  });

  test('every command has a schema for what it prints, and every schema names commands that there are', () => {
    const paths = COMMANDS.map(({ path }) => path);
    expect(paths.filter((path) => documentOf(path) === null)).toEqual(WITHOUT_DOCUMENT);
    expect(DOCUMENT_NAMES.flatMap((name) => DOCUMENTS[name]!.commands).filter((path) => !paths.includes(path))).toEqual(
      [],
    );
    const all = DOCUMENT_NAMES.flatMap((name) => DOCUMENTS[name]!.commands);
    expect(all.length).toBe(new Set(all).size);
  });
});

describe('the check of documents', () => {
  test('takes what is right, and finds a key that is missing, more, or of another kind', () => {
    const environment = { name: 'staging', production: false, values: 2 };
    expect(faultsOf('env-list', [environment])).toEqual([]);
    expect(faultsOf('env-list', [{ ...environment, more: 1 }])).toHaveLength(1);
    expect(faultsOf('env-list', [{ ...environment, values: null }])).toHaveLength(1);
    expect(faultsOf('env-list', [{ name: 'staging', production: false }])).toHaveLength(1);
    expect(faultsOf('error', { error: { code: 'no_such', message: '', hints: [] } })).not.toEqual([]);
  });

  test.each(DOCUMENT_NAMES)('%s is a schema, and takes no other document', (name) => {
    expect(faultsOf(name, 'a text')).not.toEqual([]);
  });
});
