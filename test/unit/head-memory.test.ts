import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';

const seen = {
  vault: 'v',
  location: '/a/vault.db',
  identity: 'knox_vault_1_x',
  generation: 1,
  seq: 5,
  hash: 'ab',
  realms: { r: 4 },
  slots: ['me'],
};
let folder: string;
beforeAll(loadSodium);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-heads-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the memory of heads', () => {
  it('keeps what was seen at a place, for its owner alone', () => {
    const state = join(folder, 'state', 'knox');
    new HeadMemory(state).remember(seen);
    expect(new HeadMemory(state).at(seen.location)).toEqual([seen]);
    expect(new HeadMemory(state).at('/b/vault.db')).toEqual([]);
    const heads = join(state, 'heads');
    expect(readdirSync(heads)).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.json$/)]);
    expect(statSync(heads).mode & 0o777).toBe(0o700);
    expect(statSync(join(heads, readdirSync(heads)[0]!)).mode & 0o777).toBe(0o600);
  });

  it('never takes an older head for a newer one, of each vault by itself', () => {
    const memory = new HeadMemory(folder);
    memory.remember(seen);
    memory.remember({ ...seen, seq: 4, hash: 'cd' });
    memory.remember({ ...seen, vault: 'w', seq: 1 });
    expect(memory.at(seen.location)).toEqual([seen, { ...seen, vault: 'w', seq: 1 }]);
    memory.remember({ ...seen, seq: 6, hash: 'ef' });
    expect(memory.at(seen.location).find(({ vault }) => vault === 'v')).toEqual({ ...seen, seq: 6, hash: 'ef' });
  });

  it('keeps the newest that was seen of each realm, by whichever key, and the keys', () => {
    const memory = new HeadMemory(folder);
    memory.remember(seen);
    memory.remember({ ...seen, seq: 7, hash: 'cd', realms: { s: 7 }, slots: ['you'] });
    memory.remember({ ...seen, seq: 6, realms: { r: 6 }, slots: [] });
    const { realms, slots, seq } = memory.at(seen.location)[0]!;
    expect({ realms, slots, seq }).toEqual({ realms: { r: 6, s: 7 }, slots: ['me', 'you'], seq: 7 });
  });

  it('keeps the identities that a vault had before, each once', () => {
    const memory = new HeadMemory(folder);
    memory.remember(seen);
    memory.remember({ ...seen, identity: 'knox_vault_1_y', seq: 6 });
    memory.remember({ ...seen, identity: 'knox_vault_1_y', seq: 7 });
    memory.remember({ ...seen, identity: 'knox_vault_1_z', seq: 8 });
    expect(memory.at(seen.location)[0]).toMatchObject({
      identity: 'knox_vault_1_z',
      earlier: ['knox_vault_1_x', 'knox_vault_1_y'],
    });
  });

  it('finds what was seen of a vault at other places, newest first', () => {
    const memory = new HeadMemory(folder);
    memory.remember(seen);
    memory.remember({ ...seen, location: '/b/vault.db', seq: 7 });
    memory.remember({ ...seen, location: '/c/vault.db', vault: 'w', seq: 9 });
    expect(memory.elsewhere('v', '/d/vault.db')[0]?.seq).toBe(7);
    expect(memory.elsewhere('v', '/b/vault.db')[0]?.seq).toBe(5);
    expect(memory.elsewhere('x', '/b/vault.db')).toEqual([]);
    memory.forget('/b/vault.db');
    expect(memory.elsewhere('v', '/d/vault.db')[0]?.seq).toBe(5);
  });

  it.each([
    '',
    'null',
    '{}',
    '[null]',
    '[{"vault":"v"}]',
    'not json',
    '[{"vault":"v","location":"","identity":"","generation":1,"seq":1,"hash":"","realms":{},"slots":[],"earlier":[7]}]',
    '[{"vault":"v","location":"","identity":"","generation":1,"seq":1,"hash":"","realms":{"r":"1"},"slots":[]}]',
    '[{"vault":"v","location":"","identity":"","seq":1,"hash":""}]',
  ])('takes a file that holds %j for none', (text) => {
    const memory = new HeadMemory(folder);
    memory.remember(seen);
    const heads = join(folder, 'heads');
    writeFileSync(join(heads, readdirSync(heads)[0]!), text);
    expect(memory.at(seen.location)).toEqual([]);
    expect(memory.elsewhere('v', '/b')).toEqual([]);
    memory.remember(seen);
    expect(memory.at(seen.location)).toEqual([seen]);
  });

  it('does without where there is no folder, or none can be made', () => {
    writeFileSync(join(folder, 'file'), '');
    for (const state of [null, join(folder, 'file'), join(folder, 'file', 'below'), '/dev/null/x']) {
      const memory = new HeadMemory(state);
      memory.remember(seen);
      memory.forget(seen.location);
      expect(memory.at(seen.location)).toEqual([]);
      expect(memory.elsewhere('v', '/b')).toEqual([]);
    }
  });
});
