/** The vault as a whole: making it, its environments, settings and trust. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag, names, optionalOr, parsed, text } from '../../command-line/option.ts';

const INIT = takes(
  {},
  {
    env: parsed(
      '--env <names>',
      'environments, comma-separated (default: development,staging,production)',
      async () => (await import('../../domain/environment-name.ts')).parseEnvironmentNames,
    ),
    production: names('--production <names>', 'which of them are production'),
    unlock: optionalOr(
      ['--unlock [duration]', 'keep it unlocked on this machine (default: 8h; on a terminal it is asked)'],
      async () => (await import('../keys/keep-seconds.ts')).parseKeepSeconds,
      ['--no-unlock', 'ask for the passphrase at each command'],
    ),
  },
);
export type Init = Given<typeof INIT>;

const ENV_ADD = takes({ name: '[name]' }, { production: flag('--production', 'it is a production environment') });
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
  { commandsOf: text('--commands-of <label>', 'run what this key registers, on this machine, without asking') },
);
export type Trust = Given<typeof TRUST>;

export const VAULT_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'init',
    summary: 'make a vault in this folder',
    takes: INIT,
    examples: ['knox init', 'knox init --key-file ~/.config/knox/my.key', 'knox init --env dev,live --production live'],
    load: async () => (await import('./init.ts')).init,
  }),
];

export const ENVIRONMENT_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'env list',
    summary: 'list the environments',
    load: async () => (await import('./env-list.ts')).envList,
  }),
  command({
    path: 'env add',
    summary: 'add an environment',
    takes: ENV_ADD,
    load: async () => (await import('./env-add.ts')).envAdd,
  }),
  command({
    path: 'env remove',
    summary: 'remove an environment that holds no values',
    takes: ENV_REMOVE,
    load: async () => (await import('./env-remove.ts')).envRemove,
  }),
  command({
    path: 'env diff',
    summary: 'which secrets only one of two environments has',
    takes: ENV_DIFF,
    load: async () => (await import('./env-diff.ts')).envDiff,
  }),
];

export const SETTING_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'setting set',
    summary: 'set what holds for the vault as a whole',
    takes: SETTING_SET,
    examples: ['knox setting set between 09:00-16:00', 'knox setting set on mon-thu'],
    load: async () => (await import('./setting.ts')).settingSet,
  }),
  command({
    path: 'setting list',
    summary: 'what can be set, and what is',
    load: async () => (await import('./setting.ts')).settingList,
  }),
  command({
    path: 'setting remove',
    summary: 'forget a setting',
    takes: SETTING_REMOVE,
    load: async () => (await import('./setting.ts')).settingRemove,
  }),
];

export const TRUST_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'trust',
    summary: 'trust a vault on this machine from now on, or the commands that somebody registers in it',
    takes: TRUST,
    examples: ['knox trust --commands-of build-server'],
    load: async () => (await import('./trust.ts')).trust,
  }),
];
