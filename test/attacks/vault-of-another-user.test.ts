/**
 * Another user of the machine puts a `.knox` into a folder that people share, as a link to a person's own vault or beside it: he wants the
 * scripts beside it, which are his, run with that vault's values.
 */
import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findVault, placeForVault, vaultAbove } from '../../src/files/find-vault.ts';
import { runKnox } from '../helpers/run-knox.ts';

const PERSON = 20_002;
const ATTACKER = 20_001;

let shared: string;
beforeEach(() => {
  shared = realpathSync(mkdtempSync(join(tmpdir(), 'knox-shared-')));
  mkdirSync(join(shared, 'mine/below'), { recursive: true });
  mkdirSync(join(shared, 'home/.knox'), { recursive: true });
  writeFileSync(join(shared, 'home/.knox/vault.db'), '');
  writeFileSync(join(shared, 'home/.knox/config.json'), '{}');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(shared, { recursive: true });
});

const as = (uid: number) => void vi.spyOn(process, 'getuid').mockReturnValue(uid);
const from = (folder: string) => findVault({ given: null, cwd: join(shared, folder) });
const REFUSED = expect.objectContaining({ code: 'vault_not_found', message: expect.stringContaining('another user') });

test('a folder of another user is none of which the vault is taken, unless it is named', async () => {
  // What the superuser has is anybody's to use.
  const owner = process.getuid!() === 0 ? PERSON : process.getuid!();
  for (const path of ['home', 'home/.knox', 'home/.knox/config.json']) chownSync(join(shared, path), owner, -1);
  as(owner + 4242);
  expect(() => from('home')).toThrow(REFUSED);
  expect(() => placeForVault({ given: null, cwd: join(shared, 'home') })).toThrow(REFUSED);
  expect(vaultAbove(join(shared, 'home'))).toBe(null);
  const ran = await runKnox(join(shared, 'home'), ['list', '--json'], '');
  expect(ran.exit, ran.stderr).toBe(5);
  const file = join(shared, 'home/.knox/vault.db');
  expect(findVault({ given: file, cwd: shared })).toMatchObject({ file, root: join(shared, 'home') });
  as(owner);
  expect(from('home').file).toBe(file);
});

describe.skipIf(process.getuid?.() !== 0)('owners that differ (needs the superuser)', () => {
  beforeEach(() => {
    for (const path of ['home', 'home/.knox', 'home/.knox/vault.db', 'home/.knox/config.json', 'mine', 'mine/below'])
      chownSync(join(shared, path), PERSON, PERSON);
    as(PERSON);
  });

  const link = (owner: number, target: string, path: string) => {
    symlinkSync(join(shared, target), join(shared, path));
    lchownSync(join(shared, path), owner, owner);
  };

  test('what is all the person’s own, or the superuser’s, is taken', () => {
    expect(from('home').root).toBe(join(shared, 'home'));
    // Like /tmp, the folder of all is the superuser's.
    link(PERSON, 'home/.knox', '.knox');
    expect(from('mine/below').root).toBe(shared);
    rmSync(join(shared, '.knox'));
    link(0, 'home/.knox', '.knox');
    expect(from('mine/below').root).toBe(shared);
  });

  test('his link to the person’s own folder is not', () => {
    link(ATTACKER, 'home/.knox', '.knox');
    expect(() => from('mine/below')).toThrow(REFUSED);
  });

  test('his folder is not, nor what the person has in it', () => {
    chownSync(join(shared, 'home/.knox'), ATTACKER, ATTACKER);
    expect(() => from('home')).toThrow(REFUSED);
    chownSync(join(shared, 'home/.knox'), PERSON, PERSON);
    chownSync(join(shared, 'home'), ATTACKER, ATTACKER);
    expect(() => from('home')).toThrow(REFUSED);
  });

  test.each(['config.json', 'vault.db'])('his link in the place of %s is not', (name) => {
    mkdirSync(join(shared, 'mine/.knox'));
    chownSync(join(shared, 'mine/.knox'), PERSON, PERSON);
    link(ATTACKER, `home/.knox/${name}`, `mine/.knox/${name}`);
    expect(() => from('mine/below')).toThrow(REFUSED);
  });

  test('his settings are not, in a folder of the person’s own', () => {
    chownSync(join(shared, 'home/.knox/config.json'), ATTACKER, ATTACKER);
    expect(() => from('home')).toThrow(REFUSED);
  });
});
