/** Secrets and their values: what the commands take. */
import { command, takes } from '../../command-line/command.ts';
import type { CommandSpec, Given } from '../../command-line/command.ts';
import { either, ENVIRONMENT, flag, optional, parsed, stored, text, USE_LOG, word } from '../../command-line/option.ts';
import { either as orOf, EXPORT_FORMATS, IMPORT_FORMATS } from '../../domain/choices.ts';
import { KINDS } from '../../domain/kinds.ts';

const KIND = word('--kind <kind>', orOf(KINDS), KINDS);
const NOTE = stored(text('--note <text>', 'what it is for'));
const OWNER = stored(text('--owner <text>', 'who answers for it'));
const EXPIRES = 'when the provider lets it expire';
const readEvery = async () => (await import('./read-settings.ts')).readEvery;
const readExpiry = async () => (await import('./read-settings.ts')).readExpiry;

/** Where somebody may have typed a value behind the name. */
const VALUE_IS_NO_ARGUMENT = 'a value is never given on the command line: pipe it in, or let knox ask for it';

const ADD = takes(
  { name: '[name]' },
  {
    env: ENVIRONMENT,
    shared: flag('--shared', 'one value for all environments'),
    kind: KIND,
    every: parsed('--every <duration>', 'rotate it this often, such as 90d', readEvery),
    expires: parsed('--expires <date>', EXPIRES, readExpiry),
    note: NOTE,
    owner: OWNER,
    base: stored(text('--base <name>', 'the lineage it belongs to')),
    valueFile: text('--value-file <file>', 'take the exact bytes of a file'),
    generate: optional(
      '--generate [length]',
      'make a random value (default 32 characters)',
      async () => (await import('../../domain/generated-length.ts')).parseLength,
    ),
  },
);
export type Add = Given<typeof ADD>;

const GET = takes(
  { name: '[name]' },
  { env: ENVIRONMENT, shared: flag('--shared', 'the shared value'), useLog: USE_LOG },
);
export type Get = Given<typeof GET>;

const LIST = takes({}, { env: text('-e, --env <env>', 'only what resolves there') });
export type List = Given<typeof LIST>;

const SHOW = takes({ name: '[name]' }, {});
export type Show = Given<typeof SHOW>;

const SET = takes(
  { name: '[name]' },
  {
    shared: flag('--shared', 'take the shared value, as it is now, up for an environment'),
    env: text('-e, --env <env>', 'with --shared: the environment'),
    base: text('--base <name>', 'with --shared: the lineage it belongs to there, where its name does not say it'),
    kind: KIND,
    every: parsed('--every <duration>', 'rotate it this often, or never', readEvery),
    expires: parsed('--expires <date>', `${EXPIRES}, or never`, readExpiry),
    note: NOTE,
    owner: OWNER,
    expectUnused: either(
      ['--expect-unused', 'it is meant to lie unused'],
      ['--no-expect-unused', 'it is meant to be used again'],
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
    format: word('--format <format>', `${orOf(IMPORT_FORMATS)} (default: by the name)`, IMPORT_FORMATS),
    prefix: text('--prefix <text>', 'put before each name'),
    kind: KIND,
    flatten: text('--flatten <sep>', 'join the names of nested objects with this'),
    expand: flag('--expand', 'read $NAME and ${NAME} as values of the same file'),
    skipEmpty: flag('--skip-empty', 'leave out what has no value'),
    dryRun: flag('--dry-run', 'say what would happen, and do nothing'),
  },
);
export type Import = Given<typeof IMPORT>;

const EXPORT = takes(
  { names: '[name...]' },
  {
    env: ENVIRONMENT,
    format: word('--format <format>', `${orOf(EXPORT_FORMATS)} (default dotenv)`, EXPORT_FORMATS),
    publicKey: text('--public-key <file>', "for github: what the service's public-key call returned"),
    title: text('--name <name>', 'for kubernetes: the name of the secret (default knox)'),
    asVersion: flag(
      '--as-version',
      'every live version under its own name (default: the current one, named as its base)',
    ),
    upper: flag('--upper', 'names in upper case, "-" as "_"'),
    useLog: USE_LOG,
  },
);
export type Export = Given<typeof EXPORT>;

export const SECRET_COMMANDS: readonly CommandSpec[] = [
  command({
    path: 'add',
    summary: 'store a new secret, or its value for one more environment',
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
    summary: "print a secret's value",
    takes: GET,
    conflicts: [['env', 'shared']],
    examples: ['knox get stripe_api_key -e production', 'knox get stripe_api_key@current -e staging | pbcopy'],
    surplus: 'one secret at a time; all of an environment: knox export -e ENV',
    load: async () => (await import('./get.ts')).get,
  }),
  command({
    path: 'list',
    summary: 'list the secrets',
    takes: LIST,
    surplus: 'for one secret: knox show NAME',
    load: async () => (await import('./list.ts')).list,
  }),
  command({
    path: 'show',
    summary: 'all about one secret, but its value',
    takes: SHOW,
    surplus: 'one secret at a time; all of them: knox list',
    load: async () => (await import('./show.ts')).show,
  }),
  command({
    path: 'set',
    summary: 'change what is not the value, or take a shared one up',
    takes: SET,
    check: async () => (await import('./secret-settings.ts')).requireChange,
    examples: ['knox set stripe_api_key --every 30d --owner payments', 'knox set region --shared -e staging'],
    surplus: 'this does not change a value: knox rotate NAME does',
    load: async () => (await import('./set.ts')).set,
  }),
  command({
    path: 'delete',
    summary: 'destroy a value, guarded',
    takes: DELETE,
    examples: ['knox delete old_api_key', 'knox delete stripe_api_key -e staging'],
    surplus: 'one secret at a time',
    load: async () => (await import('./delete.ts')).deleteSecret,
  }),
  command({
    path: 'import',
    summary: 'store the values of a file, all of them or none',
    takes: IMPORT,
    examples: ['knox import .env -e development --dry-run', 'knox import prod.json -e production --flatten _'],
    surplus: 'one file at a time',
    load: async () => (await import('./import.ts')).importValues,
  }),
  command({
    path: 'export',
    summary: 'values of an environment in the form that another program takes',
    takes: EXPORT,
    examples: [
      'eval "$(knox export -e development --format shell)"',
      'knox export -e production --upper --format kubernetes --name app',
    ],
    load: async () => (await import('./export.ts')).exportValues,
  }),
];
