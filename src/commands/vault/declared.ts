/** The vault as a whole: making it, its environments, settings and trust. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag, names, optionalOr, parsed, text } from '../../command-line/option.ts';

const INIT = takes(
  {},
  {
    env: parsed(
      '--env <name,...>',
      'the environments (default: development,staging,production)',
      async () => (await import('../../domain/environment-name.ts')).parseEnvironmentNames,
    ),
    keyFile: text('--key-file <file>', 'create this key file, and ask for no passphrase'),
    production: names('--production <name,...>', 'which of them are production (default: by their names)'),
    unlock: optionalOr(
      ['--unlock [duration]', 'keep it unlocked on this machine (default: 8h; asked on a terminal)'],
      async () => (await import('../keys/keep-seconds.ts')).parseKeepSeconds,
      ['--no-unlock', 'do not keep it unlocked: ask for the passphrase every time'],
    ),
  },
);
export type Init = Given<typeof INIT>;

const ENV_ADD = takes({ name: '[name]' }, { production: flag('--production', 'make it a production environment') });
export type EnvAdd = Given<typeof ENV_ADD>;

const ENV_REMOVE = takes({ name: '[name]' }, {});
export type EnvRemove = Given<typeof ENV_REMOVE>;

const ENV_DIFF = takes({ env: '[env]', other: '[env2]' }, {});
export type EnvDiff = Given<typeof ENV_DIFF>;

const SETTING_SET = takes({ name: '<name>', value: '[value]' }, {});
export type SettingSet = Given<typeof SETTING_SET>;

const SETTING_REMOVE = takes({ name: '<name>' }, {});
export type SettingRemove = Given<typeof SETTING_REMOVE>;

const TRUST = takes(
  { identity: '[identity]' },
  { commandsOf: text('--commands-of <label>', 'run commands that this key registered, without asking') },
);
export type Trust = Given<typeof TRUST>;

export const VAULT_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'init',
    task: 'start',
    summary: 'create a vault in this folder',
    takes: INIT,
    examples: ['knox init', 'knox init --key-file ~/.config/knox/my.key', 'knox init --env dev,live --production live'],
    load: async () => (await import('./init.ts')).init,
  }),
];

export const ENVIRONMENT_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'env list',
    task: 'start',
    summary: 'list the environments',
    load: async () => (await import('./env-list.ts')).envList,
  }),
  command({
    path: 'env add',
    task: 'start',
    summary: 'add an environment',
    takes: ENV_ADD,
    load: async () => (await import('./env-add.ts')).envAdd,
  }),
  command({
    path: 'env remove',
    task: 'start',
    summary: 'remove an environment that has no values',
    takes: ENV_REMOVE,
    load: async () => (await import('./env-remove.ts')).envRemove,
  }),
  command({
    path: 'env diff',
    task: 'start',
    summary: 'list secrets that only one of two environments has',
    takes: ENV_DIFF,
    load: async () => (await import('./env-diff.ts')).envDiff,
  }),
];

export const SETTING_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'setting set',
    task: 'keep',
    summary: 'change a vault-wide setting',
    takes: SETTING_SET,
    examples: ['knox setting set between 09:00-16:00', 'knox setting set on mon-thu'],
    load: async () => (await import('./setting.ts')).settingSet,
  }),
  command({
    path: 'setting list',
    task: 'keep',
    summary: 'list all settings and their values',
    load: async () => (await import('./setting.ts')).settingList,
  }),
  command({
    path: 'setting remove',
    task: 'keep',
    summary: 'put a setting back to its default',
    takes: SETTING_REMOVE,
    load: async () => (await import('./setting.ts')).settingRemove,
  }),
];

export const TRUST_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'trust',
    task: 'share',
    summary: "trust a vault, or a colleague's commands, on this machine",
    takes: TRUST,
    examples: ['knox trust --commands-of build-server'],
    load: async () => (await import('./trust.ts')).trust,
  }),
];
