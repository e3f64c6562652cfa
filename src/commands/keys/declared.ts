/** Keys that open the vault: who has access, and keeping it unlocked. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag, names, parsed, stored, text, texts, unless } from '../../command-line/option.ts';

const KEY_NEW = takes({ file: '<file>' }, {});
export type KeyNew = Given<typeof KEY_NEW>;

const KEY_ADD = takes(
  {},
  {
    passphrase: flag('--passphrase', 'a passphrase, asked for'),
    keyFiles: texts(
      '--key-file <file>',
      'a key file, made where there is none; given twice or besides another way: what unlocks',
    ),
    recipient: text('--recipient <key>', 'the public key of somebody who keeps the key: knox key new prints it'),
    env: names('--env <names>', 'what it opens, "shared" among them (default: everything, also what comes later)'),
    admin: flag('--admin', 'it opens everything, and may add and remove keys and environments'),
    label: stored(text('--label <text>', 'whose it is')),
  },
);
export type KeyAdd = Given<typeof KEY_ADD>;

const KEY_REMOVE = takes({ key: '[id]' }, { rekey: unless('--no-rekey', 'leave the other keys as they are') });
export type KeyRemove = Given<typeof KEY_REMOVE>;

const UNLOCK = takes(
  {},
  {
    seconds: parsed(
      '--for <duration>',
      'how long, from 1m to 7d (default: 8h)',
      async () => (await import('./keep-seconds.ts')).parseKeepSeconds,
    ),
  },
);
export type Unlock = Given<typeof UNLOCK>;

export const KEY_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'key new',
    summary: 'make a key file and print its public key',
    takes: KEY_NEW,
    load: async () => (await import('./key-new.ts')).keyNew,
  }),
  command({
    path: 'key list',
    summary: 'list the keys that open the vault',
    load: async () => (await import('./key-list.ts')).keyList,
  }),
  command({
    path: 'key add',
    summary: 'give a person or a job access',
    takes: KEY_ADD,
    conflicts: [['admin', 'env']],
    examples: [
      'knox key add --recipient knox_pub_1_… --env development,staging --label "build server"',
      'knox key add --passphrase',
    ],
    load: async () => (await import('./key-add.ts')).keyAdd,
  }),
  command({
    path: 'key remove',
    summary: 'take access away, make all keys anew, and mark what it could read',
    takes: KEY_REMOVE,
    examples: ['knox key remove "build server"', 'knox key remove 4f2a --no-rekey --yes'],
    load: async () => (await import('./key-remove.ts')).keyRemove,
  }),
  command({
    path: 'rekey',
    summary: 'make all keys of the vault anew, and encrypt every value again',
    load: async () => (await import('./key-remove.ts')).rekey,
  }),
  command({
    path: 'unlock',
    summary: 'keep the key in a keyring of this system for a while, so that no command asks for it',
    takes: UNLOCK,
    examples: ['knox unlock', 'knox unlock --for 30m', 'knox unlock --key-file /media/stick/my.key'],
    load: async () => (await import('./unlock.ts')).unlock,
  }),
  command({
    path: 'lock',
    summary: 'forget the key that unlock kept',
    load: async () => (await import('./lock.ts')).lock,
  }),
];
