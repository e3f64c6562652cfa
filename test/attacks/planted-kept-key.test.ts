/**
 * Another user of the machine puts a key of his own into the kernel's keyring, under the name of one that `knox unlock` keeps and readable by
 * all: he wants it believed, or the person's own key kept from `knox lock`.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { Plaintext, revealText } from '../../src/domain/plaintext.ts';
import { openKernelKeyring, ownKeys, parseListedKeys } from '../../src/keyring/kernel-keyring.ts';
import { HAS_KERNEL_KEYRING, surroundingsOf } from '../helpers/keyrings.ts';

const OTHER = 20_001;
/** Under the name of no other test, also not one of another process. */
const ACCOUNT = `planted-${process.pid}`;
const SOON = () => new Date(Date.now() + 3_600_000);

const line = (id: string, owner: number, name: string) =>
  `${id} I--Q---     1 perm 3f3f3f3f ${String(owner).padStart(5)}     0 user      knox:${name}: 92\n`;

test('of the keys that the kernel lists, those of this user are meant, all of them and no other', () => {
  const lines = [
    line('00000001', OTHER, 'vault'),
    line('00000002', 1000, 'vault'),
    line('00000003', 0, 'vault'),
    line('00000004', 1000, 'vault'),
    line('00000005', 1000, 'vault2'),
    line('00000006', 1000, 'another'),
  ];
  const listed = parseListedKeys(lines.join(''));
  expect(listed).toHaveLength(lines.length);
  expect(ownKeys(listed, 'vault', 1000)).toEqual(['0x00000002', '0x00000004']);
  expect(ownKeys(listed, 'vault', OTHER)).toEqual(['0x00000001']);
  expect(ownKeys(listed, 'vault', 4242)).toEqual([]);
});

/** Only the superuser acts for another user. */
const CAN = HAS_KERNEL_KEYRING && process.getuid?.() === 0;

describe.skipIf(!CAN)('with the kernel (needs keyctl, and the superuser)', () => {
  const open = async () => (await openKernelKeyring(surroundingsOf({ PATH: process.env['PATH']! })))!;
  const planters: ChildProcess[] = [];
  afterEach(async () => {
    for (const planter of planters.splice(0)) planter.stdin!.end();
    await (await open()).remove(ACCOUNT);
  });

  /** It lies in a session of the other user's, for as long as that lasts. */
  async function plant(permissions: string): Promise<void> {
    const script = `id=$(echo planted | keyctl padd user knox:${ACCOUNT} @s) && keyctl setperm $id ${permissions} && echo $id && cat`;
    const other = ['--reuid', String(OTHER), '--regid', String(OTHER), '--clear-groups'];
    const planter = spawn('setpriv', [...other, 'keyctl', 'session', '-', 'sh', '-c', script], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    planters.push(planter);
    await new Promise<void>((resolve, reject) => {
      planter.stdout.on('data', (part: Buffer) => {
        if (/^\d+$/m.test(part.toString())) resolve();
      });
      planter.on('close', (status) => reject(new Error(`the key was not planted (${status})`)));
    });
  }

  test('a key that he planted is no key', async () => {
    await plant('0x3f3f3f3f');
    expect(await (await open()).read(ACCOUNT)).toBe(null);
    expect(await (await open()).remove(ACCOUNT)).toBe(false);
  });

  test("one that only he may remove keeps nobody's own key from being kept, read and removed", async () => {
    await plant('0x3f3f3f03');
    const keyring = await open();
    await keyring.write(ACCOUNT, Plaintext.fromText('own'), SOON());
    await plant('0x3f3f3f03');
    expect(revealText((await keyring.read(ACCOUNT))!)).toBe('own');
    expect(await keyring.remove(ACCOUNT)).toBe(true);
    expect(await keyring.read(ACCOUNT)).toBe(null);
  });
});
