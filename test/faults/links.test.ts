/**
 * Identities that follow one another, and what somebody may try who once held the key that signs: a link to a vault of his own making, a
 * second link, older copies from before the keys were made anew.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renewKeys } from '../../src/vault/keys/renew-keys.ts';
import { signHead } from '../../src/crypto/audit-chain.ts';
import { decodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import type { Head } from '../../src/vault/documents/head.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { makeLink } from '../../src/vault/log/links.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
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

const rekey = (vault: Vault) => renewKeys(vault, {}, async () => undefined);
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
    await made.using((vault) => vault.acceptRollback('a test'), { file: stale, ...options, isAccepting: true });
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
    const { seed } = slotPairs(made.key.secret).signing;
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
      database.prepare('UPDATE main.head SET body = ?, signature = ?').run(body, signHead(seed, id, body));
    });
    copyFileSync(forged, place);
    for (const [line, code] of [
      [identity.old, 'vault_rolled_back'],
      [identity.next, 'vault_damaged'],
      [null, 'vault_rolled_back'],
    ] as const)
      expect(await read(place, { key: keyWith(line), memory }), String(line)).toBe(code);
    // Whoever has the identity and verifies sees that the log leads elsewhere.
    expect((await auditOf(made, forged))?.brokenAt).not.toBeNull();
  });
});

describe('an older copy from before the keys were made anew is put back', () => {
  it('is not used at all, until it is accepted', async () => {
    const { place, memory } = await machine(before, after, twice);
    for (const [copy, line, code] of [
      [before, identity.old, 'vault_rolled_back'],
      [after, identity.old, 'vault_rolled_back'],
      [after, identity.next, 'vault_rolled_back'],
      [before, null, 'vault_rolled_back'],
      [before, identity.next, 'vault_damaged'],
    ] as const) {
      copyFileSync(copy, place);
      expect(await read(place, { key: keyWith(line), memory }), `${copy} ${line}`).toBe(code);
      expect(await write(place, { key: keyWith(line), memory })).toBe(code);
    }
    copyFileSync(before, place);
    const options = { file: place, key: keyWith(identity.old), memory };
    // Whoever may take it as it is, and does not, changes nothing.
    const accepting = { ...options, isAccepting: true };
    expect(await codeOf(made.using(note, accepting))).toBe('vault_rolled_back');
    await made.using((vault) => vault.acceptRollback('a test'), accepting);
    expect(await codeOf(made.using(note, options))).toBe('done');
  });

  it('is taken by whoever names its identity', async () => {
    const { place, memory } = await machine(before, after);
    copyFileSync(before, place);
    const options = { file: place, key: keyWith(identity.old), memory };
    await made.using((vault) => vault.rememberIdentity(), { ...options, isAccepting: true });
    expect(await codeOf(made.using(note, options))).toBe('done');
  });

  it('at another place it is an older copy: values with a warning, no change', async () => {
    const { memory } = await machine(before, after);
    made.warnings.length = 0;
    const place = copyOf(made, before);
    expect(await read(place, { key: keyWith(identity.old), memory })).toBe('done');
    expect(made.warnings).toEqual(['older_copy']);
    expect(await write(place, { key: keyWith(identity.old), memory })).toBe('vault_rolled_back');
    made.warnings.length = 0;
    expect(await write(copyOf(made, before), { key: keyWith(null), memory })).toBe('untrusted_vault');
    await made.using((vault) => vault.acceptRollback('a test'), {
      file: place,
      key: keyWith(identity.old),
      memory,
      isAccepting: true,
    });
    expect(await write(place, { key: keyWith(identity.old), memory })).toBe('done');
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
  let seq: number;
  let vaultId: string;
  beforeAll(async () => {
    const { manifest } = await made.using((vault) => vault.read(async (view) => view), { file: after });
    [seq] = manifest.links as [number];
    vaultId = manifest.vault;
  });

  /** The body of the entry that is the link, changed. */
  function changeBody(database: Database.Database, change: (body: Body) => Body, at = seq): void {
    const text = database.prepare('SELECT body FROM audit WHERE seq = ?').pluck().get(at) as Buffer;
    const body = JSON.stringify(change(JSON.parse(text.toString()) as Body));
    database.prepare('UPDATE audit SET body = ? WHERE seq = ?').run(Buffer.from(body), at);
  }
  type Body = { readonly detail: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;

  /** What the old root signs by itself: its holder left. */
  function otherLink(at: number): Readonly<Record<string, unknown>> {
    return makeLink(made.rootSeed, newKey(), { vault: vaultId, seq: at, generation: 2 });
  }

  it('is a log that verifies and is followed, to begin with', async () => {
    expect(await auditOf(made, after)).toMatchObject({ brokenAt: null });
    expect(await isUsable(after, identity.old)).toBe('done');
    expect(await isUsable(twice, identity.old)).toBe('done');
    expect(await isUsable(twice, identity.next)).toBe('done');
  });

  const cases: [what: string, change: (database: Database.Database) => void, brokenAt: () => number][] = [
    [
      'another link that the same root signed',
      (database) => changeBody(database, (body) => ({ ...body, detail: otherLink(seq) })),
      () => seq,
    ],
    [
      'a link that was signed for another entry',
      (database) => changeBody(database, (body) => ({ ...body, detail: otherLink(seq - 1) })),
      () => seq,
    ],
    [
      'a second link in place of the entry before',
      (database) => changeBody(database, (body) => ({ ...body, action: 'rekey', detail: otherLink(seq - 1) }), seq - 1),
      () => seq - 1,
    ],
    ['the link removed', (database) => database.prepare('DELETE FROM audit WHERE seq = ?').run(seq), () => seq],
    [
      'the link without what it says',
      (database) => changeBody(database, (body) => ({ ...body, detail: {} })),
      () => seq,
    ],
    [
      'a changed signature',
      (database) =>
        changeBody(database, (body) => ({
          ...body,
          detail: {
            ...body.detail,
            link: String(body.detail['link']).replace(/^./, (one) => (one === '0' ? '1' : '0')),
          },
        })),
      () => seq,
    ],
    [
      'another identity in it',
      (database) => changeBody(database, (body) => ({ ...body, detail: { ...body.detail, identity: identity.last } })),
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

  it.each(cases)('%s: audit verify names it, and a broken link leads nowhere', async (_what, change, brokenAt) => {
    const file = tampered({ ...made, file: after }, change);
    const isLink = brokenAt() === seq;
    expect(await isUsable(file, identity.old)).toBe(isLink ? 'vault_damaged' : 'done');
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
      const body = database.prepare('SELECT body FROM other.audit ORDER BY seq DESC LIMIT 1').pluck().get() as Buffer;
      database.prepare('UPDATE main.audit SET body = ? WHERE seq = ?').run(body, seq);
    });
    expect(await isUsable(file, identity.old)).toBe('vault_damaged');
    expect(await isUsable(file, other.identity)).toBe('vault_damaged');
    expect(await auditOf(made, file, { key: keyWith(identity.next) })).toMatchObject({ brokenAt: seq });
    other.remove();
  });

  it('the second of two links, without the first', async () => {
    const file = tampered({ ...made, file: twice }, (database) =>
      changeBody(database, (body) => ({ ...body, detail: {} })),
    );
    expect(await isUsable(file, identity.old)).toBe('vault_damaged');
    expect(await auditOf(made, file, { key: keyWith(identity.last) })).toMatchObject({ brokenAt: seq });
  });
});
