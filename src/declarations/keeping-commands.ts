/** Keeping a vault: copies of it, and putting one back. */
import type { CommandSpec } from './command-spec.ts';

export const KEEPING_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'backup',
    summary: 'copy the vault as it is at one moment, while others write',
    arguments: ['<file>'],
    options: [['--env <names>', 'with the values of these alone, comma-separated, shared among them where wanted']],
    examples: ['knox backup /backup/vault-2026-11-25.db', 'knox backup ci.db --env staging,shared'],
    load: async () => (await import('../commands/keeping/backup.ts')).backup,
  },
  {
    path: 'restore',
    summary: "put a copy of the vault in the vault's place, after verifying all of it",
    arguments: ['<file>'],
    examples: [
      'knox restore /backup/vault-2026-11-25.db',
      'knox restore /backup/vault-2026-11-25.db --force vault_exists --reason "the disk failed"',
    ],
    load: async () => (await import('../commands/keeping/restore.ts')).restore,
  },
  {
    path: 'report uses',
    summary: 'take in uses that were written down elsewhere by --use-log',
    arguments: ['<file...>'],
    examples: ['knox report uses uses.jsonl', 'knox report uses collected/*.jsonl --json'],
    load: async () => (await import('../commands/keeping/report-uses.ts')).reportUses,
  },
];
