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
  { path: 'env list', summary: 'list the environments', load: async () => (await import('./commands/env.ts')).envList },
  {
    path: 'env add',
    summary: 'add an environment',
    arguments: ['<name>'],
    options: [['--production', 'it is a production environment']],
    load: async () => (await import('./commands/env.ts')).envAdd,
  },
  { path: 'env remove', summary: 'remove an environment that holds no values', arguments: ['<name>'], load: async () => (await import('./commands/env.ts')).envRemove },
  { path: 'env diff', summary: 'which secrets only one of two environments has', arguments: ['<env>', '<env2>'], load: async () => (await import('./commands/env.ts')).envDiff },
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
    examples: ['knox add stripe_api_key -e production', 'printf %s "$TOKEN" | knox add ci_token -e staging', 'knox add session_key -e development --generate 48'],
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
  { path: 'list', summary: 'list the secrets', options: [['-e, --env <env>', 'only what resolves there']], load: async () => (await import('./commands/list.ts')).list },
  { path: 'show', summary: 'all about one secret, but its value', arguments: ['[name]'], load: async () => (await import('./commands/show.ts')).show },
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
    load: async () => (await import('./commands/set.ts')).set,
  },
  { path: 'delete', summary: 'destroy a value, guarded', arguments: ['[name]'], options: [ENVIRONMENT], load: async () => (await import('./commands/delete.ts')).deleteSecret },
  { path: 'trust', summary: 'trust a vault on this machine from now on', arguments: ['<identity>'], load: async () => (await import('./commands/trust.ts')).trust },
  { path: 'key new', summary: 'make a key file and print its public key', arguments: ['<file>'], load: async () => (await import('./commands/key.ts')).keyNew },
  { path: 'key list', summary: 'list the keys that open the vault', load: async () => (await import('./commands/key.ts')).keyList },
  { path: 'status', summary: 'what there is to do today', load: async () => (await import('./commands/status.ts')).status },
  {
    path: 'audit',
    summary: 'who did what, when',
    arguments: ['[name]'],
    options: [
      ['--since <when>', 'a duration or a date'],
      ['--until <when>', 'a duration or a date'],
      ['--action <action>', 'only this action'],
      ['--actor <actor>', 'only this actor'],
      ['--key <id>', 'only this key'],
      ['--limit <n>', 'at most this many (default 50)'],
      ['--format <format>', 'jsonl: one JSON object a line'],
    ],
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  { path: 'audit verify', summary: 'check the whole log and every row against it', options: [['--identity <identity>', 'the vault that it must be']], load: async () => (await import('./commands/audit.ts')).auditVerify },
  {
    path: 'route add',
    summary: 'register config files that name secrets',
    arguments: ['<route...>'],
    options: [
      ['-e, --env <envs>', 'environments, comma-separated'],
      ['--probe <url>', 'an HTTP request that proves the secret works'],
      ['--method <method>', 'its method (default GET)'],
      ['--header <header>', "a header of it, 'NAME: TEXT' with placeholders", 'list'],
      ['--headers-from-route', 'send the route, a JSON object of strings, as headers'],
      ['--expect <range>', 'status that passes (default 200-399)'],
      ['--allow-http', 'allow a probe without TLS to a host that is not loopback'],
      ['--test-command <cmd>', 'a command that tests it, the rendered route on stdin'],
      ['--deploy-command <cmd>', 'a command that deploys it, the rendered route on stdin'],
      ['--timeout <duration>', 'how long a command may take (default 10m)'],
      ['--format <format>', 'the format, where the file name does not say it'],
      ['--template <text>', 'the text of an inline route (@LABEL)'],
    ],
    examples: ['knox route add config/app.env -e staging', "knox route add @ci --template '{{secret:ci_token}}' -e production --deploy-command 'gh secret set CI_TOKEN'"],
    load: async () => (await import('./commands/route.ts')).routeAdd,
  },
  { path: 'route list', summary: 'list the routes', load: async () => (await import('./commands/route.ts')).routeList },
  { path: 'route show', summary: 'all about one route', arguments: ['<route>'], load: async () => (await import('./commands/route.ts')).routeShow },
  { path: 'route remove', summary: 'forget a route', arguments: ['<route>'], options: [ENVIRONMENT], load: async () => (await import('./commands/route.ts')).routeRemove },
  {
    path: 'route check',
    summary: 'check that every placeholder resolves',
    arguments: ['[route...]'],
    options: [ENVIRONMENT, ['--fail-on <severity>', 'info, warning or error (default)']],
    load: async () => (await import('./commands/route.ts')).routeCheck,
  },
  { path: 'route test', summary: "run a route's probe and test command", arguments: ['<route>'], options: [ENVIRONMENT], load: async () => (await import('./commands/route.ts')).routeTest },
  {
    path: 'render',
    summary: 'write config files with their secrets filled in',
    arguments: ['<file...>'],
    options: [
      ENVIRONMENT,
      ['-o, --output <file>', 'write here'],
      ['--out-dir <folder>', 'write several files here'],
      ['--format <format>', 'the format, where the file name does not say it'],
      ['--mode <mode>', 'mode of the file written (default 0600)'],
      ['--check', 'resolve everything and print nothing'],
      ['--strict', 'refuse a name that was added since the route was registered'],
      ['--reveal', 'show the values on a terminal'],
    ],
    load: async () => (await import('./commands/render.ts')).render,
  },
  {
    path: 'rotate',
    summary: 'change a secret without downtime, in eleven steps',
    arguments: ['[name...]'],
    options: [
      ['--value-file <env=file>', 'the new value of an environment, from a file', 'list'],
      ['--values-stdin', 'the new values as one JSON object on stdin'],
      ['--generate [length]', 'make random new values'],
      ['--keep <envs>', 'environments that keep their present value'],
      ['--window <duration>', 'how long to watch production (default 48h)'],
      ['--quarantine <duration>', 'how long to wait before the old value is revoked (default none)'],
      ['--confirm <steps>', 'steps that you vouch for, comma-separated', 'list'],
      ['--skip <step>', 'leave a step out; needs --reason'],
      ['--until <step>', 'stop after this step'],
      ['--status', 'show how far it is'],
      ['--checklist', 'the steps as a Markdown checklist'],
      ['--rollback', 'put the old version back'],
      ['--abort', 'end it before anything was rewritten'],
    ],
    examples: ['knox rotate stripe_api_key', 'knox rotate session_key --generate --yes', 'knox rotate stripe_api_key --status', 'knox rotate stripe_api_key --rollback'],
    load: async () => (await import('./commands/rotate.ts')).rotate,
  },
  { path: 'rotations', summary: 'the rotations under way', options: [['--all', 'ended ones too']], load: async () => (await import('./commands/rotations.ts')).rotations },
  {
    path: 'rotations continue',
    summary: 'go on with what needs nobody: for a timer',
    arguments: ['[name...]'],
    options: [['--jobs <n>', 'how many at once']],
    load: async () => (await import('./commands/rotations.ts')).rotationsContinue,
  },
  { path: 'demo', summary: 'watch a whole rotation in a temporary folder', options: [['--keep', 'leave the folder behind']], load: async () => (await import('./commands/demo.ts')).demo },
];
