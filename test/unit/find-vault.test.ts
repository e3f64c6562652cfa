/** `.knox/config.json` comes with a repository: whatever it holds is settings, or refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findVault } from '../../src/files/find-vault.ts';

const folder = mkdtempSync(join(tmpdir(), 'knox-find-'));
mkdirSync(join(folder, '.knox'));
afterAll(() => rmSync(folder, { recursive: true }));
const found = (text: string) => {
  writeFileSync(join(folder, '.knox', 'config.json'), text);
  return findVault({ given: null, cwd: folder });
};

test.each(['null', '[]', '7', '"text"', '', '{', '\u0000', '{"vault":"a\\u0000.db"}'])('%j is refused', (text) => {
  expect(() => found(text)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('settings of other types are left out', () => {
  const plain = { file: join(folder, '.knox', 'vault.db'), root: folder, project: '' };
  for (const text of ['{}', '{"vault":7,"project":null}', '{"__proto__":{"vault":"x"}}'])
    expect(found(text)).toEqual(plain);
  expect(found('{"vault":"a.db","project":"shop"}')).toEqual({
    file: join(folder, 'a.db'),
    root: folder,
    project: 'shop',
  });
});
