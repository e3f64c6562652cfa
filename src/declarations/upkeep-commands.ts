/** Keeping house: moving to one secret for all environments, what others saw, and the shell. */
import { ENVIRONMENT } from './command-spec.ts';
import type { CommandSpec } from './command-spec.ts';

export const UPKEEP_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'migrate',
    summary: 'make one secret of those that are named after their environment',
    options: [['--dry-run', 'show the plan, and do nothing']],
    examples: ['knox migrate --dry-run', 'knox migrate'],
    load: async () => (await import('../commands/keeping/migrate.ts')).migrate,
  },
  {
    path: 'report auth-failure',
    summary: 'note that another system saw a secret refused',
    arguments: ['[name]'],
    options: [
      ENVIRONMENT,
      ['--count <n>', 'how often (default 1)'],
      ['--source <text>', 'who saw it, such as a log or an alert'],
    ],
    examples: ['knox report auth-failure stripe_api_key -e production --count 12 --source "gateway log"'],
    load: async () => (await import('../commands/watching/report.ts')).reportAuthFailure,
  },
  {
    path: 'completion',
    summary: 'the script that completes commands and names in a shell',
    arguments: ['<shell>'],
    examples: ['source <(knox completion bash)', 'knox completion fish | source'],
    load: async () => (await import('../commands/tools/completion.ts')).completion,
  },
];
