/** What somebody may do who can write the vault's file: rows changed by SQL, bytes flipped, whole vaults forged. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CHAIN_START, entryHash, manifestHash } from '../../src/crypto/audit-chain.ts';
import { sealGrant } from '../../src/crypto/grant.ts';
import { decodeKeyText } from '../../src/crypto/key-text.ts';
import { commitment, digestKey, newKey, signingPublicKey } from '../../src/crypto/keys.ts';
import { rowsDigest } from '../../src/crypto/row.ts';
import { reveal } from '../../src/domain/plaintext.ts';
import { isKnoxError } from '../../src/errors.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { encodeEntry } from '../../src/vault/audit-entry.ts';
import { signedHead } from '../../src/vault/head.ts';
import { identityOf, SHARED, signedManifest } from '../../src/vault/manifest.ts';
import type { Manifest } from '../../src/vault/manifest.ts';
import { slotDigest } from '../../src/vault/slot-digest.ts';
import { verifyAudit } from '../../src/vault/verify-audit.ts';
import type { AuditReport } from '../../src/vault/verify-audit.ts';
import { readSecret } from './vault.ts';
import type { OpenVault, TestVault } from './vault.ts';

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
  database.pragma('foreign_keys = OFF');
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

/** `audit verify` of a file. An error of knox instead of a report counts as broken. */
export async function auditOf(made: TestVault, file: string, options: OpenVault = {}): Promise<AuditReport | null> {
  let report: AuditReport | null = null;
  await codeOf(
    made.using((vault) => vault.read(async (view) => (report = await verifyAudit(view))), { ...options, file }),
  );
  return report;
}

/** What uses a vault before it acts: opens it, checks the small tables, and reads them. */
export async function useOf(made: TestVault, file: string): Promise<string> {
  const work = made.using(
    (vault) =>
      vault.read(async (view) => {
        await view.requireIntactWhereGiven();
        await view.requireIntact([SHARED]);
      }),
    { file },
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
        await note(() => vault.read((view) => view.requireIntactWhereGiven()));
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
 * A whole vault of a vandal's making that keeps what anybody can read: vault id, slots and their public keys, passphrase rows. Its keys
 * are the vandal's own, sealed to every slot, and everything is signed anew.
 */
export async function forgeVault(file: string, victim: Manifest, original: SqliteStore): Promise<string> {
  const [rootSeed, auditSeed, vaultKey, sharedKey] = [newKey(), newKey(), newKey(), newKey()];
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const made = victim.environments.map((environment) => ({ ...environment, bytes: newKey() }));
  const manifest: Manifest = {
    ...victim,
    identity: identityOf(rootSeed),
    vaultKey: { ...victim.vaultKey, commitment: hex(commitment(vaultKey)) },
    audit: { ...victim.audit, publicKey: hex(signingPublicKey(auditSeed)) },
    shared: { ...victim.shared, commitment: hex(commitment(sharedKey)) },
    environments: made.map(({ bytes, ...environment }) => ({ ...environment, commitment: hex(commitment(bytes)) })),
  };
  const signed = signedManifest(manifest, rootSeed);
  const text = { action: 'init', secret: null, environment: null, route: null, detail: null };
  const body = encodeEntry({ at: victim.createdAt, actor: 'x', key: null, ...text, rows: {}, made: [], gone: [] });
  const hash = entryHash(victim.vault, 1, CHAIN_START, body);
  const empty = (owner: string, key: Uint8Array) => hex(rowsDigest(digestKey(key), victim.vault, owner, []));
  const slots = await original.read((transaction) => transaction.slots());
  await SqliteStore.create(file, async (transaction) => {
    await transaction.putManifest(signed);
    await transaction.appendEntry({ seq: 1, body, hash, signature: null });
    for (const slot of slots) await transaction.putSlot(slot);
    for (const slot of manifest.slots) {
      const publicKey = decodeKeyText('public', slot.publicKey) as Uint8Array;
      const grant = async (key: string, environment: string, bytes: Uint8Array): Promise<void> => {
        const sealed = sealGrant({ vault: victim.vault, key, environment, slot: slot.id }, bytes, publicKey);
        await transaction.putGrant({ slot: slot.id, key, sealed });
      };
      await grant(manifest.root.key, '', rootSeed);
      await grant(manifest.audit.key, '', auditSeed);
      await grant(manifest.vaultKey.key, '', vaultKey);
      await grant(manifest.shared.key, SHARED, sharedKey);
      for (const { key, name, bytes } of made) await grant(key, name, bytes);
    }
    const digests = [...made.map(({ name, bytes }) => [name, empty(name, bytes)]), [SHARED, empty(SHARED, sharedKey)]];
    const head = {
      seq: 1,
      at: victim.createdAt,
      hash,
      manifest: hex(manifestHash(signed.body, signed.signature)),
      slots: await slotDigest(transaction, victim.vault),
      vault: empty('', vaultKey),
      environments: Object.fromEntries(digests) as Record<string, string>,
    };
    await transaction.putHead(signedHead(head, victim.vault, auditSeed));
  });
  return manifest.identity;
}
