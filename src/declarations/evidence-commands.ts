/** What an auditor asks for. */
import type { CommandSpec } from './command-spec.ts';

export const EVIDENCE_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'evidence',
    summary: 'what an auditor asks for: rotations, proof, exceptions and incidents of a period',
    options: [
      ['--since <date>', 'from this day on, or a duration back (default: a year before the end)'],
      ['--until <date>', 'up to this day and with it, as things stood then (default: now)'],
      ['--csv', 'for a spreadsheet'],
      ['--html <file>', 'one page that needs no network, to read or print; - is stdout'],
    ],
    examples: [
      'knox evidence --since 2026-01-01 --until 2026-12-31 --html evidence.html',
      'knox evidence --since 90d --csv > rotations.csv',
    ],
    load: async () => (await import('../commands/watching/evidence.ts')).evidence,
  },
];
