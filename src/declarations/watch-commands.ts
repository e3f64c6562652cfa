/** Watching: what is wrong, and who looked. */
import { CHECK_FORMATS, either, oneOf, SEVERITIES } from '../domain/choices.ts';
import type { CommandSpec } from './command-spec.ts';

export const WATCH_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'check',
    summary: 'what is due, unused, leaking or wrong, each with what to type',
    arguments: ['[name...]'],
    options: [
      ['--format <format>', either(CHECK_FORMATS), oneOf(CHECK_FORMATS)],
      ['--fail-on <severity>', `exit 3 from this severity on: ${either(SEVERITIES)} (default)`, oneOf(SEVERITIES)],
      ['--baseline <file>', 'findings of an earlier --json, not counted'],
      ['--webhook', 'tell those who asked for it: see knox notify'],
    ],
    examples: [
      'knox check',
      'knox check --format sarif > knox.sarif',
      'knox check --json > known.json',
      'knox check --baseline known.json --fail-on warning',
    ],
    load: async () => (await import('../commands/watching/check.ts')).check,
  },
];
