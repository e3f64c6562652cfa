/** The kinds of sources. Adding one is a file and an entry here. */
import { SOURCE_KINDS } from '../domain/choices.ts';
import { quoted } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { parseOverlap } from './overlap.ts';
import type { Source } from './source.ts';

export interface SourceKind {
  /** Names of its options, each with what it means; null where others are passed on to the source. */
  readonly options: Readonly<Record<string, string>>;
  readonly required: readonly string[];
  readonly takesOthers: boolean;
  /** Those that the shell runs: nothing is filled in there. */
  readonly shell?: readonly string[];
  /** Looks at options that hold no placeholder. @throws usage */
  readonly check: (options: Readonly<Record<string, string>>) => Promise<void>;
  /** Its values are made right before each environment's update, since the old ones end with them or soon after. */
  readonly isDeferred?: boolean;
  /** Null: a person makes and revokes the value. */
  readonly load: (() => Promise<Source>) | null;
}

const nothingToCheck = async (): Promise<void> => undefined;

const KINDS: Readonly<Record<(typeof SOURCE_KINDS)[number], SourceKind>> = {
  manual: { options: {}, required: [], takesOthers: false, check: nothingToCheck, load: null },
  generate: {
    options: {
      form: 'alphanumeric, hex, base64url, uuid, password, rsa, ed25519, ssh, webhook or jwt',
      length: 'characters (of rsa: bits)',
      alphabet: 'the characters to choose from',
      lower: 'password: at least this many',
      upper: 'password: at least this many',
      digits: 'password: at least this many',
      symbols: 'password: at least this many',
    },
    required: [],
    takesOthers: false,
    check: async (options) => (await import('./generate.ts')).checkForm(options),
    load: async () => (await import('./generate.ts')).generateSource,
  },
  command: {
    options: { program: 'the command line of the program', overlap: 'how long old and new work side by side' },
    required: ['program'],
    takesOthers: true,
    shell: ['program'],
    check: async ({ overlap }) => void (overlap === undefined || parseOverlap(overlap)),
    load: async () => (await import('./command.ts')).commandSource,
  },
  postgres: {
    options: {
      admin: 'connection URL of a role that may create roles, best a placeholder',
      group: 'a role that owns what the application creates',
    },
    required: ['admin'],
    takesOthers: false,
    check: nothingToCheck,
    load: async () => (await import('./postgres.ts')).postgresSource,
  },
  oauth: {
    options: {
      token_url: 'the token endpoint',
      client_id: 'the client',
      client_secret: 'its secret, a placeholder; none for a public client',
      grant: 'refresh_token (default) or client_credentials',
      scope: 'scopes to ask for, separated by spaces',
      revoke_url: 'the revocation endpoint',
      revoke: 'old: revoke the old tokens at the end',
    },
    required: ['token_url', 'client_id'],
    takesOthers: false,
    check: async (options) => (await import('./oauth.ts')).checkOptions(options),
    isDeferred: true,
    load: async () => (await import('./oauth.ts')).oauthSource,
  },
};

/** @throws usage */
export function sourceKind(name: string): SourceKind {
  const known = SOURCE_KINDS.find((kind) => kind === name);
  if (known === undefined)
    throw errors.usage(`unknown kind of source ${quoted(name)}`, `kinds: ${SOURCE_KINDS.join(', ')}`);
  return KINDS[known];
}

/** @throws usage */
export async function checkOptions(name: string, options: Readonly<Record<string, string>>): Promise<void> {
  const kind = sourceKind(name);
  const missing = kind.required.find((key) => options[key] === undefined);
  if (missing !== undefined)
    throw errors.usage(
      `a source of the kind ${name} needs the option ${missing}: ${kind.options[missing]}`,
      `add --option ${missing}=…`,
    );
  const unknown = kind.takesOthers ? undefined : Object.keys(options).find((key) => kind.options[key] === undefined);
  if (unknown !== undefined) {
    const known = Object.keys(kind.options).join(', ');
    throw errors.usage(
      `unknown option ${quoted(unknown)} for a source of the kind ${name}`,
      known === '' ? 'it takes none' : `it has: ${known}`,
    );
  }
  const plain = Object.entries(options).filter(([, text]) => !text.includes('{{'));
  await kind.check(Object.fromEntries(plain));
}
