/** Keeping a vault: copies of it, putting one back, moving to one secret for all environments, uses from elsewhere. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { flag, names } from '../../command-line/option.ts';

const BACKUP = takes(
  { file: '<file>' },
  {
    env: names('--env <names>', 'with the values of these alone, comma-separated, shared among them where wanted'),
  },
);
export type Backup = Given<typeof BACKUP>;

const RESTORE = takes({ file: '<file>' }, {});
export type Restore = Given<typeof RESTORE>;

const REPORT_USES = takes({ files: '<file...>' }, {});
export type ReportUses = Given<typeof REPORT_USES>;

const MIGRATE = takes({}, { dryRun: flag('--dry-run', 'show the plan, and do nothing') });
export type Migrate = Given<typeof MIGRATE>;

export const KEEPING_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'backup',
    summary: 'copy the vault as it is at one moment, while others write',
    takes: BACKUP,
    examples: ['knox backup /backup/vault-2026-11-25.db', 'knox backup ci.db --env staging,shared'],
    load: async () => (await import('./backup.ts')).backup,
  }),
  command({
    path: 'restore',
    summary: "put a copy of the vault in the vault's place, after verifying all of it",
    takes: RESTORE,
    examples: [
      'knox restore /backup/vault-2026-11-25.db',
      'knox restore /backup/vault-2026-11-25.db --force vault_exists --reason "the disk failed"',
    ],
    load: async () => (await import('./restore.ts')).restore,
  }),
  command({
    path: 'report uses',
    summary: 'take in uses that were written down elsewhere by --use-log',
    takes: REPORT_USES,
    examples: ['knox report uses uses.jsonl', 'knox report uses collected/*.jsonl --json'],
    load: async () => (await import('./report-uses.ts')).reportUses,
  }),
];

export const MIGRATE_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'migrate',
    summary: 'make one secret of those that are named after their environment',
    takes: MIGRATE,
    examples: ['knox migrate --dry-run', 'knox migrate'],
    load: async () => (await import('./migrate.ts')).migrate,
  }),
];
