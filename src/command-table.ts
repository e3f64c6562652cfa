/** Every command, declared once: its words, options and help, and the module that does it, imported only when it is called. */
import type { Context } from './context.ts';
import type { View } from './output/view.ts';

export type OptionValues = Readonly<Record<string, unknown>>;
export type Handler = (context: Context, args: readonly string[], options: OptionValues) => Promise<View>;

export interface CommandSpec {
  /** One word, or group and verb. */
  readonly path: string;
  readonly summary: string;
  /** In commander's notation: `<name>`, `[name]`, `<file...>`. */
  readonly arguments?: readonly string[];
  /** Flags, help, and `list` where it may be given several times. */
  readonly options?: readonly (readonly [string, string, 'list'?])[];
  readonly examples?: readonly string[];
  readonly load: () => Promise<Handler>;
}

const ENVIRONMENT = ['-e, --env <env>', 'the environment'] as const;

export const COMMANDS: readonly CommandSpec[] = [
  {
    path: 'init',
    summary: 'make a vault in this folder',
    options: [
      ['--env <names>', 'environments, comma-separated (default: development,staging,production)'],
      ['--production <names>', 'which of them are production'],
    ],
    examples: ['knox init', 'knox init --key-file ~/.config/knox/my.key', 'knox init --env dev,live --production live'],
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    path: 'env list',
    summary: 'list the environments',
    load: async () => (await import('./commands/env-list.ts')).envList,
  },
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
    load: async () => (await import('./commands/add.ts')).add,
  },
  {
    path: 'get',
    summary: "print a secret's value",
    arguments: ['[name]'],
    options: [ENVIRONMENT, ['--shared', 'the shared value']],
    examples: ['knox get stripe_api_key -e production', 'knox get stripe_api_key@current -e staging | pbcopy'],
    load: async () => (await import('./commands/get.ts')).get,
  },
  {
    path: 'list',
    summary: 'list the secrets',
    options: [['-e, --env <env>', 'only what resolves there']],
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    path: 'trust',
    summary: 'trust a vault on this machine from now on',
    arguments: ['<identity>'],
    load: async () => (await import('./commands/trust.ts')).trust,
  },
  {
    path: 'audit verify',
    summary: 'check the whole log and every row against it',
    options: [['--identity <identity>', 'the vault that it must be']],
    load: async () => (await import('./commands/audit-verify.ts')).auditVerify,
  },
];
