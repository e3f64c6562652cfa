/** The vault as a whole: making it, its environments, keys, trust and log. */
import { AUDIT_FORMATS, oneOf } from '../domain/choices.ts';
import type { CommandSpec } from './command-spec.ts';

export const VAULT_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'init',
    summary: 'make a vault in this folder',
    options: [
      ['--env <names>', 'environments, comma-separated (default: development,staging,production)'],
      ['--production <names>', 'which of them are production'],
      ['--unlock [duration]', 'keep it unlocked on this machine (default: 8h; on a terminal it is asked)'],
      ['--no-unlock', 'ask for the passphrase at each command'],
    ],
    examples: ['knox init', 'knox init --key-file ~/.config/knox/my.key', 'knox init --env dev,live --production live'],
    load: async () => (await import('../commands/vault/init.ts')).init,
  },
  {
    path: 'env list',
    summary: 'list the environments',
    load: async () => (await import('../commands/vault/env-list.ts')).envList,
  },
  {
    path: 'env add',
    summary: 'add an environment',
    arguments: ['[name]'],
    options: [['--production', 'it is a production environment']],
    load: async () => (await import('../commands/vault/env-add.ts')).envAdd,
  },
  {
    path: 'env remove',
    summary: 'remove an environment that holds no values',
    arguments: ['[name]'],
    load: async () => (await import('../commands/vault/env-remove.ts')).envRemove,
  },
  {
    path: 'env diff',
    summary: 'which secrets only one of two environments has',
    arguments: ['[env]', '[env2]'],
    load: async () => (await import('../commands/vault/env-diff.ts')).envDiff,
  },
  {
    path: 'status',
    summary: 'what there is to do today',
    load: async () => (await import('../commands/watching/status.ts')).status,
  },
  {
    path: 'setting set',
    summary: 'set what holds for the vault as a whole',
    arguments: ['<name>', '[value]'],
    examples: ['knox setting set between 09:00-16:00', 'knox setting set on mon-thu'],
    load: async () => (await import('../commands/vault/setting.ts')).settingSet,
  },
  {
    path: 'setting list',
    summary: 'what can be set, and what is',
    load: async () => (await import('../commands/vault/setting.ts')).settingList,
  },
  {
    path: 'setting remove',
    summary: 'forget a setting',
    arguments: ['<name>'],
    load: async () => (await import('../commands/vault/setting.ts')).settingRemove,
  },
  {
    path: 'key new',
    summary: 'make a key file and print its public key',
    arguments: ['<file>'],
    load: async () => (await import('../commands/keys/key-new.ts')).keyNew,
  },
  {
    path: 'key list',
    summary: 'list the keys that open the vault',
    load: async () => (await import('../commands/keys/key-list.ts')).keyList,
  },
  {
    path: 'key add',
    summary: 'give a person or a job access',
    options: [
      ['--passphrase', 'a passphrase, asked for'],
      [
        '--key-file <file>',
        'a key file, made where there is none; given twice or besides another way: what unlocks',
        'list',
      ],
      ['--recipient <key>', 'the public key of somebody who keeps the key: knox key new prints it'],
      ['--env <names>', 'what it opens, "shared" among them (default: everything, also what comes later)'],
      ['--admin', 'it opens everything, and may add and remove keys and environments'],
      ['--label <text>', 'whose it is'],
    ],
    examples: [
      'knox key add --recipient knox_pub_1_… --env development,staging --label "build server"',
      'knox key add --passphrase',
    ],
    load: async () => (await import('../commands/keys/key-add.ts')).keyAdd,
  },
  {
    path: 'key remove',
    summary: 'take access away, make all keys anew, and mark what it could read',
    arguments: ['[id]'],
    examples: ['knox key remove "build server"', 'knox key remove 4f2a --no-rekey --yes'],
    options: [['--no-rekey', 'leave the other keys as they are']],
    load: async () => (await import('../commands/keys/key-remove.ts')).keyRemove,
  },
  {
    path: 'rekey',
    summary: 'make all keys of the vault anew, and encrypt every value again',
    load: async () => (await import('../commands/keys/key-remove.ts')).rekey,
  },
  {
    path: 'unlock',
    summary: 'keep the key in a keyring of this system for a while, so that no command asks for it',
    options: [['--for <duration>', 'how long, from 1m to 7d (default: 8h)']],
    examples: ['knox unlock', 'knox unlock --for 30m', 'knox unlock --key-file /media/stick/my.key'],
    load: async () => (await import('../commands/keys/unlock.ts')).unlock,
  },
  {
    path: 'lock',
    summary: 'forget the key that unlock kept',
    load: async () => (await import('../commands/keys/lock.ts')).lock,
  },
  {
    path: 'trust',
    summary: 'trust a vault on this machine from now on, or the commands that somebody registers in it',
    arguments: ['[identity]'],
    options: [['--commands-of <label>', 'run what this key registers, on this machine, without asking']],
    examples: ['knox trust --commands-of build-server'],
    load: async () => (await import('../commands/vault/trust.ts')).trust,
  },
  {
    path: 'audit',
    summary: 'who did what, when',
    arguments: ['[name]'],
    options: [
      ['--since <when>', 'a duration or a date'],
      ['--until <when>', 'a duration or a date'],
      ['--action <action>', 'only this action'],
      ['--actor <actor>', 'only this actor'],
      ['--key <id>', 'only this key: its id or label'],
      ['--limit <n>', 'at most this many (default 50)'],
      ['--format <format>', 'jsonl: one JSON object a line', oneOf(AUDIT_FORMATS)],
    ],
    load: async () => (await import('../commands/watching/audit.ts')).audit,
  },
  {
    path: 'audit verify',
    summary: 'check the whole log and every record against it',
    options: [['--identity <identity>', 'the vault that it must be']],
    load: async () => (await import('../commands/watching/audit-verify.ts')).auditVerify,
  },
  {
    path: 'doctor',
    summary: 'what is not well around the vault, and how to mend it',
    options: [
      ['--accept-rollback', 'take an older copy of the vault as it is; needs --reason'],
      ['--accept-clock', 'go by the clock again, after audit entries from the future; needs --reason'],
    ],
    load: async () => (await import('../commands/tools/doctor.ts')).doctor,
  },
];
