/** What a new value is held against before it is stored: its form, the environment that it is for, and the values that are there. */
import { isEqual } from '../crypto/sodium.ts';
import type { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import { VALUE_LIMIT } from '../domain/limits.ts';
import type { Kind } from '../domain/kinds.ts';
import { reveal, revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { recognise, withArticle, wrongEnvironment } from '../domain/providers.ts';
import { errors } from '../errors.ts';
import type { Row } from '../store/tables.ts';
import { SHARED } from './manifest.ts';
import type { View } from './view.ts';

/** Kept with a value: what was found when it was written. Nothing that could be guessed against. */
export interface ValueFacts {
  readonly sameAs: readonly string[];
  readonly wrongEnvironment: boolean;
}

/** Values of one input that is stored as a whole. */
export interface OneInput {
  /** Rows of values whose place this input takes. */
  readonly replaced: ReadonlySet<string>;
  /** Others of the input, of the same lineage, and what they are called. */
  readonly beside: readonly { readonly name: string; readonly value: Plaintext }[];
}

const ALONE: OneInput = { replaced: new Set(), beside: [] };

/** @param name of whose value it is, where there are several @throws invalid_value */
export function requireStorable(value: Plaintext, name?: string): void {
  const what = name === undefined ? '' : `${name}: `;
  if (value.length === 0)
    throw errors.invalid_value(
      `${what}the value is empty: it has at least 1 byte`,
      'pipe it in, or give --value-file FILE',
    );
  if (value.length > VALUE_LIMIT.bytes)
    throw errors.invalid_value(`${what}the value is longer than ${VALUE_LIMIT.text}`);
  if (KEY_OF_KNOX.test(Buffer.from(reveal(value)).toString('latin1')))
    throw errors.invalid_value(
      `${what}that is a key of knox itself, which opens a vault: it is no value`,
      'look at what was pasted, or at the name of the file; what needs the key gets it as KNOX_KEY',
    );
}

/** As `knox key new` writes it. */
const KEY_OF_KNOX = /knox_key_1_[\w-]{48}/;

/** In a time that says nothing of where they differ. */
export function isSameValue(one: Plaintext, other: Plaintext): boolean {
  return isEqual(reveal(one), reveal(other));
}

/**
 * The facts of a value for a secret in an environment (or `shared`).
 * @throws same_value, wrong_environment (guards), environment_not_found
 */
export async function factsOf(
  view: View,
  secret: Pick<Row<'secret'>, 'id' | 'name' | 'lineage' | 'kind'>,
  environment: string,
  value: Plaintext,
  guards: Guards,
  input: OneInput = ALONE,
): Promise<ValueFacts> {
  const isWrong = isForAnother(view, secret, environment, value, guards);
  const twins = isExempt(secret.kind as Kind, 'same_value') ? [] : await equalValues(view, secret, value, input);
  if (twins.length > 0) {
    guards.refuse('same_value', () =>
      errors.same_value(
        `that is the same value as ${twins.join(', ')}`,
        'use another value',
        'or: --force same_value --reason TEXT',
        'for a plain setting: --kind config, or where it is there already: knox set NAME --kind config',
      ),
    );
  }
  return { sameAs: twins, wrongEnvironment: isWrong };
}

function isForAnother(
  view: View,
  { name, kind }: Pick<Row<'secret'>, 'name' | 'kind'>,
  environment: string,
  value: Plaintext,
  guards: Guards,
): boolean {
  if (environment === SHARED || isExempt(kind as Kind, 'wrong_environment')) return false;
  const isProduction = view.isProduction(environment);
  const seen = recognise(revealText(value) ?? '', name);
  if (seen === null || !wrongEnvironment(seen.mode, isProduction)) return false;
  guards.refuse('wrong_environment', () =>
    errors.wrong_environment(
      `that looks like ${withArticle(seen.label)}, and ${environment} is ${isProduction ? 'production' : 'pre-production'}`,
      'give the right key',
      'or: --force wrong_environment --reason TEXT',
    ),
  );
  return true;
}

/** Names of the places, among those whose key is at hand, whose value of this lineage is the same. */
async function equalValues(
  view: View,
  secret: Pick<Row<'secret'>, 'id' | 'lineage'>,
  value: Plaintext,
  { replaced, beside }: OneInput,
): Promise<string[]> {
  const same = beside.flatMap((other) => (isSameValue(other.value, value) ? [other.name] : []));
  for (const version of await view.find('secret', { lineage: secret.lineage })) {
    // Rolled back and taken up again: the credential that was made for it is still the new one.
    if (version.state === 'withdrawn') continue;
    for (const row of await view.find('value', { secret: version.id })) {
      if (replaced.has(row.id) || view.ring?.hasEnvironment(row.environment) !== true) continue;
      const other = await view.decrypt(version, row);
      if (isSameValue(other, value)) same.push(`${version.name} for ${row.environment}`);
      other.wipe();
    }
  }
  return same;
}
