/** What the options of `knox rotate` answer beforehand: new values, what is kept, what is vouched for. No value stands in an option. */
import type { Context } from '../../context.ts';
import { SHARED } from '../../domain/environment-name.ts';
import { VALUE_LIMIT } from '../../domain/limits.ts';
import { Plaintext } from '../../domain/plaintext.ts';
import { quoted } from '../../domain/secret-name.ts';
import { cannotCombine, errors, needsReason } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';
import type { Answers } from '../../rotation/types.ts';
import { hasRepeatedNames } from '../../transfer/repeated-names.ts';
import { warnOfForeign } from '../common/foreign.ts';
import type { Rotate } from './declared.ts';
import type { ValueFile } from './read-rotation.ts';

/** What of the command line answers beforehand. */
type GivenAnswers = Pick<Rotate, 'valueFiles' | 'valuesStdin' | 'generate' | 'keep' | 'confirm' | 'skip' | 'until'>;

/** Nothing of it. */
export const NO_ANSWERS: GivenAnswers = {
  valueFiles: [],
  valuesStdin: false,
  generate: null,
  keep: null,
  confirm: [],
  skip: null,
  until: null,
};

type Values = Map<string, Map<string, { value: Plaintext; from: 'file' | 'stdin' }>>;

/** @param bases the secrets of the rotation @param environments those that a value may be for, `shared` among them */
export async function readAnswers(
  context: Context,
  given: GivenAnswers,
  bases: readonly string[],
  environments: readonly string[],
): Promise<Answers> {
  const reason = context.options.reason ?? null;
  const values: Values = new Map(bases.map((base) => [base, new Map()]));
  for (const one of given.valueFiles) await takeFile(context, one, values, environments);
  if (given.valuesStdin) await takeJson(await context.readStdin(), values, environments);
  for (const [base, own] of values)
    for (const [environment, { value }] of own) warnOfForeign(context, `${base} for ${environment}`, value);
  const { generate, skip } = given;
  if (generate !== null && [...values.values()].some(({ size }) => size > 0))
    throw cannotCombine('--generate', 'given values');
  const keep = given.keep ?? [];
  for (const name of keep) {
    requirePlace(name, environments, '--keep');
    if ([...values.values()].every((own) => own.has(name))) throw cannotCombine(`--keep ${name}`, 'a new value for it');
  }
  if (skip !== null && reason === null) throw needsReason('--skip');
  return {
    values,
    generate,
    keep: new Set(keep),
    confirm: new Set(given.confirm),
    skip,
    until: given.until,
    isYes: context.options.yes === true,
    guards: context.guards(),
  };
}

function requirePlace(name: string, environments: readonly string[], option: string): void {
  if (environments.includes(name)) return;
  throw errors.usage(
    `${option}: the old version has no value for ${quoted(name)}`,
    `it has values for: ${environments.join(', ')}`,
  );
}

/** `[NAME:]ENV=FILE`: every byte of the file. */
async function takeFile(
  context: Context,
  { name, environment, file }: ValueFile,
  values: Values,
  environments: readonly string[],
): Promise<void> {
  const own = ownValues(values, name ?? onlyName(values));
  requirePlace(environment, environments, '--value-file');
  if (own.has(environment)) throw givenTwice(environment);
  const bytes = await context.readFile(file, VALUE_LIMIT);
  if (bytes.at(-1) === 10) context.say(`note: the last byte of the value for ${environment} is a newline; it is kept`);
  own.set(environment, { value: new Plaintext(bytes), from: 'file' });
}

function onlyName(values: Values): string {
  if (values.size > 1)
    throw errors.usage('no secret named for the value', 'with several names: --value-file NAME:ENV=FILE');
  return [...values.keys()][0]!;
}

function ownValues(values: Values, name: string): Map<string, { value: Plaintext; from: 'file' | 'stdin' }> {
  const own = values.get(name);
  if (own === undefined)
    throw errors.usage(`${quoted(name)} is not a secret of this rotation`, `secrets: ${[...values.keys()].join(', ')}`);
  return own;
}

/** One JSON object, environment to value; with several names, name to such an object. */
async function takeJson(bytes: Buffer, values: Values, environments: readonly string[]): Promise<void> {
  const given = await parseObject(bytes);
  const byName = values.size > 1 ? Object.entries(given) : [[onlyName(values), given] as const];
  for (const [name, object] of byName) {
    const own = ownValues(values, name);
    if (!isObject(object)) throw notAnObject();
    for (const [environment, value] of Object.entries(object)) {
      requirePlace(environment, environments, '--values-stdin');
      if (typeof value !== 'string')
        throw errors.invalid_value(`the value for ${environment} is not a JSON string`, 'put it in double quotes');
      if (own.has(environment)) throw givenTwice(environment);
      own.set(environment, { value: Plaintext.fromText(value), from: 'stdin' });
    }
  }
}

async function parseObject(bytes: Buffer): Promise<Record<string, unknown>> {
  let text: string;
  let given: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    given = JSON.parse(text) as unknown;
  } catch {
    // The parser's message would quote what it read, which may be a value.
    throw notAnObject();
  }
  if (!isObject(given)) throw notAnObject();
  if (await hasRepeatedNames(text)) throw errors.invalid_value('stdin has two values for one name', 'give one');
  return given;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function notAnObject() {
  return errors.invalid_value(
    'stdin is not a JSON object of environments and values',
    `expected {"staging": "…", "production": "…"}; for a shared secret {"${SHARED}": "…"}`,
  );
}

function givenTwice(environment: string): KnoxError {
  return errors.usage(`two values are given for ${environment}`, 'give one');
}
