/** What somebody may do who can write the vault's file: rows changed by SQL, bytes flipped, whole vaults forged. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CHAIN_START, entryHash, signEntry } from '../../src/crypto/audit-chain.ts';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import { reveal } from '../../src/domain/plaintext.ts';
import { isKnoxError } from '../../src/errors.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { ROOT_NODE } from '../../src/store/store.ts';
import { sealedPart, signedHead } from '../../src/vault/documents/head.ts';
import { hashOfManifest, identityOf, isGiven, signedManifest } from '../../src/vault/documents/manifest.ts';
import type { Manifest } from '../../src/vault/documents/manifest.ts';
import { emptyRoot } from '../../src/vault/documents/tree.ts';
import { newRealm } from '../../src/vault/keys/create-vault.ts';
import { grantsHash, sealKeys } from '../../src/vault/documents/grants.ts';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
import { encodeEntry } from '../../src/vault/log/audit-entry.ts';
import { verifyAudit } from '../../src/vault/verifying/verify-audit.ts';
import type { AuditReport } from '../../src/vault/verifying/verify-audit.ts';
import { readSecret } from './vault.ts';
import type { OpenVault, TestVault } from './vault.ts';

/** The tables of a vault's file, each with what a row of it is found by. */
export const TABLE_KEYS: Readonly<Record<string, readonly string[]>> = {
  manifest: ['id'],
  head: ['id'],
  grants: ['slot', 'key'],
  audit: ['seq'],
  record: ['realm', 'kind', 'id'],
  value: ['realm', 'id'],
  node: ['realm', 'node'],
};

/** The code of the error that knox met, `done` where it met none. Any other error is thrown: it is a crash. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (isKnoxError(error)) return error.code;
    throw error;
  }
}

let copies = 0;

/** A copy of the vault's file, or of another, under a name of its own. */
export function copyOf(made: TestVault, file = made.file): string {
  const copy = join(made.folder, `copy-${(copies += 1)}.db`);
  copyFileSync(file, copy);
  return copy;
}

/** A copy that was changed by SQL behind knox's back. */
export function tampered(made: TestVault, change: (database: Database.Database) => void): string {
  const file = copyOf(made);
  const database = new Database(file);
  database.unsafeMode(true);
  database.pragma('ignore_check_constraints = ON');
  try {
    change(database);
  } finally {
    database.close();
  }
  return file;
}

/** Makes an index anew by another definition, and puts its own definition back: it then leads astray. */
export function misleadIndex(database: Database.Database, name: string, sql: string): void {
  const own = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().get(name) as string;
  database.exec(`DROP INDEX "${name}"`);
  database.exec(sql);
  database.pragma('writable_schema = ON');
  database.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?').run(own, name);
  database.pragma('writable_schema = RESET');
}

/** Changes rows behind an index, which goes on saying what they were. */
export function changeBehindIndex(database: Database.Database, name: string, sql: string): void {
  const schema = 'SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE name = ?';
  const own = database.prepare(schema).raw().get(name) as unknown[];
  database.pragma('writable_schema = ON');
  database.prepare('DELETE FROM sqlite_schema WHERE name = ?').run(name);
  database.pragma('writable_schema = RESET');
  if (database.prepare(sql).run().changes === 0) throw new Error(`nothing was changed behind ${name}`);
  database.pragma('writable_schema = ON');
  database
    .prepare('INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)')
    .run(...own);
  database.pragma('writable_schema = RESET');
}

/** `audit verify` of a file. An error of knox instead of a report counts as broken. */
export async function auditOf(made: TestVault, file: string, options: OpenVault = {}): Promise<AuditReport | null> {
  let report: AuditReport | null = null;
  await codeOf(
    made.using((vault) => vault.read(async (view) => (report = await verifyAudit(view))), { ...options, file }),
  );
  return report;
}

/** What may use anything of a vault: opens it, and holds every realm against its seal. */
export async function useOf(made: TestVault, file: string, options: OpenVault = {}): Promise<string> {
  const work = made.using(
    (vault) =>
      vault.read(async (view) => {
        await view.requireGrantsIntact();
        for (const realm of view.readableRealms()) {
          await view.requireWhole([realm]);
          for (const kind of KIND_NAMES) await view.all(kind, realm);
          // By its name each is found through the stored lists.
          for (const { name } of await view.all('name', realm)) await view.get('name', realm, name);
        }
      }),
    { ...options, file },
  );
  return codeOf(work);
}

/**
 * Reads every value that is expected.
 * @returns the codes of the errors met, without those that a changed vault may give (exit 8 and 4); a wrong value is `WRONG`
 */
export async function faultsOf(
  made: TestVault,
  file: string,
  expected: readonly (readonly [name: string, environment: string, value: string])[],
): Promise<string[]> {
  const faults: string[] = [];
  const note = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isKnoxError(error)) faults.push(`CRASH ${String(error)}`);
      else if (error.exit !== 8 && error.exit !== 4) faults.push(error.code);
    }
  };
  await note(() =>
    made.using(
      async (vault) => {
        for (const [name, environment, value] of expected) {
          await note(async () => {
            const plaintext = await readSecret(vault, name, environment);
            if (plaintext === null) faults.push('NOT FOUND');
            else if (!isText(plaintext, value)) faults.push('WRONG');
          });
        }
        await note(() => vault.read((view) => view.requireWhole(view.readableRealms())));
        await note(() => vault.read(async (view) => void (await verifyAudit(view))));
      },
      { file },
    ),
  );
  return faults;
}

function isText(plaintext: Parameters<typeof reveal>[0], text: string): boolean {
  return Buffer.from(reveal(plaintext)).toString() === text;
}

/**
 * A whole vault of a vandal's making that keeps what anybody can read: vault id, slots and their public keys, passphrases' wrapped secrets. Its
 * keys are the vandal's own, sealed to every slot, and everything is signed anew, the head by a slot of theirs.
 * @returns its identity
 */
export async function forgeVault(file: string, victim: Manifest): Promise<string> {
  const { vault, createdAt } = victim;
  const [rootSeed, own] = [newKey(), newKey()];
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const made = victim.realms.map(({ name, production, id }) => newRealm(name, production, id));
  const mine = {
    id: 'mine',
    kind: 'key-file',
    label: 'mine',
    publicKey: encodeKeyText('public', slotPairs(own).publicHalves),
    realms: null,
    admin: true,
    added: 0,
    createdAt,
    grants: '',
    passphrase: null,
  } as const;
  const sealed = [...victim.slots, mine].map((slot) => {
    const given = made.filter(({ realm }) => isGiven(slot, realm));
    const keys = given.map(({ realm, key }) => ({ id: realm.key, realm: realm.id, key }));
    const grants = sealKeys(vault, slot, slot.admin ? [{ id: victim.root, realm: '', key: rootSeed }, ...keys] : keys);
    return { slot: { ...slot, grants: grantsHash(vault, slot.id, grants) }, grants };
  });
  const manifest: Manifest = {
    ...victim,
    identity: identityOf(rootSeed),
    realms: made.map(({ realm }) => realm),
    slots: sealed.map(({ slot }) => slot),
    links: [],
  };
  const signed = signedManifest(manifest, rootSeed);
  const hash = hashOfManifest(signed);
  const { seed } = slotPairs(own).signing;
  const roots = made.map(({ realm, key }) => ({ id: realm.id, key, ...emptyRoot(realm.id) }));
  const body = encodeEntry({
    at: createdAt,
    actor: 'x',
    slot: mine.id,
    action: 'init',
    secret: null,
    environment: null,
    route: null,
    detail: null,
    generation: manifest.generation,
    manifest: hash,
    realms: Object.fromEntries(roots.map(({ id, digest }) => [id, { seq: 0, hash: CHAIN_START, root: hex(digest) }])),
  });
  const first = entryHash(vault, 1, CHAIN_START, body);
  await SqliteStore.create(file, async (transaction) => {
    await transaction.putManifest(signed);
    await transaction.appendEntry({ seq: 1, body, hash: first, signature: signEntry(seed, vault, 1, first) });
    for (const { grants } of sealed) for (const grant of grants) await transaction.putGrant(grant);
    for (const { id, list } of roots) await transaction.putNode(id, ROOT_NODE, list);
    const parts = roots.map(({ id, key, digest }) => {
      const part = { seq: 1, hash: first, root: hex(digest) };
      return [id, sealedPart(key, { vault, realm: id, manifest: hash }, part)] as const;
    });
    const { generation } = manifest;
    const head = { slot: mine.id, seq: 1, at: createdAt, hash: first, generation, manifest: hash };
    await transaction.putHead(signedHead({ ...head, realms: Object.fromEntries(parts) }, vault, seed));
  });
  return manifest.identity;
}
