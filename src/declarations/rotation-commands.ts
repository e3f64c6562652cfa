/** Rotations. */
import type { CommandSpec } from './command-spec.ts';

export const ROTATION_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'rotate',
    summary: 'change a secret without downtime, in eleven steps',
    arguments: ['[name...]'],
    options: [
      ['--value-file <env=file>', 'the new value of an environment, from a file', 'list'],
      ['--values-stdin', 'the new values as one JSON object on stdin'],
      ['--generate [length]', 'make random new values'],
      ['--keep <envs>', 'environments that keep their present value'],
      ['--window <duration>', 'how long to watch production (default 48h)'],
      ['--quarantine <duration>', 'how long to wait before the old value is revoked (default none)'],
      ['--confirm <steps>', 'steps that you vouch for, comma-separated', 'list'],
      ['--skip <step>', 'leave a step out; needs --reason'],
      ['--until <step>', 'stop after this step'],
      ['--compromised', 'it has leaked: wait for nothing; needs --reason'],
      ['--revoke-first', 'with --compromised: revoke before anything moves, accepting an outage'],
      ['--status', 'show how far it is'],
      ['--checklist', 'the steps as a Markdown checklist'],
      ['--rollback', 'put the old version back'],
      ['--abort', 'end it before anything was rewritten'],
      ['--due', 'one rotation for each secret that is due'],
      ['--exposed', 'one rotation for each secret that a removed key could read'],
    ],
    examples: [
      'knox rotate stripe_api_key',
      'knox rotate session_key --generate --yes',
      'knox rotate stripe_api_key --status',
      'knox rotate stripe_api_key --rollback',
      'knox rotate stripe_api_key --compromised --reason "in a public log"',
      'knox rotate --due --generate',
    ],
    load: async () => (await import('../commands/rotate.ts')).rotate,
  },
  {
    path: 'rotations',
    summary: 'the rotations under way',
    options: [['--all', 'ended ones too']],
    load: async () => (await import('../commands/rotations.ts')).rotations,
  },
  {
    path: 'rotations continue',
    summary: 'go on with what needs nobody: for a timer',
    arguments: ['[name...]'],
    options: [['--jobs <n>', 'how many at a time (default 4)']],
    load: async () => (await import('../commands/rotations-continue.ts')).rotationsContinue,
  },
  {
    path: 'demo',
    summary: 'watch a whole rotation in a temporary folder',
    options: [['--keep', 'leave the folder behind']],
    load: async () => (await import('../commands/demo.ts')).demo,
  },
];
