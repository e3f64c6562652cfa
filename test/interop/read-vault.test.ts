/** A vault that knox's commands made is read by a program that shares no code with it, written from docs/format.md alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SHARED } from '../../src/vault/documents/manifest.ts';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
import type { KindName } from '../../src/vault/records/kinds.ts';
import type { AuditReport } from '../../src/vault/verifying/verify-audit.ts';
import { voucherOf } from '../../src/vault/gate/vouch.ts';
import type { VouchedRecord } from '../../src/vault/gate/vouch.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';
import { changed, CHANGES, flipped, PLANTED } from './changes.ts';
import { forgings } from './forgings.ts';
import { makeByCommands, PASSPHRASE, VALUES } from './made-by-knox.ts';
import type { Made } from './made-by-knox.ts';
import { describeNeeding } from '../helpers/needing.ts';
import { must } from '../helpers/rotation-project.ts';
import { readUses, readVault, readVaults } from './second-program.ts';
import type { Answer, Read, Reading } from './second-program.ts';

/** What knox reads of the same file, in the form of the other program's answer. */
async function readByKnox({ project }: Made): Promise<Omit<Reading, 'slot' | 'rows' | 'values'>> {
  const vault = await openProjectVault(project.folder);
  const found = await vault.read(async (view) => {
    const entries: Reading['entries'][number][] = [];
    for await (const entry of view.recordedDown())
      entries.unshift({ ...entry, hash: (await view.entryRow(entry.seq))!.hash });
    const records = {} as Record<KindName, Read[]>;
    for (const kind of KIND_NAMES)
      records[kind] = (await view.across(kind)).map(({ kindOf: _kind, ...record }) => record as Read);
    const takenUp: [string, string][] = [];
    for (const { name, value } of await view.all('name', SHARED)) {
      if (value === null) continue;
      const shared = await view.boxHash((await view.valueOf((await view.get('name', SHARED, name))!))!);
      for (const record of await view.getAcross('name', name))
        if (record.shared === shared) takenUp.push([name, record.realm]);
    }
    const vouchers: [string, string, string, string][] = [];
    const vouchable: VouchedRecord[] = [
      ...(await view.across('route')),
      ...(await view.across('source')),
      ...(await view.across('receiver')),
    ];
    for (const record of vouchable) {
      const id = 'base' in record ? record.base : record.id;
      const voucher = voucherOf(view.manifest, record);
      if (voucher !== null) vouchers.push([record.kindOf, record.realm, id, voucher.label]);
    }
    return { manifest: vault.manifest, head: view.head, entries, records, takenUp, vouchers };
  });
  await vault.close();
  return found;
}

/** In no order: the one goes realm by realm, the other table by table. */
function unordered<R extends Pick<Reading, 'records' | 'takenUp' | 'vouchers'>>(reading: R): R {
  const sorted = <T>(list: readonly T[]): T[] =>
    list.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  const byKey = (record: Read): Read =>
    Object.fromEntries(Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1))) as Read;
  const records = Object.entries(reading.records).map(([kind, list]) => [kind, sorted(list.map(byKey))]);
  const { takenUp, vouchers } = reading;
  return { ...reading, records: Object.fromEntries(records), takenUp: sorted(takenUp), vouchers: sorted(vouchers) };
}

function valuesOf(environments: readonly string[]): string[] {
  return VALUES.filter(([, environment]) => environments.includes(environment))
    .map(([name, environment, value]) => `${name} ${environment} ${Buffer.from(value).toString('base64')}`)
    .toSorted();
}
const found = ({ values }: Reading) => values.map(({ name, realm, base64 }) => `${name} ${realm} ${base64}`).toSorted();

describeNeeding(['python3-nacl', 'python3-argon2'], 'a second reader', () => {
  let made: Made;
  beforeAll(async () => {
    made = await makeByCommands();
  });
  afterAll(() => made.project.remove());

  it('reads every field as knox does, by a key file and by a passphrase', async () => {
    const { slot, rows, values, ...reading } = readVault(made.file, { keyFile: made.keyFile });
    expect(unordered(reading)).toEqual(unordered(await readByKnox(made)));
    expect(slot).toBe('k.key');
    expect(found({ values } as Reading)).toEqual(valuesOf(['development', 'staging', 'production', 'shared']));
    const { json } = await made.project.json<AuditReport>(['audit', 'verify']);
    expect([json.brokenAt, json.head, json.verifiedRows]).toEqual([null, reading.head.hash, rows.verified]);
    // What is to be in it, so that this test does not come to compare little.
    const { records, manifest } = reading;
    expect(KIND_NAMES.filter((kind) => records[kind].length === 0)).toEqual([]);
    expect(new Set(records.rotation.map(({ state }) => state))).toEqual(new Set(['waiting']));
    expect(records.name.map(({ state }) => state)).toContain('deleted');
    expect(records.name.some(({ exposed }) => (exposed as unknown[]).length > 0)).toBe(true);
    expect(reading.takenUp.length).toBe(3);
    expect(reading.vouchers.length).toBeGreaterThan(4);
    expect([manifest.links, manifest.formerSlots, manifest.formerRealms].map(({ length }) => length)).toEqual([
      1, 1, 1,
    ]);

    const byPassphrase = readVault(made.file, { passphrase: PASSPHRASE });
    expect(byPassphrase).toEqual({ ...reading, slot: 'passphrase', rows, values });
  });

  it('reads with a key for one environment its values alone, and with the identity none', () => {
    const partial = readVault(made.file, { keyFile: made.partialKeyFile });
    expect(partial.slot).toBe('ci.key');
    expect(found(partial)).toEqual(valuesOf(['development']));
    expect([partial.rows.verified > 0, partial.rows.unverified > 0]).toEqual([true, true]);
    const bare = readVault(made.file, { identity: partial.manifest.identity });
    expect([bare.slot, bare.values, bare.rows.verified]).toEqual([null, [], 0]);
    expect(bare.entries).toEqual(partial.entries);
    const other = `knox_vault_1_${'A'.repeat(48)}`;
    expect(readVaults([made.file], { identity: other })).toEqual([
      { refused: 'another vault than the one that is expected' },
    ]);
  });

  it('reads a copy of some environments, which holds nothing of the others', async () => {
    const { project, partialKeyFile } = made;
    await must(project.knox(['backup', 'part.db', '--env', 'development']));
    const file = join(project.folder, 'part.db');
    const part = readVault(file, { keyFile: partialKeyFile });
    expect(found(part)).toEqual(valuesOf(['development']));
    expect(new Set(Object.values(part.records).flatMap((list) => list.map(({ realm }) => realm)))).toEqual(
      new Set(['development']),
    );
    expect([part.rows.unverified, part.entries.at(-1)!['action']]).toEqual([0, 'backup']);
    const planted = changed({ ...made, file }, 'planted.db', PLANTED);
    expect(readVaults([planted], { keyFile: partialKeyFile })).toEqual([
      { refused: 'records of a realm that is not here' },
    ]);
  });

  it('knows a log of uses by its signatures, and each changed line', async () => {
    const { project, file } = made;
    const log = join(project.folder, 'uses.jsonl');
    await must(project.knox(['get', 'blob', '-e', 'production', '--use-log', 'uses.jsonl']));
    const theirs = { env: { KNOX_KEY_FILE: 'ci.key', XDG_STATE_HOME: join(project.folder, 'state-of-ci') } };
    await must(project.knox(['get', 'blob', '-e', 'development', '--use-log', 'uses.jsonl'], '', theirs));
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const uses = lines.map((line) => JSON.parse(line) as Record<string, string>);
    expect(readUses(log, file)).toEqual(uses.map(({ signature: _signature, ...use }) => use));
    expect(uses.map(({ secret, environment }) => [secret, environment])).toEqual([
      ['blob', 'production'],
      ['blob', 'development'],
    ]);
    const [own, other] = uses as [Record<string, string>, Record<string, string>];
    const forgedLines = [
      ...Object.keys(own).map((field) => ({ ...own, [field]: `${own[field]}0` })),
      { ...own, realm: other['realm'] },
      { ...own, realm: other['realm'], environment: other['environment'] },
      { ...own, slot: other['slot'] },
      { ...other, realm: own['realm'], environment: own['environment'] },
      { ...own, more: 1 },
    ];
    writeFileSync(log, forgedLines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(readUses(log, file).filter((one) => !('refused' in one))).toEqual([]);
  });

  it('refuses, as knox does, a vault in which one byte of anything was flipped', async () => {
    const changes = [...flipped(made.file), ...CHANGES];
    const files = changes.map(([, sql], index) => changed(made, `${index}.db`, sql));
    const answers = readVaults([made.file, ...files], { keyFile: made.keyFile });
    expect(answers[0]).not.toHaveProperty('refused');
    const read = changes.filter((_change, index) => !isRefused(answers[index + 1]!)).map(([what]) => what);
    expect(read).toEqual([]);
    const missed = await readByVerify(made, files);
    expect(changes.filter((_change, index) => missed.includes(files[index]!)).map(([what]) => what)).toEqual([]);
    expect(changes.length).toBeGreaterThan(30);
  });

  it('refuses, as knox does, what a holder of a key forged', async () => {
    const forged = await forgings(made);
    const answers = readVaults(
      forged.map(({ file }) => file),
      { keyFile: made.keyFile },
    );
    for (const [index, { refusal }] of forged.entries())
      expect(answers[index]).toEqual({ refused: expect.stringMatching(refusal) });
    expect(
      await readByVerify(
        made,
        forged.map(({ file }) => file),
      ),
    ).toEqual([]);
  });
});

/** @returns those in which `audit verify` finds nothing, or that it refuses for something else than what they hold */
async function readByVerify({ project }: Made, files: readonly string[]): Promise<string[]> {
  const missed: string[] = [];
  for (const file of files) {
    const { exit, json, code } = await project.json<AuditReport | null>(['audit', 'verify', '--vault', file]);
    const isFound = code === null ? typeof json?.brokenAt === 'number' : FOUND.includes(code);
    if (exit !== 8 || !isFound) missed.push(file);
  }
  return missed;
}
const FOUND = ['vault_damaged', 'audit_broken', 'vault_newer'];

function isRefused(answer: Answer): boolean {
  return 'refused' in answer;
}
