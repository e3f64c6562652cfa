/** Who vouches for a command, and what the gate remembers of this machine. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isKnoxError } from '../../src/errors.ts';
import type { Manifest } from '../../src/vault/documents/manifest.ts';
import type { RouteRecord } from '../../src/vault/records/kinds.ts';
import { AllowedCommands } from '../../src/vault/gate/allowed-commands.ts';
import { AskingGate, recordKey } from '../../src/vault/gate/command-gate.ts';
import type { CommandAnswer, CommandQuestion } from '../../src/vault/gate/command-gate.ts';
import { vouchedText, vouchFor, voucherOf } from '../../src/vault/gate/vouch.ts';
import { routeRecord } from '../helpers/route-record.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
let manifest: Manifest;
let record: RouteRecord;
let state: string;
beforeAll(async () => {
  made = await makeVault({ environments: ['staging', 'production'] });
  ({ manifest, record } = await made.using(async (vault) => {
    const stored = await vault.change(async (change) => {
      const { kindOf: _kind, realm: _realm, entry: _entry, ...content } = routeRecord({ deployCommand: './deploy' });
      change.log({ action: 'route-add' });
      return change.put('route', 'staging', vouchFor(change, 'route', 'staging', content));
    });
    return { manifest: vault.manifest, record: stored };
  }));
});
afterAll(() => made.remove());
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'knox-state-'));
  return () => rmSync(state, { recursive: true, force: true });
});

test('a slot vouches for what its change put, and for nothing else', () => {
  expect(voucherOf(manifest, record)?.label).toBe('first');
  // What changes neither what runs nor what it gets.
  expect(voucherOf(manifest, { ...record, names: ['api_key'], timeout: 5 })?.label).toBe('first');
  const { vouched } = record;
  const others: readonly Partial<RouteRecord>[] = [
    { deployCommand: './other' },
    { testCommand: './test' },
    { probe: 'https://api.example.com' },
    { path: 'other.env' },
    { template: 'text' },
    { id: 'route-2' },
    { realm: 'production' },
    { vouched: null },
    { vouched: { ...vouched!, entry: vouched!.entry - 1 } },
    { vouched: { ...vouched!, entry: record.entry + 1 }, entry: record.entry + 1 },
    { vouched: { ...vouched!, slot: 'somebody' } },
    { vouched: { ...vouched!, signature: '00'.repeat(64) } },
    { entry: record.entry - 1 },
  ];
  for (const patch of others) expect([patch, voucherOf(manifest, { ...record, ...patch })]).toEqual([patch, null]);
});

test('a slot that was removed vouches for nothing', () => {
  const [slot] = manifest.slots;
  const former = { ...slot!, removed: record.entry };
  expect(voucherOf({ ...manifest, slots: [], formerSlots: [former] }, record)).toBe(null);
  expect(voucherOf({ ...manifest, slots: [{ ...slot!, added: record.entry }] }, record)).toBe(null);
});

test('what neither runs nor is sent anywhere needs nobody', () => {
  expect(vouchedText('route', routeRecord())).toBe(null);
  const source = { base: 'a', options: {}, overlap: null, createdAt: '' };
  expect(vouchedText('source', { ...source, kind: 'generate' })).toBe(null);
  // Whatever order options were given in.
  const [one, other] = [
    { b: '2', a: '1' },
    { a: '1', b: '2' },
  ].map((options) => vouchedText('source', { ...source, kind: 'command', options }));
  expect(one).toBe(other);
});

/** Runs the record's deploy command through a gate; gives what was asked. */
async function pass(
  allowed: AllowedCommands,
  answer: CommandAnswer | null = null,
  wanted: RouteRecord = record,
): Promise<{ asked: CommandQuestion[]; code: string | null }> {
  const asked: CommandQuestion[] = [];
  const ask = async (question: CommandQuestion) => {
    asked.push(question);
    return answer;
  };
  const code = await made.using(async (vault) => {
    const gate = new AskingGate({ vault, allowed, used: [], trusted: [], ask });
    const command = { record: wanted, what: 'command', name: 'the deploy command', text: './deploy' } as const;
    const codes: (string | null)[] = [];
    for (let times = 0; times < 2; times += 1)
      codes.push(
        await gate.requireAllowed(command).then(
          () => null,
          (error: unknown) => (isKnoxError(error) ? error.code : String(error)),
        ),
      );
    expect(codes[1]).toBe(codes[0]);
    return codes[0]!;
  });
  return { asked, code };
}

const here = (location = made.file): AllowedCommands => new AllowedCommands(state, manifest.vault, location);

test('an older text than the one that ran here last is asked about, its administrator’s too', async () => {
  expect(await pass(here())).toEqual({ asked: [], code: null });
  expect(here().lastRan(recordKey(record))).toBe(record.vouched!.entry);
  here().noteRan(recordKey(record), record.entry + 5);
  const refused = await pass(here());
  expect([refused.code, refused.asked.map(({ why }) => why)]).toEqual(['untrusted_command', ['older']]);
  expect((await pass(here(), 'text')).code).toBe(null);
  expect(await pass(here())).toEqual({ asked: [], code: null });
});

test('what was allowed is known in its place alone, is private, and a text is asked about once a run', async () => {
  const unvouched = { ...record, vouched: null };
  const first = await pass(here(), 'text', unvouched);
  expect([first.code, first.asked]).toEqual([
    null,
    [expect.objectContaining({ why: 'unvouched', voucher: null, lines: ['deploy: ./deploy'] })],
  ]);
  expect(await pass(here(), null, unvouched)).toEqual({ asked: [], code: null });
  expect((await pass(here(), null, { ...unvouched, deployCommand: './other' })).code).toBe('untrusted_command');
  expect((await pass(here('/elsewhere/vault.db'), null, unvouched)).code).toBe('untrusted_command');
  const folder = join(state, 'commands');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const [file] = readdirSync(folder);
  expect(statSync(join(folder, file!)).mode & 0o777).toBe(0o600);
  // What is no memory of knox's is none.
  writeFileSync(join(folder, file!), '{"vault": 1}');
  expect((await pass(here(), null, unvouched)).code).toBe('untrusted_command');
});

test('a no holds for the run', async () => {
  const { asked, code } = await pass(here(), 'no', { ...record, vouched: null });
  expect([asked.length, code]).toEqual([1, 'untrusted_command']);
});

test('without a folder for it nothing is remembered, and that is no failure', async () => {
  const nowhere = new AllowedCommands(null, manifest.vault, made.file);
  expect((await pass(nowhere, 'text', { ...record, vouched: null })).code).toBe(null);
  expect(nowhere.lastRan(recordKey(record))).toBe(null);
});

test('a yes is to all of a text in that run, to its address too', async () => {
  const stale = { ...record, probe: 'https://api.example.com', vouched: null };
  const asked: CommandQuestion[] = [];
  await made.using(async (vault) => {
    const ask = async (question: CommandQuestion) => {
      asked.push(question);
      return 'text' as const;
    };
    const gate = new AskingGate({ vault, allowed: here(), used: [], trusted: [], ask });
    await gate.requireAllowed({ record: stale, what: 'command', name: 'one', text: './deploy' });
    await gate.requireAllowed({ record: stale, what: 'address', name: 'two', text: 'x', hosts: ['api.example.com'] });
    expect(asked.map(({ name }) => name)).toEqual(['one']);
  });
});

test('an address of a key that holds what goes there is far, and so is every host of it; else it is a command', async () => {
  const { secret } = await made.using((vault) => addSlot(vault, 'carla', ['staging']));
  const own = await made.using(
    (vault) =>
      vault.change(async (change) => {
        const {
          kindOf: _kind,
          realm: _realm,
          entry: _entry,
          ...content
        } = routeRecord({ id: 'carlas', probe: 'https://x' });
        change.log({ action: 'route-add' });
        return change.put('route', 'staging', vouchFor(change, 'route', 'staging', content));
      }),
    { key: { secret, identity: made.key.identity } },
  );
  const allows = (hosts: readonly string[], sent: readonly string[] = ['staging']): Promise<boolean> =>
    made.using(async (vault) => {
      const gate = new AskingGate({ vault, allowed: here(), used: [], trusted: [], ask: async () => null });
      const wanted = { record: own, what: 'address', name: 'the probe', text: 'GET https://x', hosts, sent } as const;
      return gate.requireAllowed(wanted).then(
        () => true,
        () => false,
      );
    });
  expect(await allows(['api.example.com'])).toBe(true);
  expect(await allows(['api.example.com'], ['staging', 'shared'])).toBe(false);
  expect(await allows(['api.example.com', '127.0.0.1'])).toBe(false);
  expect(await allows([])).toBe(false);
});
