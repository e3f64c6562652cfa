/**
 * Identities that follow one another, and what somebody may try who once held the key that signs: a link to a vault of his own making, a
 * second link, older copies from before the keys were made anew.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signHead, signLink } from '../../src/crypto/audit-chain.ts';
import { decodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey } from '../../src/crypto/keys.ts';
import type { EntryRecord } from '../../src/store/store.ts';
import type { Head } from '../../src/vault/head.ts';
import { HeadMemory } from '../../src/vault/head-memory.ts';
import { identityOf } from '../../src/vault/manifest.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { addSecret, makeVault, textOf } from '../helpers/vault.ts';
import type { OpenVault, TestVault } from '../helpers/vault.ts';
import { auditOf, codeOf, copyOf, tampered } from '../helpers/vandal.ts';

const PASSPHRASE = 'correct horse battery';

let made: TestVault;
/** The vault before its keys were made anew, after that, and after they were made anew once more. */
let before: string;
let after: string;
let twice: string;
/** Identities of these. */
let identity: { old: string; next: string; last: string };
/** What the one who left made of his old copy: keys made anew, signed by the root that he has, and another value. */
let evil: string;
/** The same with a longer log than the vault has. */
let longEvil: string;

const rekey = (vault: Vault) => vault.rekey(null, async () => undefined);
const note = (vault: Vault) => vault.change(async (change) => change.log({ action: 'set' }));
const identityOfFile = (file: string) => made.using(async (vault) => vault.manifest.identity, { file });

async function forgery(entries: number): Promise<string> {
  const file = copyOf(made, before);
  await made.using(
    async (vault) => {
      await rekey(vault);
      await addSecret(vault, 'planted', { production: 'https://evil.example' });
      for (let count = 0; count < entries; count += 1) await note(vault);
    },
    { file },
  );
  return file;
}

beforeAll(async () => {
  made = await makeVault({ secrets: { api_key: { development: 'dev', production: 'live' } }, passphrase: PASSPHRASE });
  before = copyOf(made);
  after = copyOf(made);
  await made.using(
    async (vault) => {
      await rekey(vault);
      await note(vault);
    },
    { file: after },
  );
  twice = copyOf(made, after);
  await made.using(rekey, { file: twice });
  identity = {
    old: made.identity,
    next: await identityOfFile(after),
    last: await identityOfFile(twice),
  };
  evil = await forgery(0);
  longEvil = await forgery(20);
});
afterAll(() => made.remove());

const keyWith = (line: string | null) => ({
  secret: made.key.secret,
  identity: line === null ? null : (decodeKeyText('identity', line) as Uint8Array),
});

let machines = 0;
/** A machine that has worked with each of these files, one after the other, at one place, where the last of them still lies. */
async function machine(...files: string[]): Promise<{ place: string; memory: HeadMemory }> {
  const place = copyOf(made, files[0]);
  const memory = new HeadMemory(join(made.folder, `machine-${(machines += 1)}`));
  for (const file of files) {
    copyFileSync(file, place);
    await made.using((vault) => vault.rememberIdentity(), { file: place, memory });
  }
  return { place, memory };
}

const read = (file: string, options: OpenVault) =>
  codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { ...options, file }));
const write = (file: string, options: OpenVault) => codeOf(made.using(note, { ...options, file }));

describe('whoever left with an administering key signs a link to a vault of his own making', () => {
  it.each(['short', 'long'])(
    'a machine that has seen what followed refuses it, %s, in place of the vault',
    async (log) => {
      const { place, memory } = await machine(before, after);
      copyFileSync(log === 'short' ? evil : longEvil, place);
      const ways: OpenVault[] = [
        { key: keyWith(identity.old) },
        { key: keyWith(identity.next) },
        { key: keyWith(null) },
        { key: keyWith(null), trusted: identity.old },
        { passphrase: PASSPHRASE },
        { key: null, trusted: identity.old },
        { key: null },
      ];
      for (const [index, way] of ways.entries()) {
        const options = { ...way, memory };
        if (way.key !== null) expect(await read(place, options), `way ${index}`).toBe('vault_damaged');
        expect(await codeOf(made.using(async () => undefined, { ...options, file: place })), `way ${index}`).toBe(
          'vault_damaged',
        );
      }
    },
  );

  it('and at another place, whatever else the machine has seen there or elsewhere', async () => {
    const { memory } = await machine(before, after);
    const options = { key: keyWith(identity.old), memory };
    for (const file of [evil, longEvil]) {
      const place = copyOf(made, file);
      expect(await read(place, options)).toBe('vault_damaged');
      expect(await write(place, options)).toBe('vault_damaged');
    }
    // A copy from before that went on by itself is the newest that was seen: it does not make the other one forgotten.
    const stale = copyOf(made, before);
    await made.using(
      async (vault) => {
        for (let count = 0; count < 30; count += 1) await note(vault);
      },
      { file: stale, ...options },
    );
    expect(memory.elsewhere(await made.using(async (vault) => vault.manifest.vault), '')[0]!.identity).toBe(
      identity.old,
    );
    expect(await read(copyOf(made, longEvil), options)).toBe('vault_damaged');
    copyFileSync(longEvil, stale);
    expect(await read(stale, options)).toBe('vault_damaged');
  });

  it('a machine that never saw the vault is told by the new identity alone', async () => {
    // With the old one nobody can tell: this is why the new one is handed to everybody after an administering key was removed.
    expect(await write(copyOf(made, evil), { key: keyWith(identity.old) })).toBe('done');
    expect(await write(copyOf(made, evil), { key: keyWith(identity.next) })).toBe('vault_damaged');
    expect(await write(copyOf(made, evil), { key: keyWith(null), trusted: identity.next })).toBe('vault_damaged');
    expect(await write(copyOf(made, evil), { key: keyWith(null) })).toBe('untrusted_vault');
  });

  it('with the newer log, and his old manifest and rows under it', async () => {
    const { place, memory } = await machine(before, after);
    const auditSeed = await made.using(async (vault) => vault.requireKeys().auditSeed, { file: before });
    const { head, vault: id } = await made.using(
      (vault) => vault.read(async (view) => ({ head: view.head, vault: vault.manifest.vault })),
      { file: after },
    );
    const forged = tampered({ ...made, file: before }, (database) => {
      database.prepare('ATTACH ? AS newer').run(after);
      database.exec('INSERT INTO audit SELECT * FROM newer.audit WHERE seq > (SELECT max(seq) FROM main.audit)');
      const own = JSON.parse(
        (database.prepare('SELECT body FROM main.head').pluck().get() as Buffer).toString(),
      ) as Head;
      const body = Buffer.from(JSON.stringify({ ...own, seq: head.seq, at: head.at, hash: head.hash }));
      database.prepare('UPDATE main.head SET body = ?, signature = ?').run(body, signHead(auditSeed, id, body));
    });
    copyFileSync(forged, place);
    for (const line of [identity.old, identity.next, null])
      expect(await read(place, { key: keyWith(line), memory }), String(line)).toBe('vault_damaged');
    // Whoever has the identity and verifies sees that the log leads elsewhere.
    expect((await auditOf(made, forged))?.brokenAt).toBe(head.seq);
  });
});

describe('an older copy from before the keys were made anew is put back', () => {
  it('values with a warning where the key file has its identity, no change, until it is accepted', async () => {
    const { place, memory } = await machine(before, after, twice);
    for (const [copy, line] of [
      [before, identity.old],
      [after, identity.old],
      [after, identity.next],
    ] as const) {
      copyFileSync(copy, place);
      made.warnings.length = 0;
      expect(await read(place, { key: keyWith(line), memory })).toBe('done');
      expect(made.warnings).toEqual(['vault_rolled_back']);
      expect(await write(place, { key: keyWith(line), memory })).toBe('vault_rolled_back');
      expect(await codeOf(made.using(rekey, { file: place, key: keyWith(line), memory }))).toBe('vault_rolled_back');
    }
    // Trust is no way round it.
    const trust = made.using((vault) => vault.rememberIdentity(), { file: place, key: keyWith(identity.old), memory });
    expect(await codeOf(trust)).toBe('vault_rolled_back');
    const options = { file: place, key: keyWith(identity.old), memory };
    await made.using((vault) => vault.acceptRollback('a test'), options);
    expect(await codeOf(made.using(note, options))).toBe('done');
  });

  it('exit 8 where the key file has the newer identity, or the memory alone tells', async () => {
    const { place, memory } = await machine(before, after);
    copyFileSync(before, place);
    for (const line of [identity.next, null])
      expect(await read(place, { key: keyWith(line), memory })).toBe('vault_damaged');
    expect(await read(place, { key: keyWith(null), memory, trusted: identity.next })).toBe('vault_damaged');
  });

  it('at another place it is an older copy: a warning, and used', async () => {
    const { memory } = await machine(before, after);
    made.warnings.length = 0;
    const place = copyOf(made, before);
    expect(await write(place, { key: keyWith(identity.old), memory })).toBe('done');
    expect(made.warnings).toEqual(['older_copy']);
    made.warnings.length = 0;
    expect(await write(copyOf(made, before), { key: keyWith(null), memory })).toBe('untrusted_vault');
  });

  it('a newer one is followed, here and at another place', async () => {
    const { place, memory } = await machine(before);
    for (const file of [after, twice]) {
      copyFileSync(file, place);
      for (const key of [keyWith(identity.old), keyWith(null)]) {
        const trusts = made.using(
          async (vault) => {
            vault.requireTrust();
            await vault.rememberIdentity();
          },
          { file: place, key, memory },
        );
        expect(await codeOf(trusts)).toBe('done');
        expect(await write(copyOf(made, file), { key, memory })).toBe('done');
      }
    }
  });
});

describe('a vandal at the links of the log', () => {
  const isUsable = (file: string, line: string) =>
    codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file, key: keyWith(line) }));
  /** The entry that is the link from the old identity to the next one. */
  const linkOf = (database: Database.Database) =>
    database.prepare('SELECT seq, body, hash, signature FROM audit WHERE signature IS NOT NULL ORDER BY seq').get() as {
      seq: number;
      body: Buffer;
      hash: Buffer;
      signature: Buffer;
    };
  let seq: number;
  let vaultId: string;
  beforeAll(async () => {
    const found = await made.using(
      (vault) => vault.read(async (view) => ({ signed: await view.signedEntries(), id: vault.manifest.vault })),
      { file: after },
    );
    seq = found.signed[0]!.seq;
    vaultId = found.id;
  });

  /** What the old root signs by itself: its holder left. */
  function otherLink(at: number): { body: Buffer; signature: Buffer } {
    const detail = { previous: identity.old, identity: identityOf(newKey()), auditKey: '00'.repeat(32), generation: 2 };
    const entry: Partial<EntryRecord> = { seq: at };
    const body = JSON.stringify({ at: '2025-03-02T10:00:00.000Z', actor: 'x', key: null, action: 'rekey', detail });
    return { body: Buffer.from(body), signature: Buffer.from(signLink(made.rootSeed, vaultId, entry.seq!, body)) };
  }

  it('is a log that verifies and is followed, to begin with', async () => {
    expect(await auditOf(made, after)).toMatchObject({ brokenAt: null });
    expect(await isUsable(after, identity.old)).toBe('done');
    expect(await isUsable(twice, identity.old)).toBe('done');
    expect(await isUsable(twice, identity.next)).toBe('done');
  });

  const cases: [what: string, change: (database: Database.Database) => void, brokenAt: () => number][] = [
    [
      'a second link in place of the entry before',
      (database) => {
        const { body, signature } = otherLink(seq - 1);
        database.prepare('UPDATE audit SET body = ?, signature = ? WHERE seq = ?').run(body, signature, seq - 1);
      },
      () => seq - 1,
    ],
    [
      'a second link in place of the first entry',
      (database) => {
        const { body, signature } = otherLink(1);
        database.prepare('UPDATE audit SET body = ?, signature = ? WHERE seq = 1').run(body, signature);
      },
      () => 1,
    ],
    [
      'a second link before the first entry',
      (database) => {
        const { body, signature } = otherLink(0);
        database.prepare('INSERT INTO audit VALUES (0, ?, zeroblob(32), ?)').run(body, signature);
      },
      () => 0,
    ],
    [
      'a second link after the last entry',
      (database) => {
        const { body, signature } = otherLink(seq + 2);
        database.prepare('INSERT INTO audit VALUES (?, ?, zeroblob(32), ?)').run(seq + 2, body, signature);
      },
      () => seq + 2,
    ],
    [
      'a second link in place of the entry after',
      (database) => {
        const { body, signature } = otherLink(seq + 1);
        database.prepare('UPDATE audit SET body = ?, signature = ? WHERE seq = ?').run(body, signature, seq + 1);
      },
      () => seq + 1,
    ],
    [
      'a signature on an entry that is no link',
      (database) => database.prepare('UPDATE audit SET signature = zeroblob(64) WHERE seq = ?').run(seq + 1),
      () => seq + 1,
    ],
    [
      'the log cut off from the link on',
      (database) => database.prepare('DELETE FROM audit WHERE seq >= ?').run(seq),
      () => seq,
    ],
    ['the link removed', (database) => database.prepare('DELETE FROM audit WHERE seq = ?').run(seq), () => seq],
    [
      'the link without its signature',
      (database) => database.prepare('UPDATE audit SET signature = NULL WHERE seq = ?').run(seq),
      () => seq,
    ],
    [
      'a changed signature',
      (database) => {
        const { signature } = linkOf(database);
        signature[5]! ^= 1;
        database.prepare('UPDATE audit SET signature = ? WHERE seq = ?').run(signature, seq);
      },
      () => seq,
    ],
    [
      'a changed body',
      (database) => {
        const body = linkOf(database).body.toString().replace('"actor":"tester"', '"actor":"nobody"');
        database.prepare('UPDATE audit SET body = ? WHERE seq = ?').run(Buffer.from(body), seq);
      },
      () => seq,
    ],
    [
      'the link moved to another place of the log',
      (database) => {
        database.prepare('UPDATE audit SET seq = -1 WHERE seq = ?').run(seq + 1);
        database.prepare('UPDATE audit SET seq = ? WHERE seq = ?').run(seq + 1, seq);
        database.prepare('UPDATE audit SET seq = ? WHERE seq = -1').run(seq);
      },
      () => seq,
    ],
  ];

  it.each(cases)('%s: audit verify names it, and the old identity leads nowhere', async (_what, change, brokenAt) => {
    const file = tampered({ ...made, file: after }, change);
    expect(await isUsable(file, identity.old)).toBe('vault_damaged');
    const key = keyWith(identity.next);
    const report = await auditOf(made, file, { key });
    // Where the last entry is not the head's any more, not even the new identity opens it.
    if (report === null) expect(await isUsable(file, identity.next)).toBe('vault_damaged');
    else expect([report.brokenAt, report.reason]).toEqual([brokenAt(), expect.any(String)]);
  });

  it('the link of another vault', async () => {
    const other = await makeVault();
    await other.using(rekey);
    const file = tampered({ ...made, file: after }, (database) => {
      database.prepare('ATTACH ? AS other').run(other.file);
      const link = database.prepare('SELECT body, signature FROM other.audit WHERE signature IS NOT NULL').get() as {
        body: Buffer;
        signature: Buffer;
      };
      database
        .prepare('UPDATE main.audit SET body = ?, signature = ? WHERE seq = ?')
        .run(link.body, link.signature, seq);
    });
    expect(await isUsable(file, identity.old)).toBe('vault_damaged');
    expect(await isUsable(file, other.identity)).toBe('vault_damaged');
    expect(await auditOf(made, file, { key: keyWith(identity.next) })).toMatchObject({ brokenAt: seq });
    other.remove();
  });

  it('the second of two links, without the first', async () => {
    const file = tampered({ ...made, file: twice }, (database) =>
      database.prepare('UPDATE audit SET signature = NULL WHERE seq = ?').run(seq),
    );
    expect(await isUsable(file, identity.old)).toBe('vault_damaged');
    expect(await isUsable(file, identity.next)).toBe('done');
    expect(await auditOf(made, file, { key: keyWith(identity.last) })).toMatchObject({ brokenAt: seq });
  });
});
