/** Keys that open the vault: who has access, and keeping it unlocked. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag, names, parsed, stored, text, texts, unless } from '../../command-line/option.ts';

const KEY_NEW = takes({ file: '<file>' }, {});
export type KeyNew = Given<typeof KEY_NEW>;

const KEY_ADD = takes(
  {},
  {
    passphrase: flag('--passphrase', 'add a passphrase; knox asks for it'),
    keyFiles: texts(
      '--key-file <file>',
      'key file to add (created if missing); a second --key-file, or one beside --passphrase or --recipient, unlocks the vault',
    ),
    recipient: text('--recipient <public_key>', "add somebody's public key; they get it from knox key new"),
    env: names('--env <env,...>', 'environments it can read; "shared" is one of them (default: all, also later ones)'),
    admin: flag('--admin', 'let it read everything and add and remove keys and environments'),
    label: stored(text('--label <text>', 'whose key it is')),
  },
);
export type KeyAdd = Given<typeof KEY_ADD>;

const KEY_REMOVE = takes(
  { key: '[id]' },
  { rekey: unless('--no-rekey', 'do not re-encrypt: what the key read stays readable with it') },
);
export type KeyRemove = Given<typeof KEY_REMOVE>;

const UNLOCK = takes(
  {},
  {
    seconds: parsed(
      '--for <duration>',
      'keep it unlocked for this long, 1m to 7d (default: 8h)',
      async () => (await import('./keep-seconds.ts')).parseKeepSeconds,
    ),
  },
);
export type Unlock = Given<typeof UNLOCK>;

export const KEY_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'key new',
    task: 'share',
    summary: 'create a key file and print its public key',
    takes: KEY_NEW,
    load: async () => (await import('./key-new.ts')).keyNew,
  }),
  command({
    path: 'key list',
    task: 'share',
    summary: 'list the keys that can open the vault',
    load: async () => (await import('./key-list.ts')).keyList,
  }),
  command({
    path: 'key add',
    task: 'share',
    summary: 'give a person or a job access to the vault',
    takes: KEY_ADD,
    conflicts: [['admin', 'env']],
    examples: [
      'knox key add --recipient knox_pub_1_… --env staging --label "build server"',
      'knox key add --passphrase',
    ],
    load: async () => (await import('./key-add.ts')).keyAdd,
  }),
  command({
    path: 'key remove',
    task: 'share',
    summary: 'take access away and mark what to rotate',
    takes: KEY_REMOVE,
    examples: ['knox key remove "build server"', 'knox key remove 4f2a --no-rekey --yes'],
    load: async () => (await import('./key-remove.ts')).keyRemove,
  }),
  command({
    path: 'rekey',
    task: 'share',
    summary: 'replace all keys of the vault and re-encrypt every value',
    load: async () => (await import('./key-remove.ts')).rekey,
  }),
  command({
    path: 'unlock',
    task: 'start',
    summary: 'keep the key in the system keyring for a while',
    takes: UNLOCK,
    examples: ['knox unlock', 'knox unlock --for 30m', 'knox unlock --key-file /media/stick/my.key'],
    load: async () => (await import('./unlock.ts')).unlock,
  }),
  command({
    path: 'lock',
    task: 'start',
    summary: 'remove the key that unlock put in the system keyring',
    load: async () => (await import('./lock.ts')).lock,
  }),
];
