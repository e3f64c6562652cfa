/** Secrets and their values. */
import { ENVIRONMENT } from './command-spec.ts';
import type { CommandSpec } from './command-spec.ts';

export const SECRET_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'add',
    summary: 'store a new secret, or its value for one more environment',
    arguments: ['[name]'],
    options: [
      ENVIRONMENT,
      ['--shared', 'one value for all environments'],
      ['--kind <kind>', 'critical, standard, database, oauth or config'],
      ['--every <duration>', 'rotate it this often, such as 90d'],
      ['--expires <date>', 'when the provider lets it expire'],
      ['--note <text>', 'what it is for'],
      ['--owner <text>', 'who answers for it'],
      ['--base <name>', 'the lineage it belongs to'],
      ['--value-file <file>', 'take the exact bytes of a file'],
      ['--generate [length]', 'make a random value (default 32 characters)'],
    ],
    examples: [
      'knox add stripe_api_key -e production',
      'printf %s "$TOKEN" | knox add ci_token -e staging',
      'knox add session_key -e development --generate 48',
    ],
    load: async () => (await import('../commands/add.ts')).add,
  },
  {
    path: 'get',
    summary: "print a secret's value",
    arguments: ['[name]'],
    options: [ENVIRONMENT, ['--shared', 'the shared value']],
    examples: ['knox get stripe_api_key -e production', 'knox get stripe_api_key@current -e staging | pbcopy'],
    load: async () => (await import('../commands/get.ts')).get,
  },
  {
    path: 'list',
    summary: 'list the secrets',
    options: [['-e, --env <env>', 'only what resolves there']],
    load: async () => (await import('../commands/list.ts')).list,
  },
  {
    path: 'show',
    summary: 'all about one secret, but its value',
    arguments: ['[name]'],
    load: async () => (await import('../commands/show.ts')).show,
  },
  {
    path: 'set',
    summary: 'change what is not the value',
    arguments: ['[name]'],
    options: [
      ['--kind <kind>', 'critical, standard, database, oauth or config'],
      ['--every <duration>', 'rotate it this often, or never'],
      ['--expires <date>', 'when the provider lets it expire, or never'],
      ['--note <text>', 'what it is for'],
      ['--owner <text>', 'who answers for it'],
      ['--expect-unused', 'it is meant to lie unused'],
    ],
    examples: ['knox set stripe_api_key --every 30d --owner payments'],
    load: async () => (await import('../commands/set.ts')).set,
  },
  {
    path: 'delete',
    summary: 'destroy a value, guarded',
    arguments: ['[name]'],
    options: [ENVIRONMENT],
    examples: ['knox delete old_api_key', 'knox delete stripe_api_key -e staging'],
    load: async () => (await import('../commands/delete.ts')).deleteSecret,
  },
];
