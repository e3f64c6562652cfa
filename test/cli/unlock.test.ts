/** `knox unlock` and `knox lock`, with a file in memory as the keyring: what is kept counts for a while, for this vault, and for no other. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Io } from '../../src/session.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { readManifest } from '../../src/vault/documents/manifest.ts';
import { keyringIo } from '../helpers/keyrings.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';
import { answering } from '../helpers/terminal.ts';
import type { Answer } from '../helpers/terminal.ts';
import { forgeVault } from '../helpers/vandal.ts';

const PASSPHRASE = 'correct horse battery';
const START = '2026-01-10T12:00:00.000Z';

let folder: string;
let runtime: string;
let now: Date;
let variables: Record<string, string>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-unlock-'));
  runtime = mkdtempSync('/dev/shm/knox-test-');
  now = new Date(START);
  // No PATH: neither the kernel's keyring nor a Secret Service is there.
  variables = { XDG_RUNTIME_DIR: runtime };
  await must(knox(['init', '--key-file', 'k.key']));
  await must(knox(['--key-file', 'k.key', 'add', 'api_key', '-e', 'staging'], 'a value for staging'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

function knox(argv: readonly string[], stdin = '', surroundings: Partial<Io> = {}): Promise<Ran> {
  return runKnox(folder, argv, stdin, variables, { now: () => now, ...keyringIo(), ...surroundings });
}

async function must(ran: Promise<Ran>): Promise<Ran> {
  const done = await ran;
  if (done.exit !== 0) throw new Error(`exit ${done.exit}: ${done.stderr}`);
  return done;
}

const unlock = (...argv: string[]) => must(knox(['unlock', '--key-file', 'k.key', ...argv]));
const get = (...argv: string[]) => knox(['get', 'api_key', '-e', 'staging', ...argv]);
const kept = (): string[] => (existsSync(join(runtime, 'knox')) ? readdirSync(join(runtime, 'knox')) : []);
const later = (seconds: number) => void (now = new Date(now.getTime() + seconds * 1000));

describe('what is kept', () => {
  test('opens the vault until it expires, and is gone then', async () => {
    const said = await unlock();
    expect(said.stdout.toString()).toBe(
      `Unlocked until 2026-01-10 20:00 UTC (in 8 hours).\nThe key is in a file in memory (${runtime}/knox). To lock it before that: knox lock\n`,
    );
    expect((await must(get())).stdout.toString()).toBe('a value for staging');
    later(8 * 3600 - 1);
    expect((await must(get())).exit).toBe(0);
    expect(kept()).toHaveLength(1);
    later(1);
    const after = await get();
    expect(after).toMatchObject({ exit: 4, stderr: expect.stringContaining('no key was given') });
    expect(after.stderr).toContain('knox unlock');
    expect(kept()).toEqual([]);
  });

  test('verifies what is only looked at; where nothing is kept, that is said as before', async () => {
    expect((await must(knox(['list']))).stderr).toContain('not verified');
    await unlock();
    expect((await must(knox(['list']))).stderr).toBe('');
    later(9 * 3600);
    expect((await must(knox(['list']))).stderr).toContain('not verified');
    expect(kept()).toEqual([]);
  });

  test('is one JSON document, and so is lock', async () => {
    const { json, identity } = { json: await unlock('--for', '30m', '--json'), identity: identityOfKeyFile() };
    expect(JSON.parse(json.stdout.toString())).toEqual({
      vault: join(folder, '.knox/vault.db'),
      identity,
      slot: { id: expect.stringMatching(/^[A-Za-z0-9_-]{16}$/), label: 'first key' },
      keyring: 'memory-file',
      expiresAt: '2026-01-10T12:30:00.000Z',
    });
    const lock = async () => JSON.parse((await must(knox(['lock', '--json']))).stdout.toString()) as unknown;
    const vault = join(folder, '.knox/vault.db');
    expect(await lock()).toEqual({ vault, locked: true, wasUnlocked: true, keyrings: ['memory-file'] });
    expect(await lock()).toEqual({ vault, locked: true, wasUnlocked: false, keyrings: [] });
    expect((await get()).exit).toBe(4);
    expect((await must(knox(['lock']))).stdout.toString()).toContain('Already locked');
  });

  test('stands nowhere but in the keyring', async () => {
    const { stdout, stderr } = await unlock();
    const used = await must(get());
    const secret = /knox_key_1_\S+/.exec(readFileSync(join(folder, 'k.key'), 'utf8'))![0];
    expect(readFileSync(join(runtime, 'knox', kept()[0]!), 'utf8')).toContain(secret);
    rmSync(join(folder, 'k.key'));
    for (const text of [stdout, stderr, used.stdout, used.stderr]) expect(text.toString()).not.toContain(secret);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name)).includes(secret)).toBe(false);
    }
  });

  test('is not made younger by a clock that is put back: not before it was kept, nor before the last entry of the log', async () => {
    await unlock('--for', '1h');
    now = new Date('2026-01-10T11:00:00.000Z');
    expect((await get()).exit).toBe(4);
    now = new Date(START);
    await unlock('--for', '1h');
    later(7200);
    await must(knox(['--key-file', 'k.key', 'add', 'other', '-e', 'staging'], 'x-value-of-another'));
    now = new Date('2026-01-10T12:30:00.000Z');
    expect((await get()).exit).toBe(4);
    expect(kept()).toEqual([]);
  });

  test('a key that is given comes first, and where that is wrong nothing else is tried', async () => {
    await unlock();
    await must(knox(['key', 'new', 'other.key']));
    expect((await get('--key-file', 'other.key')).exit).toBe(4);
    expect((await get('--key-file', 'none.key')).exit).toBe(4);
  });

  test('does not unlock again: whoever has it for an hour would have it for ever', async () => {
    await unlock();
    const again = await knox(['unlock']);
    expect(again).toMatchObject({ exit: 4, stderr: expect.stringContaining('no key was given') });
  });

  test.each(['59s', '8d', '2w', '8', 'x'])('not for %s', async (text) => {
    const ran = await knox(['unlock', '--key-file', 'k.key', '--for', text]);
    expect([ran.exit, kept()]).toEqual([2, []]);
  });

  test('what is there and cannot be read is put away', async () => {
    await unlock();
    writeFileSync(join(runtime, 'knox', kept()[0]!), '{"format":1}');
    expect((await get()).exit).toBe(4);
    expect(kept()).toEqual([]);
  });

  test('without any keyring it is exit 1', async () => {
    const ran = await knox(['unlock', '--key-file', 'k.key', '--json'], '', {
      platform: undefined,
      uid: undefined,
    } as object);
    expect(ran.exit).toBe(1);
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'no_keyring' } });
  });
});

function identityOfKeyFile(): string {
  return /knox_vault_1_\S+/.exec(readFileSync(join(folder, 'k.key'), 'utf8'))![0];
}

describe('which vault', () => {
  const file = () => join(folder, '.knox/vault.db');

  test('one that was copied or moved is still unlocked', async () => {
    await unlock();
    cpSync(join(folder, '.knox'), join(folder, 'moved/.knox'), { recursive: true });
    expect((await must(get('--vault', 'moved/.knox/vault.db'))).stdout.toString()).toBe('a value for staging');
  });

  test('one that a vandal put in its place, under the same id and with the same keys, is found out, and the key is kept', async () => {
    await unlock();
    const store = await SqliteStore.open(file());
    const { manifest } = await store.read(async (transaction) => readManifest(await transaction.manifest()));
    const forged = join(folder, 'forged.db');
    await store.close();
    await forgeVault(forged, manifest);
    const original = readFileSync(file());
    copyFileSync(forged, file());
    for (const argv of [['get', 'api_key', '-e', 'staging'], ['list'], ['add', 'x', '-e', 'staging']])
      expect((await knox(argv, 'typed into the wrong vault')).exit).toBe(8);
    // A machine that remembers nothing of the vault is told by the key alone.
    rmSync(join(folder, 'state'), { recursive: true });
    expect((await get()).exit).toBe(8);
    writeFileSync(file(), original);
    expect((await must(get())).exit).toBe(0);
    copyFileSync(forged, file());
    expect((await must(knox(['lock']))).stdout.toString()).toContain('Locked');
  });

  test('one that this machine has never seen is not unlocked: its identity would be trusted from then on', async () => {
    const lines = readFileSync(join(folder, 'k.key'), 'utf8').split('\n');
    writeFileSync(join(folder, 'bare.key'), lines.filter((line) => !line.startsWith('knox_vault_1_')).join('\n'), {
      mode: 0o600,
    });
    await must(knox(['unlock', '--key-file', 'bare.key']));
    await must(knox(['lock']));
    rmSync(join(folder, 'state'), { recursive: true });
    expect((await knox(['unlock', '--key-file', 'bare.key'])).exit).toBe(7);
    expect(kept()).toEqual([]);
  });

  test('a key that was removed is forgotten, with a word, and the next way is tried', async () => {
    const add = ['key', 'add', '--key-file', 'second.key', '--key-file', 'k.key', '--json'];
    const { id } = JSON.parse((await must(knox(add))).stdout.toString()) as { id: string };
    await must(knox(['unlock', '--key-file', 'second.key']));
    expect((await must(get())).exit).toBe(0);
    await must(knox(['key', 'remove', id, '--key-file', 'k.key', '--yes']));
    const after = await get('--json');
    expect(after.exit).toBe(4);
    const said = after.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, { code: string }>);
    expect(said.map((line) => (line['warning'] ?? line['error'])!.code)).toEqual(['kept_key_gone', 'vault_locked']);
    expect(kept()).toEqual([]);
  });

  test('keys that were made anew are opened by one that was kept before', async () => {
    await unlock();
    await must(knox(['rekey', '--key-file', 'k.key', '--yes']));
    expect((await must(get())).stdout.toString()).toBe('a value for staging');
  });
});

describe('a passphrase', () => {
  const asked = async (argv: readonly string[], ...answers: Answer[]): Promise<Ran> => {
    const person = answering(...answers);
    const ran = await must(knox(argv, '', { prompts: person.prompts }));
    person.done();
    return ran;
  };
  const make = (folderName: string, flags: readonly string[], ...answers: Answer[]) => {
    mkdirSync(join(folder, folderName));
    variables['KNOX_VAULT'] = join(folder, folderName, 'vault.db');
    return asked(['init', ...flags], [/New passphrase/, PASSPHRASE], [/Repeat it/, PASSPHRASE], ...answers);
  };

  test('init offers to keep it, and then nothing asks; unlock asks once', async () => {
    const made = await make('a', [], [/Keep it unlocked on this machine for 8 hours\?/, true]);
    expect(made.stdout.toString()).toContain('Unlocked until 2026-01-10 20:00 UTC');
    await must(knox(['add', 'api_key', '-e', 'staging'], 'a value for staging'));
    expect((await asked(['get', 'api_key', '-e', 'staging'])).stdout.toString()).toBe('a value for staging');
    await must(knox(['lock']));
    await asked(['unlock'], [/Vault passphrase/, PASSPHRASE]);
    await asked(['get', 'api_key', '-e', 'staging']);
  });

  test('flags answer before it is asked', async () => {
    const not = await make('flag-no', ['--no-unlock', '--json']);
    expect([JSON.parse(not.stdout.toString()), kept()]).toMatchObject([{ unlockedUntil: null }, []]);
    const hour = await make('flag', ['--unlock', '1h', '--json']);
    expect(JSON.parse(hour.stdout.toString())).toMatchObject({ unlockedUntil: '2026-01-10T13:00:00.000Z' });
    expect(kept()).toHaveLength(1);
  });

  test('where no keyring takes it, the vault is made and that is said', async () => {
    mkdirSync(join(runtime, 'knox'));
    chmodSync(join(runtime, 'knox'), 0o755);
    const made = await make('failing', ['--yes']);
    expect(made.stderr).toContain('the vault was created, but not unlocked');
    expect(existsSync(variables['KNOX_VAULT']!)).toBe(true);
  });

  test('a vault with a key file is unlocked where that is asked for, and not offered', async () => {
    variables['KNOX_VAULT'] = join(folder, 'with-file.db');
    await asked(['init', '--key-file', 'file.key', '--unlock', '1d']);
    expect(kept()).toHaveLength(1);
  });
});
