/** Looking for values where they should not be. */
import { either, oneOf, SCAN_FORMATS } from '../domain/choices.ts';
import type { CommandSpec } from './command-spec.ts';

export const SCAN_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'scan',
    summary: "search files and git history for the vault's own values",
    arguments: ['[path...]'],
    options: [
      ['--history', 'search every blob of the git history as well'],
      ['--staged', 'search only what is staged for the next commit'],
      ['--install-hook', 'let git search what is staged before each commit'],
      ['--format <format>', either(SCAN_FORMATS), oneOf(SCAN_FORMATS)],
    ],
    examples: [
      'knox scan',
      'knox scan --history',
      'knox scan build/ --format sarif > knox.sarif',
      'knox scan --install-hook',
    ],
    load: async () => (await import('../commands/watching/scan.ts')).scan,
  },
];
