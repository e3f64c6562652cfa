/** Secrets and their values. */
import { either, EXPORT_FORMATS, IMPORT_FORMATS, oneOf } from '../domain/choices.ts';
import { KINDS } from '../domain/kinds.ts';
import { ENVIRONMENT, USE_LOG, VALUE_IS_NO_ARGUMENT } from './command-spec.ts';
import type { CommandSpec } from './command-spec.ts';

const KIND = ['--kind <kind>', either(KINDS), oneOf(KINDS)] as const;

export const SECRET_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'add',
    summary: 'store a new secret, or its value for one more environment',
    arguments: ['[name]'],
    options: [
      ENVIRONMENT,
      ['--shared', 'one value for all environments'],
      KIND,
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
    surplus: VALUE_IS_NO_ARGUMENT,
    load: async () => (await import('../commands/secrets/add.ts')).add,
  },
  {
    path: 'get',
    summary: "print a secret's value",
    arguments: ['[name]'],
    options: [ENVIRONMENT, ['--shared', 'the shared value'], USE_LOG],
    examples: ['knox get stripe_api_key -e production', 'knox get stripe_api_key@current -e staging | pbcopy'],
    surplus: 'one secret at a time; all of an environment: knox export -e ENV',
    load: async () => (await import('../commands/secrets/get.ts')).get,
  },
  {
    path: 'list',
    summary: 'list the secrets',
    options: [['-e, --env <env>', 'only what resolves there']],
    surplus: 'for one secret: knox show NAME',
    load: async () => (await import('../commands/secrets/list.ts')).list,
  },
  {
    path: 'show',
    summary: 'all about one secret, but its value',
    arguments: ['[name]'],
    surplus: 'one secret at a time; all of them: knox list',
    load: async () => (await import('../commands/secrets/show.ts')).show,
  },
  {
    path: 'set',
    summary: 'change what is not the value, or take a shared one up',
    arguments: ['[name]'],
    options: [
      ['--shared', 'take the shared value, as it is now, up for an environment'],
      ['-e, --env <env>', 'with --shared: the environment'],
      ['--base <name>', 'with --shared: the lineage it belongs to there, where its name does not say it'],
      KIND,
      ['--every <duration>', 'rotate it this often, or never'],
      ['--expires <date>', 'when the provider lets it expire, or never'],
      ['--note <text>', 'what it is for'],
      ['--owner <text>', 'who answers for it'],
      ['--expect-unused', 'it is meant to lie unused'],
      ['--no-expect-unused', 'it is meant to be used again'],
    ],
    examples: ['knox set stripe_api_key --every 30d --owner payments', 'knox set region --shared -e staging'],
    surplus: 'this does not change a value: knox rotate NAME does',
    load: async () => (await import('../commands/secrets/set.ts')).set,
  },
  {
    path: 'delete',
    summary: 'destroy a value, guarded',
    arguments: ['[name]'],
    options: [ENVIRONMENT],
    examples: ['knox delete old_api_key', 'knox delete stripe_api_key -e staging'],
    surplus: 'one secret at a time',
    load: async () => (await import('../commands/secrets/delete.ts')).deleteSecret,
  },
  {
    path: 'import',
    summary: 'store the values of a file, all of them or none',
    arguments: ['<file>'],
    options: [
      ENVIRONMENT,
      ['--format <format>', `${either(IMPORT_FORMATS)} (default: by the name)`, oneOf(IMPORT_FORMATS)],
      ['--prefix <text>', 'put before each name'],
      KIND,
      ['--flatten <sep>', 'join the names of nested objects with this'],
      ['--expand', 'read $NAME and ${NAME} as values of the same file'],
      ['--skip-empty', 'leave out what has no value'],
      ['--dry-run', 'say what would happen, and do nothing'],
    ],
    examples: ['knox import .env -e development --dry-run', 'knox import prod.json -e production --flatten _'],
    surplus: 'one file at a time',
    load: async () => (await import('../commands/secrets/import.ts')).importValues,
  },
  {
    path: 'export',
    summary: 'values of an environment in the form that another program takes',
    arguments: ['[name...]'],
    options: [
      ENVIRONMENT,
      ['--format <format>', `${either(EXPORT_FORMATS)} (default dotenv)`, oneOf(EXPORT_FORMATS)],
      ['--public-key <file>', "for github: what the service's public-key call returned"],
      ['--name <name>', 'for kubernetes: the name of the secret (default knox)'],
      ['--as-version', 'every live version under its own name (default: the current one, named as its base)'],
      ['--upper', 'names in upper case, "-" as "_"'],
      USE_LOG,
    ],
    examples: [
      'eval "$(knox export -e development --format shell)"',
      'knox export -e production --upper --format kubernetes --name app',
    ],
    load: async () => (await import('../commands/secrets/export.ts')).exportValues,
  },
];
