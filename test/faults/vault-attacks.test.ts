/** What a vandal or a time traveller may try who can write the vault's file, and what comes of it. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import { slotPairs } from '../../src/crypto/keys.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { addSlot as giveSlot } from '../../src/vault/keys/slots.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import type { RouteRecord } from '../../src/vault/records/kinds.ts';
import { addSecret, addSlot, lineageContent, makeVault, textOf } from '../helpers/vault.ts';
import type { OpenVault, TestVault } from '../helpers/vault.ts';
import { auditOf, codeOf, copyOf, forgeVault, misleadIndex, tampered, useOf } from '../helpers/vandal.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({
    secrets: { api_key: { development: 'dev', production: 'live' }, other_key: { production: 'other' } },
    withEveryTable: true,
  });
});
afterAll(() => made.remove());

/** What a record says, without where it is. */
function contentOf({ kindOf: _kind, realm: _realm, entry: _entry, ...content }: RouteRecord) {
  return content;
}

const settle = (vault: Vault) =>
  vault.change(async (change) => {
    await change.put('lineage', 'production', lineageContent(change, 'another'));
    change.log({ action: 'set' });
  });

describe('a vandal', () => {
  async function forged(): Promise<{ file: string; identity: string }> {
    const file = join(made.folder, `forged-${Math.random()}.db`);
    return { file, identity: await forgeVault(file, await made.using(async (vault) => vault.manifest)) };
  }

  it('who seals keys of his own to every slot and signs everything anew is not believed', async () => {
    const { file, identity } = await forged();
    const bare = { secret: made.key.secret, identity: null };
    expect(identity).not.toBe(made.identity);
    // The key file's own line, KNOX_TRUST and the memory each tell; with nothing to tell by, nothing may be written.
    expect(await codeOf(made.using(settle, { file }))).toBe('vault_damaged');
    expect(await codeOf(made.using(settle, { file, key: bare, trusted: made.identity }))).toBe('vault_damaged');
    expect(await codeOf(made.using(settle, { file, key: null, trusted: made.identity }))).toBe('vault_damaged');
    made.warnings.length = 0;
    expect(await codeOf(made.using(settle, { file, key: bare }))).toBe('untrusted_vault');
    expect(made.warnings).toEqual(['untrusted_vault']);
  });

  it('is told by what this machine remembers of the place', async () => {
    const { file } = await forged();
    const place = copyOf(made);
    const memory = new HeadMemory(join(made.folder, 'state-1'));
    await made.using((vault) => vault.rememberIdentity(), { file: place, memory });
    copyFileSync(file, place);
    const bare = { secret: made.key.secret, identity: null };
    expect(await codeOf(made.using(settle, { file: place, memory, key: bare }))).toBe('vault_damaged');
  });

  it('is told by the identity inside of a passphrase slot', async () => {
    const mine = await makeVault({ passphrase: 'correct horse battery' });
    const file = join(mine.folder, 'forged.db');
    await forgeVault(file, await mine.using(async (vault) => vault.manifest));
    const passphrase = 'correct horse battery';
    const look = async () => undefined;
    expect(await codeOf(mine.using(look, { passphrase }))).toBe('done');
    expect(await codeOf(mine.using(look, { file, passphrase }))).toBe('vault_damaged');
    expect(await codeOf(mine.using(look, { passphrase: 'correct horse batterx' }))).toBe('wrong_key');
    mine.remove();
  });

  it('hands out a whole vault of his own: a key of another vault is told from a mistyped one', async () => {
    const foreign = await makeVault();
    expect(await codeOf(made.using(settle, { file: foreign.file }))).toBe('wrong_key');
    expect(await codeOf(made.using(settle, { file: foreign.file, key: null }))).toBe('untrusted_vault');
    foreign.remove();
  });

  it('hands out a whole vault of his own, sealed to the public key that everybody may have', async () => {
    const foreign = await makeVault({ secrets: { api_key: { production: 'https://evil.example' } } });
    const publicKey = encodeKeyText('public', slotPairs(made.key.secret).publicHalves);
    const give = { kind: 'key-file', label: 'you', publicKey, realms: null, admin: true, wrapped: null } as const;
    await foreign.using((vault) => vault.change((change) => giveSlot(change, give)));
    const bare = { secret: made.key.secret, identity: null };
    const read = (options: OpenVault) => codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), options));
    // His key opens it, and that alone is no reason to believe it.
    expect(await read({ file: foreign.file })).toBe('vault_damaged');
    expect(await read({ file: foreign.file, key: bare, trusted: made.identity })).toBe('vault_damaged');
    made.warnings.length = 0;
    expect(await read({ file: foreign.file, key: bare })).toBe('done');
    expect(made.warnings).toEqual(['untrusted_vault']);
    expect(await codeOf(made.using(settle, { file: foreign.file, key: bare }))).toBe('untrusted_vault');
    // In the place of the vault that this machine knows, and beside a copy of it.
    const place = copyOf(made);
    const memory = new HeadMemory(join(made.folder, 'state-foreign'));
    await made.using(settle, { file: place, memory });
    copyFileSync(foreign.file, place);
    expect(await read({ file: place, memory })).toBe('vault_damaged');
    expect(await codeOf(made.using(settle, { file: place, memory, key: bare }))).toBe('untrusted_vault');
    foreign.remove();
  });

  it('cannot exhaust a machine with the cost of a passphrase', async () => {
    const passphrase = 'correct horse battery';
    const mine = await makeVault({ passphrase });
    const manifest = await mine.using(async (vault) => vault.manifest);
    const [slot] = manifest.slots;
    const costs = [
      { memory: 1_048_577 },
      { passes: 11 },
      { lanes: 17 },
      { memory: 0 },
      { lanes: 0 },
      // 4 TiB, and more than Argon2 can be asked for.
      { memory: 4_294_967_296 },
      { memory: Number.MAX_SAFE_INTEGER },
      { salt: '' },
      { wrapped: 'AAAA' },
    ];
    for (const cost of costs) {
      const file = join(mine.folder, `costly-${Math.random()}.db`);
      const changed = { ...slot!, passphrase: { ...slot!.passphrase!, ...cost } };
      await forgeVault(file, { ...manifest, slots: [changed] });
      const look = mine.using(async () => undefined, { file, passphrase });
      expect(await codeOf(look), JSON.stringify(cost)).toBe('vault_damaged');
    }
    mine.remove();
  });

  it.each([
    ['a trigger', 'CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM audit; END'],
    ['a view', 'CREATE VIEW v AS SELECT 1'],
    ['a table', 'CREATE TABLE planted (x)'],
    ['an index', 'CREATE INDEX planted ON record (body)'],
    ['a column', 'ALTER TABLE record ADD COLUMN planted TEXT'],
    ['a dropped table', 'DROP TABLE node'],
    ['a dropped index', 'DROP INDEX record_of_place'],
  ])('plants %s', async (_what, sql) => {
    const file = tampered(made, (database) => database.exec(sql));
    expect(await codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file }))).toBe('vault_damaged');
    expect(await codeOf(made.using(settle, { file }))).toBe('vault_damaged');
  });

  it('plants a trigger while the vault is open', async () => {
    const file = copyOf(made);
    const code = await codeOf(
      made.using(
        async (vault) => {
          await textOf(vault, 'api_key', 'production');
          const other = new Database(file);
          other.exec('CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM record; END');
          other.close();
          await settle(vault);
        },
        { file },
      ),
    );
    expect(code).toBe('vault_damaged');
  });

  it('makes an index lead from one place to another', async () => {
    const file = tampered(made, (database) =>
      misleadIndex(
        database,
        'record_of_place',
        'CREATE INDEX record_of_place ON record (realm, 65535 - place, kind, id, digest) WHERE place IS NOT NULL',
      ),
    );
    expect(await codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file }))).toBe('vault_damaged');
  });

  it('hides records from an index', async () => {
    const file = tampered(made, (database) =>
      misleadIndex(
        database,
        'record_of_place',
        "CREATE INDEX record_of_place ON record (realm, place, kind, id, digest) WHERE kind = ''",
      ),
    );
    expect(await codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file }))).toBe('vault_damaged');
    expect(await useOf(made, file)).toBe('vault_damaged');
  });

  it('moves a value to another name, or renames one', async () => {
    const moved = tampered(made, (database) =>
      database.exec(
        "UPDATE value SET box = (SELECT box FROM value AS other WHERE other.body LIKE '%other_key%') WHERE body LIKE '%api_key%'",
      ),
    );
    expect(await codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file: moved }))).toBe(
      'vault_damaged',
    );
    const renamed = tampered(made, (database) =>
      database.exec(
        "DELETE FROM record WHERE id = 'api_key'; UPDATE record SET id = 'api_key', body = replace(body, 'other_key', 'api_key') WHERE id = 'other_key'",
      ),
    );
    expect(await codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file: renamed }))).toBe(
      'vault_damaged',
    );
  });

  it('removes a name or a value, with its lists or without: it is not called not found', async () => {
    const read = (file: string) => codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file }));
    for (const sql of [
      "DELETE FROM record WHERE id = 'api_key'",
      'DELETE FROM value',
      "DELETE FROM record WHERE id = 'api_key'; DELETE FROM value; DELETE FROM node WHERE node >= 0",
      'DELETE FROM record; DELETE FROM value; DELETE FROM node',
    ])
      expect(await read(tampered(made, (database) => database.exec(sql))), sql).toBe('vault_damaged');
  });

  it('cannot have what he changed vouched for by the next change', async () => {
    const hidden = tampered(made, (database) =>
      database.exec("DELETE FROM record WHERE kind = 'route' AND body LIKE '%config/1.env%'"),
    );
    const touch = (vault: Vault) =>
      vault.change(async (change) => {
        const [route] = await change.all('route', 'production');
        await change.put('route', 'production', { ...contentOf(route!), id: change.newId() });
        change.log({ action: 'route-add' });
      });
    const blind = (vault: Vault) =>
      vault.change(async (change) => {
        const [route] = await made.using((other) => other.read((view) => view.all('route', 'production')));
        await change.put('route', 'production', { ...contentOf(route!), id: change.newId() });
        change.log({ action: 'route-add' });
      });
    expect(await codeOf(made.using(touch, { file: hidden }))).toBe('vault_damaged');
    expect(await codeOf(made.using(blind, { file: hidden }))).toBe('vault_damaged');
    expect(await codeOf(made.using(blind, { file: copyOf(made) }))).toBe('done');
    const grants = tampered(made, (database) => database.exec('UPDATE grants SET sealed = zeroblob(48)'));
    expect(await codeOf(made.using((vault) => addSlot(vault, 'new', null), { file: grants }))).toBe('vault_damaged');
  });

  it('puts records into a realm that the vault does not have', async () => {
    const file = tampered(made, (database) =>
      database.exec("UPDATE value SET realm = 'elsewhere' WHERE realm = (SELECT min(realm) FROM value)"),
    );
    expect(await useOf(made, file)).toBe('vault_damaged');
  });

  it('cuts the log back, or adds to it', async () => {
    const seq = await made.using((vault) => vault.read(async (view) => view.head.seq));
    const cut = tampered(made, (database) => database.exec(`DELETE FROM audit WHERE seq = ${seq}`));
    expect(await useOf(made, cut)).toBe('vault_damaged');
    const added = tampered(made, (database) =>
      database.exec(`INSERT INTO audit SELECT ${seq + 1}, body, hash, signature FROM audit WHERE seq = ${seq}`),
    );
    expect(await auditOf(made, added)).toMatchObject({ brokenAt: seq + 1 });
    expect(await codeOf(made.using(settle, { file: added }))).toBe('vault_damaged');
    const negative = tampered(made, (database) =>
      database.exec(`INSERT INTO audit SELECT -1, body, hash, signature FROM audit WHERE seq = ${seq}`),
    );
    expect(await auditOf(made, negative)).toMatchObject({ brokenAt: -1 });
  });

  it('names the entry that was changed, without a key too', async () => {
    const file = tampered(made, (database) => database.exec("UPDATE audit SET body = X'7b7d' WHERE seq = 2"));
    const report = await auditOf(made, file, { key: null, trusted: made.identity });
    expect(report).toMatchObject({ entries: 1, brokenAt: 2 });
    expect(report?.reason).toContain('audit entry 2');
  });
});

describe('a time traveller', () => {
  it('who puts an older file back is told by the memory: values with a warning, no change', async () => {
    const place = copyOf(made);
    const older = copyOf(made, place);
    const memory = new HeadMemory(join(made.folder, 'state-2'));
    await made.using(settle, { file: place, memory });
    copyFileSync(older, place);
    made.warnings.length = 0;
    const vault = await made.open({ file: place, memory });
    expect(vault.isRolledBack).toBe(true);
    expect(made.warnings).toEqual(['vault_rolled_back']);
    expect(await textOf(vault, 'api_key', 'production')).toBe('live');
    expect(await codeOf(settle(vault))).toBe('vault_rolled_back');
    await vault.close();
    // And again: what was met is not taken for the newest.
    expect(await codeOf(made.using(settle, { file: place, memory }))).toBe('vault_rolled_back');
  });

  it('who puts another history back that goes further is told as well', async () => {
    const place = copyOf(made);
    const fork = copyOf(made);
    const memory = new HeadMemory(join(made.folder, 'state-3'));
    await made.using(settle, { file: place, memory });
    await made.using((vault) => addSecret(vault, 'forked', 'x'), { file: fork });
    await made.using(settle, { file: fork });
    copyFileSync(fork, place);
    expect(await codeOf(made.using(settle, { file: place, memory }))).toBe('vault_rolled_back');
  });

  it('and writes the remembered hash beside the entry of that history', async () => {
    const place = copyOf(made);
    const fork = copyOf(made);
    const memory = new HeadMemory(join(made.folder, 'state-4'));
    await made.using(settle, { file: place, memory });
    const seen = memory.at(place)[0]!;
    await made.using((vault) => addSecret(vault, 'forked', 'x'), { file: fork });
    await made.using(settle, { file: fork });
    const covered = tampered({ ...made, file: fork }, (database) =>
      database.prepare('UPDATE audit SET hash = ? WHERE seq = ?').run(Buffer.from(seen.hash, 'hex'), seen.seq),
    );
    copyFileSync(covered, place);
    expect(await codeOf(made.using(settle, { file: place, memory }))).toBe('audit_broken');
  });

  it('is told by KNOX_HEAD on a machine that never saw the vault', async () => {
    const older = copyOf(made);
    const newer = copyOf(made);
    await made.using(settle, { file: newer });
    const { seq, hash } = await made.using((vault) => vault.read(async (view) => view.head), { file: newer });
    const read = async () => undefined;
    expect(await codeOf(made.using(read, { file: newer, expectedHead: { seq, hash } }))).toBe('done');
    expect(await codeOf(made.using(read, { file: older, expectedHead: { seq, hash } }))).toBe('vault_rolled_back');
    const wrong = { seq: seq - 1, hash };
    expect(await codeOf(made.using(read, { file: newer, expectedHead: wrong }))).toBe('vault_rolled_back');
  });

  it('an older copy at another place warns and is used', async () => {
    const place = copyOf(made);
    const copy = copyOf(made);
    const memory = new HeadMemory(join(made.folder, 'state-5'));
    await made.using(settle, { file: place, memory });
    made.warnings.length = 0;
    const bare = { secret: made.key.secret, identity: null };
    expect(await codeOf(made.using(settle, { file: copy, memory, key: bare }))).toBe('done');
    expect(made.warnings).toEqual(['older_copy']);
  });

  it('another vault at the place does not make the memory of the first one forgotten', async () => {
    const place = copyOf(made);
    const older = copyOf(made);
    const other = await makeVault();
    const memory = new HeadMemory(join(made.folder, 'state-6'));
    await made.using(settle, { file: place, memory });
    copyFileSync(other.file, place);
    expect(await codeOf(other.using(settle, { file: place, memory }))).toBe('done');
    copyFileSync(older, place);
    expect(await codeOf(made.using(settle, { file: place, memory }))).toBe('vault_rolled_back');
    other.remove();
  });

  it('no state folder is no failure', async () => {
    const memory = new HeadMemory('/dev/null/nowhere');
    expect(await codeOf(made.using(settle, { file: copyOf(made), memory }))).toBe('done');
  });
});
