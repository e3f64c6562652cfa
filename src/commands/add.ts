/** `knox add`: a value from a hidden prompt, stdin, a file or the generator; never from the command line. */
import { randomInt } from 'node:crypto';
import type { Handler, OptionValues } from '../command-table.ts';
import type { Context } from '../context.ts';
import { parseDuration } from '../domain/duration.ts';
import { parseKind } from '../domain/kinds.ts';
import { literalCredential } from '../domain/literal-credential.ts';
import { Plaintext, reveal, revealText } from '../domain/plaintext.ts';
import { describeValue, recognise, wrongEnvironment } from '../domain/providers.ts';
import { requireSecretName } from '../domain/secret-name.ts';
import { parseDate } from '../domain/time.ts';
import { errors } from '../errors.ts';
import { addValue } from '../vault/add-value.ts';
import { SHARED } from '../vault/manifest.ts';

const MOST_BYTES = 1_048_576;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const add: Handler = async (context, args, options) => {
  if (args[0] === undefined) throw errors.usage('which name?', 'knox add NAME -e ENV');
  requireSecretName(args[0]);
  const name = args[0];
  const text = (key: string) => (options[key] as string | undefined) ?? null;
  const environment = options['shared'] === true ? SHARED : text('env');
  if (environment === null || (options['shared'] === true && text('env') !== null))
    throw errors.usage('for which environment?', 'give -e ENV, or --shared');
  for (const key of ['note', 'owner']) refuseLiteral(key, text(key));
  refuseLiteral('reason', context.options.reason ?? null);
  if (text('base') !== null) requireSecretName(text('base')!);
  const kind = text('kind') === null ? null : parseKind(text('kind')!);
  const every = text('every') === null ? null : parseDuration(text('every')!);
  const expiresAt = text('expires') === null ? null : parseDate(text('expires')!, context.io.now());
  const guards = context.guards();
  const vault = await context.vault('key');
  vault.requireTrust();
  const value = await valueFor(context, options, name);
  if (value.length === 0)
    throw errors.invalid_value('the value is empty: it has at least 1 byte', 'pipe it in, or give --value-file FILE');
  if (value.length > MOST_BYTES) throw errors.invalid_value('the value is larger than 1 MiB');
  if (value.length < 8)
    context.warn('short_value', `${name} has under 8 bytes: it can be neither masked nor scanned for`);
  const secret = await vault.change(async (change) => {
    if (environment !== SHARED) {
      const isProduction = change.isProduction(environment);
      const seen = recognise(revealText(value) ?? '', name);
      if (seen !== null && kind !== 'config' && wrongEnvironment(seen.mode, isProduction)) {
        guards.refuse('wrong_environment', () =>
          errors.wrong_environment(
            `that looks like a ${seen.label}, and ${environment} is ${isProduction ? 'production' : 'pre-production'}`,
            'give the right key',
            'or: --force wrong_environment --reason TEXT',
          ),
        );
      }
    }
    return addValue(change, {
      name,
      environment,
      value,
      kind,
      every,
      expiresAt,
      note: text('note'),
      owner: text('owner'),
      base: text('base'),
      guards,
    });
  });
  context.say(describeValue(reveal(value), name));
  value.wipe();
  const { base, state, scope, note, owner, version } = { ...secret, base: text('base') ?? secret.name };
  return {
    json: {
      name,
      base,
      version,
      state,
      scope,
      kind: secret.kind,
      environments: environment === SHARED ? [] : [environment],
      note,
      owner,
      every: secret.every,
      expiresAt: secret.expires_at,
      createdAt: secret.created_at,
    },
    text: `Added ${name}${environment === SHARED ? ' (shared)' : ` for ${environment}`}.`,
  };
};

function refuseLiteral(option: string, text: string | null): void {
  const found = text === null ? null : literalCredential(text);
  if (found !== null)
    throw errors.invalid_value(`--${option} holds ${found}, and is stored in the clear`, 'leave it out');
}

async function valueFor(context: Context, options: OptionValues, name: string): Promise<Plaintext> {
  const file = options['valueFile'] as string | undefined;
  const generate = options['generate'] as string | true | undefined;
  if (file !== undefined && generate !== undefined)
    throw errors.usage('--value-file and --generate exclude each other');
  if (file !== undefined) {
    const bytes = await context.readFile(file);
    if (bytes.at(-1) === 10) context.say('note: the last byte of the value is a newline; it is kept');
    return new Plaintext(bytes);
  }
  if (generate !== undefined) {
    const length = generate === true ? 32 : Number(generate);
    if (!Number.isSafeInteger(length) || length < 1 || length > MOST_BYTES)
      throw errors.usage('--generate takes a length in characters, such as 32');
    return Plaintext.fromText(Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
  }
  if (context.io.stdin.isTTY === true || context.io.prompts !== undefined) {
    const prompts = await context.requirePrompts(`The value of ${name} is asked`, '--value-file FILE, or pipe it in');
    return new Plaintext(await prompts.hidden({ message: `Value of ${name}` }));
  }
  const bytes = await context.readStdin();
  const cut = bytes.at(-1) !== 10 ? 0 : bytes.at(-2) === 13 ? 2 : 1;
  return new Plaintext(bytes.subarray(0, bytes.length - cut));
}
