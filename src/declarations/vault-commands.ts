/** The vault as a whole: making it, its environments, keys, trust and log. */
import type { CommandSpec } from './command-spec.ts';

export const VAULT_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'init',
    summary: 'make a vault in this folder',
    options: [
      ['--env <names>', 'environments, comma-separated (default: development,staging,production)'],
      ['--production <names>', 'which of them are production'],
    ],
    examples: ['knox init', 'knox init --key-file ~/.config/knox/my.key', 'knox init --env dev,live --production live'],
    load: async () => (await import('../commands/init.ts')).init,
  },
  {
    path: 'env list',
    summary: 'list the environments',
    load: async () => (await import('../commands/env-list.ts')).envList,
  },
  {
    path: 'trust',
    summary: 'trust a vault on this machine from now on',
    arguments: ['<identity>'],
    load: async () => (await import('../commands/trust.ts')).trust,
  },
  {
    path: 'audit verify',
    summary: 'check the whole log and every row against it',
    options: [['--identity <identity>', 'the vault that it must be']],
    load: async () => (await import('../commands/audit-verify.ts')).auditVerify,
  },
];
