/** Tools: the demonstration, the setup's health, the shell. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag } from '../../command-line/option.ts';

const DOCTOR = takes(
  {},
  {
    acceptRollback: flag('--accept-rollback', 'accept an older copy of the vault; needs --reason'),
    acceptClock: flag('--accept-clock', 'trust the clock again after entries from the future; needs --reason'),
  },
);
export type Doctor = Given<typeof DOCTOR>;

const DEMO = takes({}, { keep: flag('--keep', 'keep the folder') });
export type Demo = Given<typeof DEMO>;

const COMPLETION = takes({ shell: '<shell>' }, {});
export type Completion = Given<typeof COMPLETION>;

const SCHEMA = takes({ document: '[document...]' }, {});
export type Schema = Given<typeof SCHEMA>;

export const DOCTOR_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'doctor',
    task: 'tools',
    summary: 'find and fix problems with the setup',
    takes: DOCTOR,
    conflicts: [['acceptRollback', 'acceptClock']],
    load: async () => (await import('./doctor.ts')).doctor,
  }),
];

export const DEMO_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'demo',
    task: 'start',
    summary: 'watch a whole rotation in a temporary folder',
    takes: DEMO,
    load: async () => (await import('./demo.ts')).demo,
  }),
];

export const SHELL_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'schema',
    task: 'tools',
    summary: 'print the JSON Schema of what --json prints',
    takes: SCHEMA,
    examples: ['knox schema', 'knox schema rotate', 'knox schema route list'],
    load: async () => (await import('./schema.ts')).schema,
  }),
  command({
    path: 'completion',
    task: 'tools',
    summary: 'print the completion script for your shell',
    takes: COMPLETION,
    examples: ['source <(knox completion bash)', 'knox completion fish | source'],
    load: async () => (await import('./completion.ts')).completion,
  }),
];
