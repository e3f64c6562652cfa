/** Each keyring by itself, a real one: what is written comes back, is found by nobody else's name, and is gone when it is removed. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Plaintext, revealText } from '../../src/domain/plaintext.ts';
import { Bus } from '../../src/keyring/d-bus.ts';
import { openKernelKeyring, parseListedKeys } from '../../src/keyring/kernel-keyring.ts';
import type { Keyring } from '../../src/keyring/keyring.ts';
import { KeptKeys } from '../../src/keyring/kept-keys.ts';
import { openMemoryFile } from '../../src/keyring/memory-file.ts';
import { NativeKeyring } from '../../src/keyring/native-keyring.ts';
import { openSecretService } from '../../src/keyring/secret-service.ts';
import { HAS_KERNEL_KEYRING, startSecretService, surroundingsOf } from '../helpers/keyrings.ts';
import type { PrivateSecretService } from '../helpers/keyrings.ts';
import { describeNeeding } from '../helpers/needing.ts';

/** Under the name of no other test, also not one of another process. */
const ACCOUNT = `test-${process.pid}`;
const SECRET = 'knox_key_1_a-text-that-is-kept and "quoted" \u00E9';
const ROOT = '/org/freedesktop/secrets';
const SOON = () => new Date(Date.now() + 3_600_000);

async function behaves(keyring: Keyring): Promise<void> {
  const textOf = async (account: string) => {
    const found = await keyring.read(account);
    return found === null ? null : revealText(found);
  };
  expect(await keyring.remove(ACCOUNT)).toBe(false);
  expect(await textOf(ACCOUNT)).toBe(null);
  await keyring.write(ACCOUNT, Plaintext.fromText('before'), SOON());
  await keyring.write(ACCOUNT, Plaintext.fromText(SECRET), SOON());
  expect(await textOf(ACCOUNT)).toBe(SECRET);
  expect(await textOf(`${ACCOUNT}-other`)).toBe(null);
  expect(await textOf(ACCOUNT.slice(0, -1))).toBe(null);
  expect(await keyring.remove(ACCOUNT)).toBe(true);
  expect(await textOf(ACCOUNT)).toBe(null);
  expect(await keyring.remove(ACCOUNT)).toBe(false);
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync('/dev/shm/knox-test-');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a file in memory', () => {
  const open = () => openMemoryFile(surroundingsOf({ XDG_RUNTIME_DIR: folder }));

  test('keeps, gives back and forgets, with the modes of a private file', async () => {
    await behaves((await open())!);
    await (await open())!.write(ACCOUNT, Plaintext.fromText(SECRET), SOON());
    expect(statSync(join(folder, 'knox')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'knox'))).toEqual([`${ACCOUNT}.key`]);
    expect(statSync(join(folder, 'knox', `${ACCOUNT}.key`)).mode & 0o777).toBe(0o600);
  });

  test('follows no link, and uses no folder or file that others can get at', async () => {
    const keyring = (await open())!;
    await keyring.write(ACCOUNT, Plaintext.fromText(SECRET), SOON());
    const file = join(folder, 'knox', `${ACCOUNT}.key`);
    chmodSync(file, 0o644);
    await expect(keyring.read(ACCOUNT)).rejects.toMatchObject({ code: 'io' });
    rmSync(file);
    writeFileSync(join(folder, 'elsewhere'), 'x', { mode: 0o600 });
    symlinkSync(join(folder, 'elsewhere'), file);
    await expect(keyring.read(ACCOUNT)).rejects.toMatchObject({ code: 'io' });
    // Written beside it and moved over it: the link goes, not what it leads to.
    await keyring.write(ACCOUNT, Plaintext.fromText(SECRET), SOON());
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('x');
    chmodSync(join(folder, 'knox'), 0o755);
    expect(await keyring.read(ACCOUNT)).toBe(null);
    await expect(keyring.write(ACCOUNT, Plaintext.fromText(SECRET), SOON())).rejects.toMatchObject({ code: 'io' });
    rmSync(join(folder, 'knox'), { recursive: true });
    mkdirSync(join(folder, 'target'), { mode: 0o700 });
    symlinkSync(join(folder, 'target'), join(folder, 'knox'));
    await expect(keyring.write(ACCOUNT, Plaintext.fromText(SECRET), SOON())).rejects.toMatchObject({ code: 'io' });
    expect(readdirSync(join(folder, 'target'))).toEqual([]);
  });

  test('is nowhere but in memory: a runtime folder on a disk is passed over', async () => {
    // The temporary folder may lie in memory.
    const onDisk = mkdtempSync(join(import.meta.dirname, '../../node_modules/.knox-test-'));
    const keyring = (await openMemoryFile(surroundingsOf({ XDG_RUNTIME_DIR: onDisk })))!;
    await keyring.write(ACCOUNT, Plaintext.fromText(SECRET), SOON());
    expect(readdirSync(onDisk)).toEqual([]);
    expect(await keyring.remove(ACCOUNT)).toBe(true);
    rmSync(onDisk, { recursive: true });
  });
});

test('what the kernel still lists and has given up is over: expired, revoked, dead, invalidated', () => {
  const line = (flags: string, left: string) =>
    `0a1b2c3d ${flags}     1 ${left} 3f0b0000     0     0 user      knox:id: 92\n`;
  const lines = [
    line('I--Q---', ' 59m'),
    line('I--Q---', 'perm'),
    line('I--Q---', 'expd'),
    line('IR-Q---', ' 59m'),
    line('I-DQ---', ' 59m'),
    line('I--Q--i', ' 59m'),
    '1f2e3d4c I--Q---     1 perm 3f030000     0     0 keyring   knox:id: empty\n',
  ];
  const listed = parseListedKeys(lines.join(''));
  expect(listed.map(({ isOver }) => isOver)).toEqual([false, false, true, true, true, true]);
  expect(listed[0]).toEqual({ id: '0a1b2c3d', owner: 0, text: 'knox:id: 92', isOver: false });
});

describe.skipIf(!HAS_KERNEL_KEYRING)("the kernel's keyring, where the kernel lets keys be kept (needs keyctl)", () => {
  const open = async () => (await openKernelKeyring(surroundingsOf({ PATH: process.env['PATH']! })))!;
  const listed = () =>
    readFileSync('/proc/keys', 'latin1')
      .split('\n')
      // What was invalidated, revoked or has expired is listed until the kernel gets round to it (proc_keys(5)).
      .filter((line) => line.includes(` knox:${ACCOUNT}: `) && !/^\S+ \S*[RDi]| expd /.test(line));
  afterEach(async () => void (await (await open()).remove(ACCOUNT)));

  test('keeps, gives back and forgets', async () => behaves(await open()));

  test('the kernel has its end, and another session of the user reads it', async () => {
    await (await open()).write(ACCOUNT, Plaintext.fromText(SECRET), SOON());
    // Left time as the kernel lists it: an hour, or what is left of it in minutes.
    expect(listed()).toEqual([expect.stringMatching(/ (1h|59m|60m) 3f0b0000 /)]);
    const id = `0x${listed()[0]!.split(' ')[0]!}`;
    const other = spawnSync('keyctl', ['session', '-', 'keyctl', 'pipe', id], { encoding: 'utf8' });
    expect(other.stdout).toBe(SECRET);
  });

  test('a program of that name in the working directory is not started', async () => {
    for (const path of ['.', '', 'bin:./x']) expect(await openKernelKeyring(surroundingsOf({ PATH: path }))).toBe(null);
  });
});

describeNeeding(['dbus-daemon', 'gnome-keyring'], 'the Secret Service', () => {
  let service: PrivateSecretService;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service?.stop());
  const open = async () => (await openSecretService(surroundingsOf({ DBUS_SESSION_BUS_ADDRESS: service.address })))!;

  /** Calls of one's own, beside knox's. */
  const talk = async () => {
    const path = service.address.replaceAll(/^unix:path=|,.*$/g, '');
    const bus = await Bus.connect(path, process.getuid!(), 20_000);
    if (!(bus instanceof Bus)) throw new Error('there is no bus');
    const call = async (object: string, method: string, signature: string, body: readonly unknown[]) => {
      const [of, member] = method.split('.') as [string, string];
      const target = {
        destination: 'org.freedesktop.secrets',
        path: object,
        interface: `org.freedesktop.Secret.${of}`,
      };
      const reply = await bus.call({ ...target, member, signature, body });
      if (reply.kind === 'error') throw new Error(`${method}: ${reply.name}`);
      return reply.body;
    };
    return { call, close: () => bus.close() };
  };
  const ATTRIBUTES = [
    ['application', 'knox'],
    ['vault', ACCOUNT],
  ];

  test('keeps, gives back and forgets, in the collection that is never written to a disk', async () => {
    const keyring = await open();
    await behaves(keyring);
    await keyring.write(ACCOUNT, Plaintext.fromText(SECRET), SOON());
    keyring.close();
    const again = await open();
    expect(revealText((await again.read(ACCOUNT))!)).toBe(SECRET);
    const { call, close } = await talk();
    const found = await call(ROOT, 'Service.SearchItems', 'a{ss}', [ATTRIBUTES]);
    expect(found).toEqual([[expect.stringContaining('/collection/session/')], []]);
    close();
    await again.remove(ACCOUNT);
    again.close();
  });

  test('is the first of the keyrings that are there; each next one takes what the one before cannot', async () => {
    const bus = { DBUS_SESSION_BUS_ADDRESS: service.address };
    const kernel = HAS_KERNEL_KEYRING ? { PATH: process.env['PATH']! } : {};
    const memory = { XDG_RUNTIME_DIR: folder };
    const failures: string[] = [];
    const keys = (...variables: Record<string, string>[]) =>
      new KeptKeys(surroundingsOf(Object.assign({}, ...variables) as Record<string, string>), (message) =>
        failures.push(message),
      );
    const keep = async (kept: KeptKeys) => (await kept.keep(ACCOUNT, Plaintext.fromText(SECRET), SOON())).name;
    const found = async (kept: KeptKeys) => {
      const texts: (string | null)[] = [];
      for await (const { text } of kept.find(ACCOUNT)) texts.push(revealText(text));
      return texts;
    };
    expect(await keep(keys(memory))).toBe('memory-file');
    expect(await keep(keys(kernel, memory))).toBe(HAS_KERNEL_KEYRING ? 'kernel' : 'memory-file');
    expect(await keep(keys(bus, kernel, memory))).toBe('secret-service');
    // What an earlier one took is nowhere any more.
    expect(await found(keys(bus, kernel, memory))).toEqual([SECRET]);
    expect(await found(keys(kernel, memory))).toEqual([]);
    // Somebody unlocked without a desktop meanwhile: both are found, and both are removed.
    await keep(keys(memory));
    expect(await found(keys(bus, kernel, memory))).toEqual([SECRET, SECRET]);
    expect(await keys(bus, kernel, memory).forget(ACCOUNT)).toEqual(['secret-service', 'memory-file']);
    expect(await keys(bus, kernel, memory).forget(ACCOUNT)).toEqual([]);
    expect(failures).toEqual([]);
  });

  test('the package for the other systems speaks to it too: the same calls as to a keychain', async () => {
    const { AsyncEntry } = await import('@napi-rs/keyring');
    process.env['DBUS_SESSION_BUS_ADDRESS'] = service.address;
    try {
      const system = { name: 'keychain', title: 'the keychain' } as const;
      const store = { linux: { store: 'secret-service' } } as const;
      const patience = { answer: 20_000, person: null };
      await behaves(new NativeKeyring(system, (account) => new AsyncEntry('knox', account, store), patience));
    } finally {
      delete process.env['DBUS_SESSION_BUS_ADDRESS'];
    }
  });

  test('what is locked is passed over where nobody can answer, and is not said to be gone', async () => {
    const { call, close } = await talk();
    const [, session] = await call(ROOT, 'Service.OpenSession', 'sv', ['plain', { signature: 's', value: '' }]);
    const [collection] = await call(ROOT, 'Service.ReadAlias', 's', ['default']);
    const properties = [
      ['org.freedesktop.Secret.Item.Label', { signature: 's', value: 'of before' }],
      ['org.freedesktop.Secret.Item.Attributes', { signature: 'a{ss}', value: ATTRIBUTES }],
    ];
    const secret = [session, Buffer.alloc(0), Buffer.from(SECRET), 'text/plain'];
    await call(collection as string, 'Collection.CreateItem', 'a{sv}(oayays)b', [properties, secret, true]);
    await call(ROOT, 'Service.Lock', 'ao', [[collection]]);
    close();
    const keyring = await open();
    expect(await keyring.read(ACCOUNT)).toBe(null);
    await expect(keyring.remove(ACCOUNT)).rejects.toMatchObject({ message: expect.stringContaining('it is locked') });
    // The session's collection takes a new one all the same.
    await keyring.write(ACCOUNT, Plaintext.fromText('new'), SOON());
    expect(revealText((await keyring.read(ACCOUNT))!)).toBe('new');
    keyring.close();
  });
});

describe('a bus that is none', () => {
  let connected: Socket[] = [];
  const listen = (path: string, answer: (socket: Socket) => void) =>
    new Promise<ReturnType<typeof createServer>>((resolve) => {
      const server = createServer((socket) => {
        connected.push(socket);
        socket.on('error', () => undefined);
        answer(socket);
      });
      server.listen(path, () => resolve(server));
    });
  const openAt = (path: string) =>
    openSecretService({
      ...surroundingsOf({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }),
      patience: { answer: 50, person: null },
    });
  afterEach(() => {
    for (const socket of connected) socket.destroy();
    connected = [];
  });

  test.each([
    ['says nothing', () => undefined],
    ['lets in and says nothing', (socket: Socket) => void socket.write('OK 0123\r\n')],
  ])('one that %s is there and fails, soon', async (_what, answer) => {
    const path = join(folder, 'bus');
    const server = await listen(path, answer);
    await expect(openAt(path)).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('no answer'),
    });
    server.close();
  });

  test.each([
    ['hangs up', (socket: Socket) => socket.destroy()],
    [
      'says what is no D-Bus',
      (socket: Socket) => void socket.on('data', () => socket.write('OK 0123\r\nHTTP/1.1 400 no\r\n\r\n')),
    ],
    [
      'claims a message of two gigabytes',
      (socket: Socket) => {
        socket.write('OK 0123\r\n');
        const header = Buffer.from('6c02000100000080010000000000000000000000', 'hex');
        socket.on('data', (part) => void (part.includes('BEGIN') && socket.write(header)));
      },
    ],
  ])('one that %s is as if it were not there', async (_what, answer) => {
    const path = join(folder, 'bus');
    const server = await listen(path, answer);
    expect(await openAt(path)).toBe(null);
    server.close();
  });

  test('so is none at all, and an address that is not understood', async () => {
    expect(await openAt(join(folder, 'nothing'))).toBe(null);
    for (const address of ['tcp:host=localhost,port=1', 'autolaunch:', 'unix:', ';'])
      expect(await openSecretService(surroundingsOf({ DBUS_SESSION_BUS_ADDRESS: address }))).toBe(null);
    expect(await openSecretService(surroundingsOf({}))).toBe(null);
  });
});
