/** Tools: the demonstration, the setup's health, the shell. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag } from '../../command-line/option.ts';

const DOCTOR = takes(
  {},
  {
    acceptRollback: flag('--accept-rollback', 'take an older copy of the vault as it is; needs --reason'),
    acceptClock: flag('--accept-clock', 'go by the clock again, after audit entries from the future; needs --reason'),
  },
);
export type Doctor = Given<typeof DOCTOR>;

const DEMO = takes({}, { keep: flag('--keep', 'leave the folder behind') });
export type Demo = Given<typeof DEMO>;

const COMPLETION = takes({ shell: '<shell>' }, {});
export type Completion = Given<typeof COMPLETION>;

const SCHEMA = takes({ document: '[document...]' }, {});
export type Schema = Given<typeof SCHEMA>;

export const DOCTOR_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'doctor',
    summary: 'what is not well around the vault, and how to mend it',
    takes: DOCTOR,
    conflicts: [['acceptRollback', 'acceptClock']],
    load: async () => (await import('./doctor.ts')).doctor,
  }),
];

export const DEMO_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'demo',
    summary: 'watch a whole rotation in a temporary folder',
    takes: DEMO,
    load: async () => (await import('./demo.ts')).demo,
  }),
];

export const SHELL_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'schema',
    summary: 'print the JSON Schema of a document that --json prints; without a name, list them',
    takes: SCHEMA,
    examples: ['knox schema', 'knox schema rotate', 'knox schema route list'],
    load: async () => (await import('./schema.ts')).schema,
  }),
  command({
    path: 'completion',
    summary: 'the script that completes commands and names in a shell',
    takes: COMPLETION,
    examples: ['source <(knox completion bash)', 'knox completion fish | source'],
    load: async () => (await import('./completion.ts')).completion,
  }),
];
