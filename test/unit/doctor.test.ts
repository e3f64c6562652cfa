/** What each check of `knox doctor` says, where nothing but the patient decides; those that ask git are in test/cli/doctor.test.ts. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/doctor/checks.ts';
import type { Checked, Patient } from '../../src/doctor/checks.ts';
import type { Opened } from '../../src/doctor/check.ts';
import { accessHint } from '../../src/doctor/permissions.ts';
import { UTC } from '../../src/domain/moments.ts';
import { errors } from '../../src/errors.ts';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-doctor-'));
  mkdirSync(at('.knox'), { mode: 0o700 });
  for (const file of ['.knox/vault.db', 'k.key']) writeFileSync(at(file), '', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const IDENTITY = 'knox_vault_1_abc';
const WHOLE: Opened = {
  lastEntryAt: '2026-01-10T12:00:00.000Z',
  ahead: null,
  isTrusted: true,
  isRolledBack: false,
  identity: IDENTITY,
  report: {
    entries: 5,
    head: 'ab',
    identity: IDENTITY,
    brokenAt: null,
    reason: null,
    isDamaged: false,
    spoiled: [],
    verifiedRows: 4,
    unverifiedRows: 0,
  },
  damage: [],
  routeFolders: [],
  heldLocks: 0,
};

const opened = (patch: Partial<Opened> = {}): Partial<Patient> => ({ opened: { ...WHOLE, ...patch } });
const reported = (patch: Partial<Opened['report']>) => opened({ report: { ...WHOLE.report, ...patch } });

async function examine(patch: Partial<Patient> = {}): Promise<Checked[]> {
  const patient: Patient = {
    vaultFile: at('.knox/vault.db'),
    opened: WHOLE,
    keyFile: at('k.key'),
    stateFolder: at('state'),
    now: new Date('2026-01-10T13:00:00.000Z'),
    moments: UTC,
    nodeVersion: '24.7.0',
    environment: { PATH: process.env['PATH'] ?? '' },
    ...patch,
  };
  const all: Checked[] = [];
  for (const check of CHECKS) {
    const said = await check(patient);
    if (said !== null) all.push(said);
  }
  return all;
}
const ill = async (patch: Partial<Patient>) => (await examine(patch)).filter(({ ok }) => !ok);
const about = async (check: string, patch: Partial<Patient>) =>
  (await examine(patch)).find((one) => one.check === check);

test('nothing is wrong with what is whole; a hint stands where something is, and nowhere else', async () => {
  const all = await examine();
  expect(all.filter(({ ok }) => !ok)).toEqual([]);
  expect(all.filter(({ hint }) => hint !== null)).toEqual([]);
  expect(new Set(all.map(({ check }) => check)).size).toBe(all.length);
});

test('a vault that could not be opened has no word of what is in it; a key that is no file, none of the file', async () => {
  const names = async (patch: Partial<Patient>) => (await examine(patch)).map(({ check }) => check);
  const all = await names({});
  const without = async (patch: Partial<Patient>) => {
    const left = await names(patch);
    return all.filter((check) => !left.includes(check));
  };
  expect(await without({ opened: null })).toEqual(['identity', 'rollback', 'clock', 'integrity']);
  expect(await without({ keyFile: null })).toEqual(['key-file', 'key-repository', 'key-synced-folder']);
});

test.each([
  ['24.7.0', true],
  ['24.6.9', false],
  ['24.10.0', true],
  ['26.0.0', true],
  ['22.20.0', false],
  // Another runtime's word, which is no reason to be stopped.
  ['unknown', true],
])('Node.js %s: %s', async (nodeVersion, ok) => expect(await about('node', { nodeVersion })).toMatchObject({ ok }));

describe('who may read', () => {
  test.each([
    ['.knox/vault.db', 0o640, 'vault-file', '600'],
    ['.knox', 0o711, 'vault-folder', '700'],
    ['k.key', 0o604, 'key-file', '600'],
  ])('%s with mode %o', async (path, mode, check, wanted) => {
    chmodSync(at(path), mode);
    expect(await ill({})).toMatchObject([{ check, hint: `chmod ${wanted} ${at(path)}` }]);
  });

  test('stricter than needed is well', async () => {
    chmodSync(at('k.key'), 0o400);
    expect(await ill({})).toEqual([]);
  });

  test('what is not there is looked at by the person; a path with a quote is one word of the hint', async () => {
    expect(await ill({ keyFile: at("it's.key") })).toMatchObject([
      { check: 'key-file', hint: `check it: ls -ld '${at("it'\\''s.key")}'` },
    ]);
    expect({ folder: accessHint(at('.knox')), file: accessHint(at('k.key')) }).toEqual({
      folder: `chmod u+rwx ${at('.knox')}`,
      file: `chmod u+rw ${at('k.key')}`,
    });
  });
});

describe('what the vault says of itself', () => {
  test.each<[string, () => Partial<Patient>, string, string]>([
    ['a file that its database finds damaged', () => opened({ damage: ['page 3'] }), 'integrity', 'page 3'],
    [
      'a log that is broken',
      () => reported({ brokenAt: 4, reason: 'was changed' }),
      'integrity',
      'entry 4: was changed',
    ],
    ['an identity that was never seen', () => opened({ isTrusted: false }), 'identity', IDENTITY],
    ['an older copy', () => opened({ isRolledBack: true }), 'rollback', 'older'],
    ['no folder to remember it in', () => ({ stateFolder: null }), 'memory', 'no folder for state'],
  ])('%s', async (_what, patch, check, word) => {
    expect(await ill(patch())).toMatchObject([{ check, message: expect.stringContaining(word) }]);
  });

  test('damage of the file goes before the log that lies in it', async () => {
    const patch = reported({ brokenAt: 4, reason: 'was changed' });
    const both = { opened: { ...patch.opened!, damage: ['page 3'] } };
    expect(await ill(both)).toMatchObject([{ check: 'integrity', message: expect.stringContaining('page 3') }]);
  });

  test('records whose key is not at hand are counted, and no fault', async () => {
    expect(await about('integrity', reported({ unverifiedRows: 3 }))).toMatchObject({
      ok: true,
      message: expect.stringContaining('3 without their seal'),
    });
  });

  test('an entry from the future says which clock to look at', async () => {
    const ahead = { seq: 9, action: 'add', actor: 'ana@host', at: '2026-01-11T13:00:00.000Z' } as Opened['ahead'];
    const [found] = await ill(opened({ ahead }));
    expect(found).toMatchObject({ check: 'clock', hint: expect.stringContaining('--accept-clock') });
    for (const word of ['entry 9', 'add', 'ana@host', '2026-01-11 13:00 UTC', '2026-01-10 13:00 UTC'])
      expect(found!.message).toContain(word);
  });

  test('where it must be vouched for, the hint names it', async () => {
    expect((await ill(opened({ isTrusted: false })))[0]!.hint).toContain(`knox trust ${IDENTITY}`);
  });
});

describe('what killed runs left', () => {
  // Above the highest number that Linux gives.
  const NOBODY = 4_194_305;

  test.each([
    ['.knox', `.vault.db.knox-tmp-${NOBODY}-x-1`, true],
    ['.knox', 'vault.db.new-0123456789ab', true],
    ['.knox', 'vault.db.new-0123456789ab-journal', true],
    ['.knox', 'other.db.new-0123456789ab', false],
    ['.knox', 'vault.db.new-short', false],
    ['.knox', `.vault.db.knox-tmp-${process.pid}-x-1`, false],
    ['routes', `.app.env.knox-tmp-${NOBODY}-x-1`, true],
    ['routes', 'vault.db.new-0123456789ab', false],
    ['apart', `.app.env.knox-tmp-${NOBODY}-x-1`, false],
  ])('%s/%s: %s', async (place, name, isLeft) => {
    mkdirSync(at(place), { recursive: true });
    writeFileSync(at(place, name), '');
    const found = await about('leftovers', opened({ routeFolders: [at('routes'), at('gone')] }));
    expect(found).toMatchObject({ ok: !isLeft, hint: isLeft ? `rm ${at(place, name)}` : null });
  });

  test('ten of many are named', async () => {
    for (let index = 0; index < 12; index += 1) writeFileSync(at('.knox', `.v.knox-tmp-${NOBODY}-x-${index}`), '');
    const { message, hint } = (await about('leftovers', {}))!;
    expect({ message, named: hint!.split(' ').length - 1 }).toEqual({
      message: expect.stringContaining('12'),
      named: 10,
    });
  });

  test('a lock that a run holds is no fault; one that cannot be looked at is', async () => {
    expect(await about('leftovers', opened({ heldLocks: 2 }))).toMatchObject({
      ok: true,
      message: expect.stringContaining('2 locks'),
    });
    const odd = errors.io('a lock is a folder', 'rm -r it');
    expect(await about('leftovers', opened({ heldLocks: odd }))).toMatchObject({ ok: false, hint: 'rm -r it' });
  });
});

describe('folders that a program copies', () => {
  test.each([
    ['Dropbox', null, 'Dropbox'],
    ['OneDrive - Example Ltd', null, 'OneDrive - Example Ltd'],
    ['Mobile Documents', null, 'iCloud Drive'],
    ['sub/.sync_journal.db', 'sub', 'Nextcloud'],
    ['Dropbox-notes', null, null],
  ])('%s', async (path, marked, service) => {
    mkdirSync(at(path), { recursive: true });
    mkdirSync(at(marked ?? path, 'inside'), { recursive: true });
    const file = at(marked ?? path, 'inside/k.key');
    writeFileSync(file, '', { mode: 0o600 });
    const said = { ok: service === null, message: expect.stringContaining(service ?? 'not in a synced folder') };
    expect(await about('key-synced-folder', { keyFile: file })).toMatchObject(said);
    expect(await about('synced-folder', { keyFile: file })).toMatchObject({ ok: true });
  });
});
