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
      'read the new value of an environment from a file',
      async () => (await import('./read-rotation.ts')).readValueFile,
    ),
    valuesStdin: flag('--values-stdin', 'read the new values from stdin, one JSON object'),
    generate: optional(
      '--generate [length]',
      'generate random new values (default: 32 characters)',
      async () => (await import('../../domain/generated-length.ts')).parseLength,
    ),
    keep: names('--keep <env,...>', 'environments that keep their current value'),
    window: duration('--window <duration>', 'how long to watch production, 24h to 30d (default: 48h)'),
    quarantine: duration('--quarantine <duration>', 'how long to wait before revoking the old value (default: 0)'),
    between: parsed(
      '--between <hours>',
      'change production only in these hours, such as 09:00-16:00',
      async () => (await import('./read-rotation.ts')).readBetween,
    ),
    on: parsed(
      '--on <day,...>',
      `change production only on these days, such as mon-thu: ${DAYS.join(', ')}`,
      async () => (await import('./read-rotation.ts')).readOn,
      { choices: { words: DAYS, separator: ',' } },
    ),
    confirm: manyWords(
      '--confirm <step,...>',
      `steps that you confirm yourself: ${CONFIRMABLE_STEPS.join(', ')}`,
      CONFIRMABLE_STEPS,
    ),
    skip: word('--skip <step>', `leave this step out; needs --reason: ${either(SKIPPABLE_STEPS)}`, SKIPPABLE_STEPS),
    until: word('--until <step>', `stop after this step: ${either(STEP_IDS)}`, STEP_IDS),
    compromised: flag('--compromised', 'the secret has leaked: skip all waiting; needs --reason'),
    revokeFirst: flag('--revoke-first', 'with --compromised: revoke first, accepting an outage'),
    status: flag('--status', 'show how far the rotation is'),
    checklist: flag('--checklist', 'print the steps as a Markdown checklist'),
    rollback: flag('--rollback', 'put the old version back (until the old value is revoked)'),
    abort: flag('--abort', 'end the rotation before it changes any file'),
    due: flag('--due', 'rotate every secret that is due'),
    exposed: flag('--exposed', 'rotate every secret that a removed key could read'),
  },
);
export type Rotate = Given<typeof ROTATE>;

const ROTATIONS = takes({}, { all: flag('--all', 'include finished ones') });
export type Rotations = Given<typeof ROTATIONS>;

const CONTINUE = takes(
  { names: '[name...]' },
  {
    jobs: parsed(
      '--jobs <n>',
      'how many at a time (default: 4)',
      async () => (await import('./read-rotation.ts')).readJobs,
    ),
  },
);
export type Continue = Given<typeof CONTINUE>;

const SCHEDULE = takes({}, { ics: flag('--ics', 'print a calendar file; importing the next one updates its events') });
export type Schedule = Given<typeof SCHEDULE>;

export const ROTATION_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'rotate',
    task: 'rotate',
    summary: 'replace a secret without downtime, step by step',
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
    task: 'rotate',
    summary: 'list the rotations in progress',
    takes: ROTATIONS,
    load: async () => (await import('./rotations.ts')).rotations,
  }),
  command({
    path: 'rotations continue',
    task: 'rotate',
    summary: 'continue all rotations as far as possible (for cron)',
    takes: CONTINUE,
    load: async () => (await import('./rotations-continue.ts')).rotationsContinue,
  }),
  command({
    path: 'schedule',
    task: 'rotate',
    summary: 'list when each secret is due',
    takes: SCHEDULE,
    examples: ['knox schedule', 'knox schedule --ics > secrets.ics'],
    load: async () => (await import('./schedule.ts')).schedule,
  }),
];
