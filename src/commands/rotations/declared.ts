/** Rotations: what the commands take. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { duration, flag, manyWords, names, optional, parsed, parsedEach, word } from '../../command-line/option.ts';
import { CONFIRMABLE_STEPS, DAYS, either, SKIPPABLE_STEPS, STEP_IDS } from '../../domain/choices.ts';

const ROTATE = takes(
  { names: '[name...]' },
  {
    valueFiles: parsedEach(
      '--value-file <env=file>',
      'the new value of an environment, from a file',
      async () => (await import('./read-rotation.ts')).readValueFile,
    ),
    valuesStdin: flag('--values-stdin', 'the new values as one JSON object on stdin'),
    generate: optional(
      '--generate [length]',
      'make random new values',
      async () => (await import('../../domain/generated-length.ts')).parseLength,
    ),
    keep: names('--keep <envs>', 'environments that keep their present value'),
    window: duration('--window <duration>', 'how long to watch production (default 48h)'),
    quarantine: duration('--quarantine <duration>', 'how long to wait before the old value is revoked (default none)'),
    between: parsed(
      '--between <hours>',
      'hours that production is changed in, such as 09:00-16:00',
      async () => (await import('./read-rotation.ts')).readBetween,
    ),
    on: parsed(
      '--on <days>',
      'days that production is changed on, such as mon-thu',
      async () => (await import('./read-rotation.ts')).readOn,
      { choices: { words: DAYS, separator: ',' } },
    ),
    confirm: manyWords(
      '--confirm <steps>',
      `steps that you vouch for, comma-separated: ${CONFIRMABLE_STEPS.join(', ')}`,
      CONFIRMABLE_STEPS,
    ),
    skip: word('--skip <step>', `leave out ${either(SKIPPABLE_STEPS)}; needs --reason`, SKIPPABLE_STEPS),
    until: word('--until <step>', 'stop after this step', STEP_IDS),
    compromised: flag('--compromised', 'it has leaked: wait for nothing; needs --reason'),
    revokeFirst: flag('--revoke-first', 'with --compromised: revoke before anything moves, accepting an outage'),
    status: flag('--status', 'show how far it is'),
    checklist: flag('--checklist', 'the steps as a Markdown checklist'),
    rollback: flag('--rollback', 'put the old version back'),
    abort: flag('--abort', 'end it before anything was rewritten'),
    due: flag('--due', 'one rotation for each secret that is due'),
    exposed: flag('--exposed', 'one rotation for each secret that a removed key could read'),
  },
);
export type Rotate = Given<typeof ROTATE>;

const ROTATIONS = takes({}, { all: flag('--all', 'ended ones too') });
export type Rotations = Given<typeof ROTATIONS>;

const CONTINUE = takes(
  { names: '[name...]' },
  {
    jobs: parsed(
      '--jobs <n>',
      'how many at a time (default 4)',
      async () => (await import('./read-rotation.ts')).readJobs,
    ),
  },
);
export type Continue = Given<typeof CONTINUE>;

const SCHEDULE = takes({}, { ics: flag('--ics', 'as a calendar file, its events updated by the next one') });
export type Schedule = Given<typeof SCHEDULE>;

export const ROTATION_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'rotate',
    summary: 'change a secret without downtime, in eleven steps',
    takes: ROTATE,
    check: async () => (await import('./rotation-orders.ts')).requireOneOrder,
    examples: [
      'knox rotate stripe_api_key',
      'knox rotate session_key --generate --yes',
      'knox rotate stripe_api_key --status',
      'knox rotate stripe_api_key --rollback',
      'knox rotate stripe_api_key --compromised --reason "in a public log"',
      'knox rotate --due --generate',
    ],
    load: async () => (await import('./rotate.ts')).rotate,
  }),
  command({
    path: 'rotations',
    summary: 'the rotations under way',
    takes: ROTATIONS,
    load: async () => (await import('./rotations.ts')).rotations,
  }),
  command({
    path: 'rotations continue',
    summary: 'go on with what needs nobody: for a timer',
    takes: CONTINUE,
    load: async () => (await import('./rotations-continue.ts')).rotationsContinue,
  }),
  command({
    path: 'schedule',
    summary: 'what is due when',
    takes: SCHEDULE,
    examples: ['knox schedule', 'knox schedule --ics > secrets.ics'],
    load: async () => (await import('./schedule.ts')).schedule,
  }),
];
