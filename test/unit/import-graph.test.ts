import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { circlesOf, findBreaches, readImports, roomsInOrder, WINGS } from '../helpers/import-graph.ts';

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

function tree(files: Record<string, string>): string {
  folder = mkdtempSync(join(tmpdir(), 'knox-graph-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

describe('reading imports', () => {
  test('tells apart what is loaded at once, later and never', () => {
    const imports = readImports(
      tree({
        'domain/a.ts': `
          import one from './one.ts';
          import type { Two } from './two.ts';
          import { type Three } from './three.ts';
          export { four } from './four.ts';
          export type { Five } from './five.ts';
          export * from '../six.ts';
          import './seven.ts';
          type Eight = typeof import('./eight.ts');
          export async function later(): Promise<unknown> { return [await import('./nine.ts'), one as Eight & Two & Three]; }
          // import './comment.ts';
          export const text = "import './string.ts'", template = \`\${await import('node:fs')} import('./template.ts')\`;
        `,
      }),
    );
    expect(Object.fromEntries(imports.map(({ to, kind }) => [to, kind]))).toEqual({
      'domain/one.ts': 'static',
      'domain/two.ts': 'type',
      // What is left of it in the built program is an import for its effects.
      'domain/three.ts': 'static',
      'domain/four.ts': 'static',
      'domain/five.ts': 'type',
      'six.ts': 'static',
      'domain/seven.ts': 'static',
      'domain/nine.ts': 'dynamic',
      'node:fs': 'dynamic',
    });
  });

  test('an import() that cannot be read is no way around', () => {
    expect(() => readImports(tree({ 'domain/a.ts': 'export const load = (name: string) => import(name);' }))).toThrow(
      'domain/a.ts',
    );
  });
});

describe('a breach is seen', () => {
  test.each([
    ['domain/a.ts', `import '../store/store.ts';`, 'domain may not import store'],
    ['errors.ts', `import './domain/a.ts';`, 'errors may not import domain'],
    ['vault/core/a.ts', `import '../../store/sqlite/connection.ts';`, 'vault/core may not import sqlite'],
    ['vault/core/a.ts', `import '../../rotation/a.ts';`, 'vault/core may not import rotation'],
    ['vault/core/a.ts', `import '../keys/a.ts';`, 'vault/core may not import vault/keys'],
    ['vault/core/a.ts', `import type {} from '../opening/a.ts';`, 'vault/core may not import vault/opening'],
    ['domain/a.ts', `import type {} from '../vault/core/a.ts';`, 'domain may not import vault/core'],
    ['routes/a.ts', `import '../vault/uses/a.ts';`, 'routes may know no more of vault/uses than its types'],
    [
      'commands/keeping/a.ts',
      `import '../../store/store.ts';`,
      'commands/keeping may know no more of store than its types',
    ],
    [
      'commands/keeping/a.ts',
      `import '../../store/store.ts';\nimport type {} from '../../store/store.ts';`,
      'commands/keeping may know no more of store than its types',
    ],
    [
      'commands/secrets/a.ts',
      `export async function f() { await import('../../crypto/keys.ts'); }`,
      'commands/secrets may not import crypto',
    ],
    [
      'commands/secrets/a.ts',
      `import type {} from '../routes/a.ts';`,
      'commands/secrets may not import commands/routes',
    ],
    ['commands/secrets/declared.ts', `import './get.ts';`, 'declared may load commands/secrets only by import()'],
    ['program.ts', `import './commands/tools/completion.ts';`, 'program may load commands/tools only by import()'],
    ['context.ts', `import './vault/opening/vault.ts';`, 'context may load vault/opening only by import()'],
    ['main.ts', `import './terminal/style.ts';`, 'main may load terminal only by import()'],
    ['domain/a.ts', `export * from '../output/json.ts';`, 'domain may not import output'],
    ['crypto/a.ts', `import '../vault/core/a.ts';`, 'crypto may not import vault/core'],
    ['store/a.ts', `import 'better-sqlite3';`, 'only sqlite may know better-sqlite3'],
    ['vault/core/a.ts', `import type Database from 'better-sqlite3';`, 'only sqlite may know better-sqlite3'],
    ['vault/core/a.ts', `import 'libsodium-wrappers';`, 'only crypto may know libsodium-wrappers'],
    ['output/a.ts', `import 'chalk';`, 'only terminal may know chalk'],
    ['commands/tools/a.ts', `import 'commander';`, 'only program may know commander'],
    ['domain/a.ts', `import 'left-pad';`, 'no room has the package left-pad'],
    ['helpers/a.ts', `import 'node:fs';`, 'helpers is no room of the house'],
    ['domain/a.ts', `import '../../test/a.ts';`, 'leaves src'],
  ])('%s: %s', (path, text, reason) => {
    const breaches = findBreaches(readImports(tree({ [path]: text })));
    expect(breaches).toHaveLength(1);
    expect(breaches[0]).toContain(reason);
  });

  test('what the plan has is none', () => {
    const imports = readImports(
      tree({
        'program.ts': `import 'commander'; import './errors.ts'; export const f = () => import('./commands/tools/completion.ts');`,
        'commands/secrets/get.ts': `import '../../vault/core/a.ts'; import './part.ts'; import type {} from '../../terminal/style.ts';`,
        'commands/secrets/declared.ts': `import '../../command-line/command.ts'; export const f = () => import('./get.ts');`,
        'context.ts': `export const f = () => [import('./store/sqlite/a.ts'), import('./terminal/style.ts')];`,
        'store/sqlite/a.ts': `import 'better-sqlite3'; import '../store.ts'; import 'node:fs';`,
        'vault/core/a.ts': `import '../../store/store.ts'; import '../../crypto/keys.ts';`,
        'vault/log/a.ts': `import type {} from '../../store/store.ts';`,
      }),
    );
    expect(imports.length).toBeGreaterThan(10);
    expect(findBreaches(imports)).toEqual([]);
  });
});

describe('a circle is seen', () => {
  test('of files, by their types too, and not by import()', () => {
    const imports = readImports(
      tree({
        'domain/a.ts': `import './b.ts'; import type {} from './c.ts';`,
        'domain/b.ts': `export const f = () => import('./a.ts');`,
        'domain/c.ts': `import './d.ts';`,
        'domain/d.ts': `import type {} from './c.ts';`,
      }),
    );
    expect(circlesOf(imports)).toEqual([['domain/c.ts', 'domain/d.ts']]);
  });
});

test('there is one way between rooms, and the wings of the vault lie below what uses them', () => {
  const order = roomsInOrder();
  expect(order.indexOf('errors')).toBe(0);
  for (const wing of Object.keys(WINGS)) expect(order.indexOf(wing)).toBeLessThan(order.indexOf('context'));
});

test('no file of the house knows itself by way of others', () => {
  expect(circlesOf(readImports(resolve(import.meta.dirname, '../../src')))).toEqual([]);
});

test('the house is as planned', () => {
  const imports = readImports(resolve(import.meta.dirname, '../../src'));
  expect(imports.length).toBeGreaterThan(20);
  expect(findBreaches(imports)).toEqual([]);
});
