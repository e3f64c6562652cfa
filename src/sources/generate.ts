/** The generator: every form of random secret, made by Node's cryptography. Nothing elsewhere knows the value, so nothing can be revoked. */
import { generateKeyPairSync, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { DEFAULT_LENGTH } from '../domain/generated-length.ts';
import { Plaintext, revealText } from '../domain/plaintext.ts';
import { quoted } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { openSshKeyPair } from './openssh-key.ts';
import { UNSUPPORTED } from './source.ts';
import type { Created, Source } from './source.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const SYMBOLS = '!#%*+,-./:=?@^_~';
const ALPHABET = UPPER + LOWER + DIGITS;
const LONGEST = 1_048_576;

type Options = Readonly<Record<string, string>>;

/** `length` characters of `A-Z a-z 0-9`, each as likely as any other. */
export function generateValue(length: number): Plaintext {
  return Plaintext.fromText(pick(ALPHABET, length));
}

function pick(alphabet: string, length: number): string {
  const characters = [...alphabet];
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}

interface Made {
  readonly text: string;
  /** The public half, where there is one. */
  readonly publicKey?: string;
}

interface Form {
  readonly options: readonly string[];
  readonly make: (options: Options) => Made;
}

const FORMS: Readonly<Record<string, Form>> = {
  alphanumeric: {
    options: ['length', 'alphabet'],
    make: (options) => ({ text: pick(alphabetOf(options), lengthOf(options, DEFAULT_LENGTH)) }),
  },
  hex: {
    options: ['length'],
    make: (options) => ({ text: cut(options, 64, (bytes) => bytes.toString('hex')) }),
  },
  base64url: {
    options: ['length'],
    make: (options) => ({ text: cut(options, 43, (bytes) => bytes.toString('base64url')) }),
  },
  uuid: { options: [], make: () => ({ text: randomUUID() }) },
  password: { options: ['length', 'alphabet', 'lower', 'upper', 'digits', 'symbols'], make: password },
  rsa: { options: ['length'], make: rsa },
  ed25519: {
    options: [],
    make: () => pem(generateKeyPairSync('ed25519')),
  },
  ssh: {
    options: [],
    make: () => {
      const { privateKey, publicKey } = openSshKeyPair();
      return { text: privateKey, publicKey };
    },
  },
  // As Standard Webhooks has it: a prefix and 24 to 64 bytes in base64.
  webhook: { options: [], make: () => ({ text: `whsec_${randomBytes(32).toString('base64')}` }) },
  // As long as the longest hash that signs with it (RFC 7518, section 3.2).
  jwt: { options: [], make: () => ({ text: randomBytes(64).toString('base64url') }) },
};

/** Characters of an encoding of enough bytes. */
function cut(options: Options, standard: number, encode: (bytes: Buffer) => string): string {
  const length = lengthOf(options, standard);
  return encode(randomBytes(length)).slice(0, length);
}

function password(options: Options): Made {
  const classes = [
    { characters: LOWER, least: countOf(options, 'lower') },
    { characters: UPPER, least: countOf(options, 'upper') },
    { characters: DIGITS, least: countOf(options, 'digits') },
    { characters: SYMBOLS, least: countOf(options, 'symbols') },
  ];
  const length = lengthOf(options, DEFAULT_LENGTH);
  const least = classes.reduce((sum, one) => sum + one.least, 0);
  if (least > length)
    throw errors.usage('the password is too short for the characters that it must have', 'use a greater length');
  const all = options['alphabet'] === undefined ? ALPHABET + SYMBOLS : alphabetOf(options);
  const characters = [
    ...classes.flatMap((one) => [...pick(within(all, one.characters, one.least), one.least)]),
    ...pick(all, length - least),
  ];
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other]!, characters[last]!];
  }
  return { text: characters.join('') };
}

/** The characters of a class that the alphabet has. */
function within(alphabet: string, characters: string, least: number): string {
  const common = [...characters].filter((one) => alphabet.includes(one)).join('');
  if (common === '' && least > 0)
    throw errors.usage('the alphabet lacks the characters that the password must have', 'add them to the alphabet');
  return common === '' ? alphabet : common;
}

function rsa(options: Options): Made {
  const bits = Number(options['length'] ?? 3072);
  if (![2048, 3072, 4096].includes(bits))
    throw errors.usage('an RSA key must have 2048, 3072 or 4096 bits', 'length=3072');
  return pem(generateKeyPairSync('rsa', { modulusLength: bits }));
}

function pem({ privateKey, publicKey }: ReturnType<typeof generateKeyPairSync>): Made {
  return {
    text: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

function lengthOf({ length: given }: Options, standard: number): number {
  const length = given === undefined ? standard : Number(given);
  if (!Number.isSafeInteger(length) || length < 8 || length > LONGEST)
    throw errors.usage('length must be a number of characters, 8 or more', 'for example length=32');
  return length;
}

function countOf(options: Options, name: string): number {
  const count = Number(options[name] ?? 1);
  if (!Number.isSafeInteger(count) || count < 0 || count > LONGEST)
    throw errors.usage(`${name} must be a number: how many of them at least`, `for example ${name}=2`);
  return count;
}

function alphabetOf({ alphabet = ALPHABET }: Options): string {
  if (new Set(alphabet).size < 10 || new Set(alphabet).size !== [...alphabet].length)
    throw errors.usage(
      'alphabet must have ten characters or more, each of them once',
      'for example alphabet=0123456789abcdef',
    );
  return alphabet;
}

function formOf({ form = 'alphanumeric', ...options }: Options): { form: Form; options: Options } {
  const known = Object.hasOwn(FORMS, form) ? FORMS[form] : undefined;
  if (known === undefined)
    throw errors.usage(`unknown form ${quoted(form)}`, `forms: ${Object.keys(FORMS).join(', ')}`);
  const foreign = Object.keys(options).find((name) => !known.options.includes(name));
  if (foreign !== undefined)
    throw errors.usage(
      `the form ${form} has no option ${foreign}`,
      known.options.length === 0 ? 'it takes none' : `it has: ${known.options.join(', ')}`,
    );
  return { form: known, options };
}

/** @throws usage for options that make no value */
export function checkForm(given: Options): void {
  const { form, options } = formOf(given);
  form.make(options);
}

export const generateSource: Source = {
  test: async () => 'unlimited',
  create: async (request): Promise<Created> => {
    const { form, options } = formOf(
      Object.fromEntries([...request.options].map(([name, text]) => [name, revealText(text) ?? ''])),
    );
    const { text, publicKey } = form.make(options);
    const notes =
      publicKey === undefined ? [] : [`The public key of ${request.secret} for ${request.environment}:\n${publicKey}`];
    return { value: Plaintext.fromText(text), handle: null, overlap: 'unlimited', notes };
  },
  // What was made and not stored is nowhere else: nothing is lost.
  find: async () => null,
  usage: async () => UNSUPPORTED,
  disable: async () => UNSUPPORTED,
  enable: async () => UNSUPPORTED,
  revoke: async () => UNSUPPORTED,
};
