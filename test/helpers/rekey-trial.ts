/**
 * `knox rekey` by the built program on a vault with several keys, killed at one moment; then every key that the vault had opens it again,
 * and what they find is held against what was there. Values are made from their names, so that none has to be kept.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Plaintext, reveal } from '../../src/domain/plaintext.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import type { View } from '../../src/vault/core/view.ts';
import type { ValueRecord } from '../../src/vault/records/kinds.ts';
import { verifyAudit } from '../../src/vault/verifying/verify-audit.ts';
import { ROOT, startBuilt } from './built-program.ts';
import { addSlot, lineageContent, makeVault, nameContent } from './vault.ts';
import type { OpenVault, TestVault } from './vault.ts';

const PRELOAD = join(ROOT, 'test/helpers/kill-at.cjs');
const PASSPHRASE = 'correct horse battery';
const PAGE = 4096;

/** The moment: a write counted from 1, a page of the file as the commit writes it, or a part (0 to 1) of the time that it takes. */
export type Moment = { readonly at: number } | { readonly page: number } | { readonly part: number };

export interface Outcome {
  readonly isKilled: boolean;
  /** Whether the kill left a journal: it came after the commit had begun to write, or before it was undone. */
  readonly isJournalLeft: boolean;
  readonly keys: 'old' | 'new';
  /** What is not as it must be. */
  readonly faults: readonly string[];
}

export interface RekeyTrials {
  readonly made: TestVault;
  /** How many writes an undisturbed run has, which of them is the last statement before the commit, and which pages that changes. */
  readonly writes: number;
  readonly lastStatement: number;
  readonly pages: readonly number[];
  readonly trial: (moment: Moment) => Promise<Outcome>;
  /** What is not as it must be of a vault with these values and keys. */
  readonly faultsOf: (file: string) => Promise<string[]>;
  readonly remove: () => void;
}

/** The value of a secret in production: as long as asked for, and another one for every name. */
export function valueOf(name: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, createHash('sha512').update(name).digest());
}

/** One change that adds secrets `s0`, `s1`, … with a value for production. */
export async function addMany(vault: Vault, count: number, bytes: number): Promise<void> {
  await vault.change(async (change) => {
    for (let number = 0; number < count; number += 1) {
      const name = `s${number}`;
      const facts = { sameAs: [], wrongEnvironment: false };
      const value = await change.putValue('production', name, new Plaintext(valueOf(name, bytes)), facts);
      await change.put('lineage', 'production', lineageContent(change, name));
      await change.put('name', 'production', nameContent(change, name, { value: value.id }));
    }
    change.log({ action: 'add' });
  });
}

/** @param count how many values, each of so many bytes */
export async function rekeyTrials(count: number, bytes: number): Promise<RekeyTrials> {
  const base = mkdtempSync(join(tmpdir(), 'knox-rekey-'));
  const made = await makeVault({ withEveryTable: true, passphrase: PASSPHRASE });
  await made.using((vault) => addMany(vault, count, bytes));
  const all = await made.using((vault) => addSlot(vault, 'colleague', null));
  const some = await made.using((vault) => addSlot(vault, 'ci', ['development']));
  const { identity } = made.key;
  const keys: readonly [name: string, given: OpenVault, isForAll: boolean][] = [
    ['the first key', {}, true],
    ['the passphrase', { passphrase: PASSPHRASE }, true],
    ['the key of a colleague', { key: { secret: all.secret, identity } }, true],
    ['the key for development', { key: { secret: some.secret, identity } }, false],
  ];

  async function faultsOf(file: string): Promise<string[]> {
    const faults: string[] = [];
    for (const [index, [name, given, isForAll]] of keys.entries()) {
      try {
        await made.using(
          async (vault) => {
            if (isHot(`${file}-journal`)) faults.push('a journal is left that was to be played back');
            // The first key looks at everything; of the others it is asked whether they open what they should.
            if (index === 0) await vault.read(async (view) => faults.push(...(await faultsOfAll(view))));
            else await vault.read(async (view) => faults.push(...(await faultsOfSome(view, isForAll))));
          },
          { ...given, file },
        );
      } catch (error) {
        faults.push(`${name}: ${String(error)}`);
      }
    }
    return faults;
  }

  async function otherValues(view: View, values: readonly ValueRecord[]): Promise<string[]> {
    const found: string[] = [];
    for (const value of values) {
      const text = Buffer.from(reveal(await view.decrypt(value)));
      if (!text.equals(valueOf(value.name, bytes))) found.push(`${value.name} has another value`);
    }
    return found;
  }
  async function faultsOfAll(view: View): Promise<string[]> {
    const { reason, unverifiedRows } = await verifyAudit(view);
    const values = await view.across('value');
    return [
      ...(reason === null ? [] : [reason]),
      ...(unverifiedRows === 0 ? [] : [`${unverifiedRows} records are not verified`]),
      ...(values.length === count ? [] : [`${values.length} values of ${count}`]),
      ...(await otherValues(view, values)),
    ];
  }
  async function faultsOfSome(view: View, isForAll: boolean): Promise<string[]> {
    await view.requireWhole(view.readableRealms());
    return isForAll ? otherValues(view, (await view.all('value', 'production')).slice(0, 10)) : [];
  }

  let copies = 0;
  async function run(env: Record<string, string>, killAfter: number | null) {
    const file = join(base, `vault-${(copies += 1)}.db`);
    copyFileSync(made.file, file);
    const given = { ...env, ...(env['KILL_PAGE'] === undefined ? {} : { KILL_PAGE: `${file}:${env['KILL_PAGE']}` }) };
    const { child, ended } = startBuilt(['--vault', file, '--key-file', made.keyFile, 'rekey', '--yes'], {
      cwd: base,
      env: { XDG_STATE_HOME: join(base, `state-${copies}`), ...given },
      node: ['--require', PRELOAD],
    });
    const timer = killAfter === null ? null : setTimeout(() => child.kill('SIGKILL'), killAfter);
    const { signal, exit, stderr } = await ended;
    if (timer !== null) clearTimeout(timer);
    return { file, signal, exit, stderr };
  }

  const counted = join(base, 'count');
  const begun = performance.now();
  const undisturbed = await run({ KILL_COUNT: counted, KILL_STATEMENTS: '1' }, null);
  const took = performance.now() - begun;
  if (undisturbed.exit !== 0) throw new Error(`knox rekey: ${undisturbed.exit} ${undisturbed.stderr}`);
  const before = readFileSync(made.file);
  const changed = readFileSync(undisturbed.file);
  const pages = Array.from({ length: before.length / PAGE }, (_page, index) => index + 1).filter((page) => {
    const [from, to] = [(page - 1) * PAGE, page * PAGE];
    return !before.subarray(from, to).equals(changed.subarray(from, to));
  });
  rmSync(undisturbed.file);

  async function trial(moment: Moment): Promise<Outcome> {
    const [env, killAfter] =
      'at' in moment
        ? [{ KILL_AT: String(moment.at), KILL_STATEMENTS: '1' }, null]
        : 'page' in moment
          ? [{ KILL_PAGE: String(moment.page) }, null]
          : [{}, moment.part * took];
    const { file, signal } = await run(env, killAfter);
    const isJournalLeft = existsSync(`${file}-journal`);
    const faults = await faultsOf(file);
    const isOld = (await made.using(async (vault) => vault.manifest.identity, { file })) === made.identity;
    if (isOld && !readFileSync(file).equals(before)) faults.push('the old vault is not byte for byte what it was');
    await made.using((vault) => vault.change(async (change) => change.log({ action: 'set' })), { file });
    if (existsSync(`${file}-journal`)) faults.push('a journal is left after a change');
    rmSync(file);
    return { isKilled: signal === 'SIGKILL', isJournalLeft, keys: isOld ? 'old' : 'new', faults };
  }

  const remove = (): void => {
    made.remove();
    rmSync(base, { recursive: true, force: true });
  };
  const [writes, lastStatement] = readFileSync(counted, 'utf8').split(' ').map(Number);
  return { made, writes: writes!, lastStatement: lastStatement!, pages, trial, faultsOf, remove };
}

/** Whether SQLite would play a journal back: one whose first bytes are zero was never made good for that. */
function isHot(file: string): boolean {
  return existsSync(file) && readFileSync(file)[0] !== 0;
}
