/** Keeping a vault: copies of it, putting one back, moving to one secret for all environments, uses from elsewhere. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag, names } from '../../command-line/option.ts';

const BACKUP = takes(
  { file: '<file>' },
  {
    env: names('--env <env,...>', 'copy the values of these only ("shared" is one of them; default: all)'),
  },
);
export type Backup = Given<typeof BACKUP>;

const RESTORE = takes({ file: '<file>' }, {});
export type Restore = Given<typeof RESTORE>;

const REPORT_USES = takes({ files: '<file...>' }, {});
export type ReportUses = Given<typeof REPORT_USES>;

const MIGRATE = takes({}, { dryRun: flag('--dry-run', 'show the plan without changing anything') });
export type Migrate = Given<typeof MIGRATE>;

export const KEEPING_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'backup',
    task: 'keep',
    summary: 'copy the vault to a file, also while others write to it',
    takes: BACKUP,
    examples: ['knox backup /backup/vault-2026-11-25.db', 'knox backup ci.db --env staging,shared'],
    load: async () => (await import('./backup.ts')).backup,
  }),
  command({
    path: 'restore',
    task: 'keep',
    summary: 'verify a backup and put it in place of the vault',
    takes: RESTORE,
    examples: [
      'knox restore /backup/vault-2026-11-25.db',
      'knox restore /backup/vault.db --force vault_exists --reason "the disk failed"',
    ],
    load: async () => (await import('./restore.ts')).restore,
  }),
  command({
    path: 'report uses',
    task: 'watch',
    summary: 'record uses that --use-log wrote to files elsewhere',
    takes: REPORT_USES,
    examples: ['knox report uses uses.jsonl', 'knox report uses collected/*.jsonl --json'],
    load: async () => (await import('./report-uses.ts')).reportUses,
  }),
];

export const MIGRATE_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'migrate',
    task: 'secrets',
    summary: 'merge stripe_prod_key, stripe_staging_key into one secret',
    takes: MIGRATE,
    examples: ['knox migrate --dry-run', 'knox migrate'],
    load: async () => (await import('./migrate.ts')).migrate,
  }),
];
