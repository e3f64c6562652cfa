/** `audit verify`: what an honest vault proves, with which keys, and what each way to change one is told as. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type Database from 'better-sqlite3';
import { slotPairs } from '../../src/crypto/keys.ts';
import { removeSlots } from '../../src/vault/keys/remove-slot.ts';
import { verifyAudit } from '../../src/vault/verifying/verify-audit.ts';
import { forgeEntry } from '../helpers/forge-entry.ts';
import type { Forgery } from '../helpers/forge-entry.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { OpenVault, TestVault } from '../helpers/vault.ts';
import { copyOf, tampered } from '../helpers/vandal.ts';

let made: TestVault;
let staging: Awaited<ReturnType<typeof addSlot>>;
let first: Pick<Forgery, 'slot' | 'secret'>;
beforeAll(async () => {
  made = await makeVault({
    environments: ['development', 'production'],
    secrets: { api_key: { development: 'dev value', production: 'prod value' }, region: 'eu' },
    withEveryTable: true,
  });
  staging = await made.using((vault) => addSlot(vault, 'staging-only', ['development']));
  first = await made.using(async (vault) => ({ slot: vault.requireKeys().slot, secret: made.key.secret }));
});
afterAll(() => made.remove());

const keyless: OpenVault = { key: null };
const verify = (file: string, options: OpenVault = {}) =>
  made.using((vault) => vault.read((view) => verifyAudit(view)), { trusted: made.identity, ...options, file });
const reasonOf = async (file: string, options: OpenVault = {}) => (await verify(file, options)).reason;

describe('an honest vault', () => {
  it('proves every entry and every record with a key', async () => {
    const seen: [number, number][] = [];
    const report = await made.using((vault) =>
      vault.read((view) => verifyAudit(view, async (done, of) => void seen.push([done, of]))),
    );
    expect(report).toMatchObject({ entries: 5, brokenAt: null, reason: null, unverifiedRows: 0 });
    expect(report.identity).toBe(made.identity);
    expect(report.head).toMatch(/^[0-9a-f]{64}$/);
    const [done, of] = seen.at(-1)!;
    expect([done, of]).toEqual([5 + report.verifiedRows, 5 + report.verifiedRows]);
  });

  it('proves the log and the trees with no key, and says of every record that its seal was not', async () => {
    const whole = await verify(made.file);
    expect(await verify(made.file, keyless)).toMatchObject({
      brokenAt: null,
      verifiedRows: 0,
      unverifiedRows: whole.verifiedRows,
    });
  });

  it('tells what a key for one environment cannot verify', async () => {
    const whole = await verify(made.file);
    const report = await verify(made.file, { key: { secret: staging.secret, identity: made.key.identity } });
    expect(report.brokenAt).toBeNull();
    expect(report.verifiedRows).toBeGreaterThan(0);
    expect(report.unverifiedRows).toBeGreaterThan(0);
    expect(report.verifiedRows + report.unverifiedRows).toBe(whole.verifiedRows);
  });

  it('keeps a signature of the entries that end a run of one key, and counts a removed key’s as its own', async () => {
    const file = copyOf(made);
    const key = { secret: staging.secret, identity: made.key.identity };
    const use = (options: OpenVault) =>
      made.using(
        (vault) =>
          vault.recordUse(async (change) => {
            change.nameRealm('development');
            change.log({ action: 'use' });
          }),
        { ...options, file },
      );
    await use({ key });
    await use({ key });
    await use({});
    await made.using((vault) => vault.change((change) => removeSlots(change, [vault.manifest.slots[1]!], false)), {
      file,
    });
    const signed = await made.using(
      (vault) =>
        vault.read(async (view) => (await view.entryRows(1, 20, 20)).map(({ signature }) => signature !== null)),
      { file },
    );
    expect(signed).toEqual([false, false, false, false, true, false, true, false, true]);
    expect((await verify(file)).reason).toBeNull();
    expect((await verify(file, keyless)).reason).toBeNull();
  });

  it('may hold records that were put, removed and put again in one change', async () => {
    const file = copyOf(made);
    await made.using(
      (vault) =>
        vault.change(async (change) => {
          const content = { id: 'kept', name: 'api_key', at: change.at, count: 1, source: 'a test' };
          const record = await change.put('refusal', 'production', content);
          await change.remove(record);
          await change.put('refusal', 'production', { ...content, count: 2 });
          await change.remove(await change.put('refusal', 'production', { ...content, id: 'gone' }));
          change.log({ action: 'set' });
        }),
      { file },
    );
    expect(await reasonOf(file)).toBeNull();
  });
});

describe('a log that somebody changed', () => {
  it('knows bytes that are no text from the character that stands for them', async () => {
    const file = copyOf(made);
    for (const told of ['a \uFFFD b', 'c'])
      await made.using((vault) => vault.change(async (change) => change.log({ action: 'set', detail: { told } })), {
        file,
      });
    expect(await reasonOf(file)).toBeNull();
    const changed = tampered({ ...made, file }, (database) => {
      // Three bytes that a decoder reads as that one character.
      const { changes } = database
        .prepare('UPDATE audit SET body = unhex(replace(hex(body), ?, ?)) WHERE instr(body, unhex(?)) > 0')
        .run('EFBFBD', 'F09F98', 'EFBFBD');
      expect(changes).toBe(1);
    });
    expect(await verify(changed)).toMatchObject({
      brokenAt: 6,
      reason: 'audit entry 6 was changed, or the one before it',
    });
  });

  it.each<[string, string, number, string]>([
    ['an entry gone', 'DELETE FROM audit WHERE seq = 2', 2, 'audit entry 2 is missing'],
    ['an entry before the first', 'UPDATE audit SET seq = 0 WHERE seq = 1', 1, 'audit entry 1 is missing'],
    [
      'an entry behind the head',
      "INSERT INTO audit (seq, body, hash, signature) VALUES (99, X'7B7D', zeroblob(32), NULL)",
      99,
      'audit entry 99 is outside the signed log',
    ],
    [
      'a signature that knox would not keep',
      'UPDATE audit SET signature = (SELECT signature FROM audit WHERE seq = 5) WHERE seq = 2',
      2,
      'audit entry 2 has a signature that should not be there',
    ],
    [
      'no signature at the end',
      'UPDATE audit SET signature = NULL WHERE seq = 5',
      5,
      'audit entry 5 is not signed by the key that it names',
    ],
  ])('says so of %s', async (_what, sql, brokenAt, reason) => {
    const file = tampered(made, (database) => void database.exec(sql));
    for (const options of [{}, keyless]) expect(await verify(file, options)).toMatchObject({ brokenAt, reason });
  });
});

describe('what a holder of some keys writes', () => {
  const forged = async (forgery: Omit<Forgery, 'slot' | 'secret'>, by: Pick<Forgery, 'slot' | 'secret'> = staging) => {
    const file = copyOf(made);
    await forgeEntry(file, { ...by, ...forgery });
    return file;
  };

  it('is in order where it is his to write', async () => {
    expect(await reasonOf(await forged({ realms: ['development'] }))).toBeNull();
    expect(await reasonOf(await forged({ realms: ['development'] }), keyless)).toBeNull();
  });

  it('does not pass for another’s', async () => {
    const file = copyOf(made);
    const another = { slot: first.slot.id };
    await forgeEntry(file, { ...staging, realms: ['development'], entry: another, signedBy: null });
    await forgeEntry(file, { ...staging, realms: ['development'] });
    expect(await verify(file, keyless)).toMatchObject({
      brokenAt: 6,
      reason: 'audit entry 6 is not signed by the key that it names',
    });
    const signed = await forged({ realms: ['development'], entry: another });
    expect(await reasonOf(signed, keyless)).toBe('audit entry 6 is not signed by the key that it names');
  });

  it.each<[string, Omit<Forgery, 'slot' | 'secret'>, string]>([
    [
      'a key that there never was',
      { realms: ['development'], entry: { slot: 'nobody' } },
      'audit entry 6 names a key that this vault never had',
    ],
    [
      'another environment',
      { realms: ['production'] },
      'audit entry 6 names production, which the key "staging-only" does not open',
    ],
    [
      'a manifest',
      { realms: ['development'], entry: { manifest: 'ab'.repeat(32), generation: 9 } },
      'audit entry 6 changes keys, environments or settings, which the key "staging-only" may not',
    ],
    [
      'another generation',
      { realms: ['development'], entry: { generation: 9 } },
      'audit entry 6 does not continue the generation before it',
    ],
    [
      'an identity',
      { realms: ['development'], entry: { action: 'rekey' } },
      "audit entry 6 is not a link from the vault's earlier identity",
    ],
    [
      'a gap in the log of an environment',
      { realms: ['development'], entry: { realms: {} } },
      'the signed head does not end the log of development',
    ],
  ])('may not name %s', async (_what, forgery, reason) => {
    expect(await reasonOf(await forged(forgery), keyless)).toBe(reason);
  });

  it('may not go on from elsewhere in an environment’s log, nor hide the last of it', async () => {
    const { realms } = await made.using((vault) => vault.read(async (view) => view.head));
    const { manifest } = await made.using(async (vault) => ({ manifest: vault.manifest }));
    const { id } = manifest.realms.find(({ name }) => name === 'development')!;
    const { root } = realms[id]!;
    const back = { [id]: { seq: 1, hash: 'ab'.repeat(32), root } };
    expect(await reasonOf(await forged({ realms: ['development'], entry: { realms: back } }), keyless)).toBe(
      'audit entry 6 does not continue the last one of an environment',
    );
    const unknown = { ...back, another: { seq: 0, hash: '00'.repeat(32), root } };
    const odd = await forged({ realms: ['development'], entry: { realms: unknown } });
    expect(await reasonOf(odd, keyless)).toContain('audit entry 6 does not continue');
  });

  it('may not seal production without its key', async () => {
    const seal = (honest: Parameters<NonNullable<Forgery['head']>>[0], realm: string) => ({
      ...honest,
      realms: { ...honest.realms, [realm]: { ...honest.realms[realm]!, seal: 'ab'.repeat(32) } },
    });
    const { realms } = await made.using(async (vault) => vault.manifest);
    const production = realms.find(({ name }) => name === 'production')!.id;
    const broken = await forged({ realms: ['development'], head: (honest) => seal(honest, production) });
    expect(await reasonOf(broken)).toBe('the seal of production is not made with its key');
    // Whoever has not the key cannot say.
    expect(await reasonOf(broken, keyless)).toBeNull();
  });

  it('may not be written in the name of a key that was removed', async () => {
    const file = copyOf(made);
    await made.using((vault) => vault.change((change) => removeSlots(change, [vault.manifest.slots[1]!], false)), {
      file,
    });
    const former = { slot: staging.slot.id };
    const { seed } = slotPairs(staging.secret).signing;
    await forgeEntry(file, { ...first, realms: ['development'], entry: former, signedBy: seed });
    expect(await reasonOf(file, keyless)).toBe(
      'audit entry 7 names the key "staging-only", which this vault did not have then',
    );
  });
});

describe('records that somebody changed', () => {
  const DEVELOPMENT = "(SELECT realm FROM record WHERE kind = 'lineage' LIMIT 1)";

  it.each<[string, string]>([
    ['a record that was changed', `UPDATE record SET body = replace(body, 'what it is for', 'what it was for')`],
    ['a record that is gone', `DELETE FROM record WHERE kind = 'use'`],
    ['a value that is gone', 'DELETE FROM value WHERE rowid IN (SELECT rowid FROM value LIMIT 1)'],
    ['a value that was changed', 'UPDATE value SET box = zeroblob(length(box))'],
    ['a list that was changed', 'UPDATE node SET list = zeroblob(length(list)) WHERE node >= 0'],
    ['a root that is gone', 'DELETE FROM node WHERE node = -1'],
    [
      'a planted record of a kind that there is not',
      `INSERT INTO record SELECT realm, 'planted', id, NULL, entry, digest, body FROM record WHERE kind = 'route'`,
    ],
    [
      'a planted record without a place',
      `INSERT INTO record SELECT realm, kind, 'planted', NULL, entry, digest, body FROM record WHERE kind = 'name' LIMIT 1`,
    ],
    [
      'a planted record in a place',
      `INSERT INTO record SELECT realm, kind, 'planted', place, entry, digest, body FROM record WHERE kind = 'name' LIMIT 1`,
    ],
    [
      'a planted record of a realm that there is not',
      `INSERT INTO record SELECT 'planted', kind, id, place, entry, digest, body FROM record LIMIT 1`,
    ],
    ['a node of a realm that there is not', "INSERT INTO node VALUES ('planted', 3, zeroblob(33))"],
    ['a node that nobody names', `INSERT INTO node SELECT ${DEVELOPMENT}, 300, zeroblob(33)`],
    ['a key sealed to nobody', "INSERT INTO grants SELECT 'nobody', key, sealed FROM grants LIMIT 1"],
    ['a key that is gone', 'DELETE FROM grants WHERE key = (SELECT max(key) FROM grants)'],
  ])('are found: %s, with a key and without', async (_what, sql) => {
    const file = tampered(made, (database: Database.Database) => {
      const { changes } = database.prepare(sql).run();
      expect(changes).toBeGreaterThan(0);
    });
    for (const options of [{}, keyless]) {
      const found = await verify(file, options).catch((error: unknown) => error);
      if (found instanceof Error) expect(found).toMatchObject({ exit: 8 });
      else expect([sql, found]).toEqual([sql, expect.objectContaining({ brokenAt: expect.any(Number) })]);
    }
  });
});
