/** Secrets and their values: what the commands take. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { either, ENVIRONMENT, flag, optional, parsed, stored, text, USE_LOG, word } from '../../command-line/option.ts';
import { either as orOf, EXPORT_FORMATS, IMPORT_FORMATS } from '../../domain/choices.ts';
import { KINDS } from '../../domain/kinds.ts';

const KIND = word('--kind <kind>', `kind of secret, which sets how often it is due: ${orOf(KINDS)}`, KINDS);
const NOTE = stored(text('--note <text>', 'what it is for'));
const OWNER = stored(text('--owner <text>', 'who is responsible for it'));
const EXPIRES = 'date on which it expires at the provider';
const readEvery = async () => (await import('./read-settings.ts')).readEvery;
const readExpiry = async () => (await import('./read-settings.ts')).readExpiry;

/** Where somebody may have typed a value behind the name. */
const VALUE_IS_NO_ARGUMENT = 'never give a value on the command line: pipe it in, or let knox ask for it';

const ADD = takes(
  { name: '[name]' },
  {
    env: ENVIRONMENT,
    shared: flag('--shared', 'one value for all environments'),
    kind: KIND,
    every: parsed('--every <duration>', 'how often to rotate it, such as 90d (default: by its kind)', readEvery),
    expires: parsed('--expires <date>', EXPIRES, readExpiry),
    note: NOTE,
    owner: OWNER,
    base: stored(text('--base <name>', 'add it as a version of this secret')),
    valueFile: text('--value-file <file>', 'read the value from a file, every byte of it'),
    generate: optional(
      '--generate [length]',
      'generate a random value (default: 32 characters)',
      async () => (await import('../../domain/generated-length.ts')).parseLength,
    ),
  },
);
export type Add = Given<typeof ADD>;

const GET = takes(
  { name: '[name]' },
  { env: ENVIRONMENT, shared: flag('--shared', 'print the shared value'), useLog: USE_LOG },
);
export type Get = Given<typeof GET>;

const LIST = takes({}, { env: text('-e, --env <env>', 'only the secrets of this environment') });
export type List = Given<typeof LIST>;

const SHOW = takes({ name: '[name]' }, {});
export type Show = Given<typeof SHOW>;

const SET = takes(
  { name: '[name]' },
  {
    shared: flag('--shared', 'use the current shared value for an environment'),
    env: text('-e, --env <env>', 'with --shared: the environment'),
    base: text('--base <name>', 'with --shared: the secret it is a version of there'),
    kind: KIND,
    every: parsed('--every <duration>', 'how often to rotate it, such as 90d, or never', readEvery),
    expires: parsed('--expires <date>', `${EXPIRES}, or never`, readExpiry),
    note: NOTE,
    owner: OWNER,
    expectUnused: either(
      ['--expect-unused', 'do not report it as unused'],
      ['--no-expect-unused', 'report it as unused again'],
    ),
  },
);
export type Set = Given<typeof SET>;

const DELETE = takes({ name: '[name]' }, { env: ENVIRONMENT });
export type Delete = Given<typeof DELETE>;

const IMPORT = takes(
  { file: '<file>' },
  {
    env: ENVIRONMENT,
    format: word(
      '--format <format>',
      `file format (default: by the file name): ${orOf(IMPORT_FORMATS)}`,
      IMPORT_FORMATS,
    ),
    prefix: text('--prefix <text>', 'put this before each name'),
    kind: KIND,
    flatten: text('--flatten <sep>', 'join the names of nested values with this, such as _'),
    expand: flag('--expand', 'replace $NAME and ${NAME} by values of the same file'),
    skipEmpty: flag('--skip-empty', 'skip names without a value'),
    dryRun: flag('--dry-run', 'show what would happen without changing anything'),
  },
);
export type Import = Given<typeof IMPORT>;

const EXPORT = takes(
  { names: '[name...]' },
  {
    env: ENVIRONMENT,
    format: word('--format <format>', `output format (default: dotenv): ${orOf(EXPORT_FORMATS)}`, EXPORT_FORMATS),
    publicKey: text('--public-key <file>', "for github: the JSON of the repository's public key"),
    title: text('--name <name>', 'for kubernetes: name of the Secret (default: knox)'),
    asVersion: flag(
      '--as-version',
      'every live version under its own name (default: the current version, without its suffix)',
    ),
    upper: flag('--upper', 'names in upper case, with "-" as "_"'),
    useLog: USE_LOG,
  },
);
export type Export = Given<typeof EXPORT>;

export const SECRET_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'add',
    task: 'secrets',
    summary: 'store a secret, or its value for another environment',
    takes: ADD,
    conflicts: [
      ['env', 'shared'],
      ['valueFile', 'generate'],
    ],
    examples: [
      'knox add stripe_api_key -e production',
      'printf %s "$TOKEN" | knox add ci_token -e staging',
      'knox add session_key -e development --generate 48',
    ],
    surplus: VALUE_IS_NO_ARGUMENT,
    load: async () => (await import('./add.ts')).add,
  }),
  command({
    path: 'get',
    task: 'secrets',
    summary: "print a secret's value",
    takes: GET,
    conflicts: [['env', 'shared']],
    examples: ['knox get stripe_api_key -e production', 'knox get stripe_api_key@current -e staging | pbcopy'],
    surplus: 'one secret at a time; all of an environment: knox export -e ENV',
    load: async () => (await import('./get.ts')).get,
  }),
  command({
    path: 'list',
    task: 'secrets',
    summary: 'list the secrets',
    takes: LIST,
    surplus: 'for one secret: knox show NAME',
    load: async () => (await import('./list.ts')).list,
  }),
  command({
    path: 'show',
    task: 'secrets',
    summary: "show a secret's details, without its value",
    takes: SHOW,
    surplus: 'one secret at a time; all of them: knox list',
    load: async () => (await import('./show.ts')).show,
  }),
  command({
    path: 'set',
    task: 'secrets',
    summary: "change a secret's settings (owner, interval, note)",
    takes: SET,
    check: async () => (await import('./secret-settings.ts')).requireChange,
    examples: ['knox set stripe_api_key --every 30d --owner payments', 'knox set region --shared -e staging'],
    surplus: 'this does not change a value: knox rotate NAME does',
    load: async () => (await import('./set.ts')).set,
  }),
  command({
    path: 'delete',
    task: 'secrets',
    summary: 'delete a secret, or its value for one environment',
    takes: DELETE,
    examples: ['knox delete old_api_key', 'knox delete stripe_api_key -e staging'],
    surplus: 'one secret at a time',
    load: async () => (await import('./delete.ts')).deleteSecret,
  }),
  command({
    path: 'import',
    task: 'secrets',
    summary: 'store the values of a .env, JSON or YAML file',
    takes: IMPORT,
    examples: ['knox import .env -e development --dry-run', 'knox import prod.json -e production --flatten _'],
    surplus: 'one file at a time',
    load: async () => (await import('./import.ts')).importValues,
  }),
  command({
    path: 'export',
    task: 'secrets',
    summary: 'print values as dotenv, JSON, shell, Kubernetes and more',
    takes: EXPORT,
    examples: [
      'eval "$(knox export -e development --format shell)"',
      'knox export -e production --upper --format kubernetes --name app',
    ],
    load: async () => (await import('./export.ts')).exportValues,
  }),
];
