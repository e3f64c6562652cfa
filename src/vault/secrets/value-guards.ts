/** What a new value is held against before it is stored: its form, the environment that it is for, and the values that are there. */
import { isEqual } from '../../crypto/sodium.ts';
import type { Guards } from '../../domain/guards.ts';
import { isExempt } from '../../domain/kinds.ts';
import { VALUE_LIMIT } from '../../domain/limits.ts';
import { reveal, revealText } from '../../domain/plaintext.ts';
import type { Plaintext } from '../../domain/plaintext.ts';
import { recognise, withArticle, wrongEnvironment } from '../../domain/providers.ts';
import { errors, forceHint } from '../../errors.ts';
import { SHARED } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import type { NameContent } from '../records/name.ts';
import type { ValueFacts } from '../records/value.ts';
import { versionsAmongMany } from './find-secret.ts';

type Named = Pick<NameContent, 'name' | 'base' | 'kind'>;
type Twin = ValueFacts['sameAs'][number];

/** Values of one input that is stored as a whole. */
export interface OneInput {
  /** Ids of values whose place this input takes. */
  readonly replaced: ReadonlySet<string>;
  /** Others of the input, of the same lineage, and what they are called. */
  readonly beside: readonly { readonly name: string; readonly value: Plaintext }[];
}

const ALONE: OneInput = { replaced: new Set(), beside: [] };

/** @param name of whose value it is, where there are several @throws invalid_value */
export function requireStorable(value: Plaintext, name?: string): void {
  const what = name === undefined ? '' : `${name}: `;
  if (value.length === 0)
    throw errors.invalid_value(`${what}the value is empty`, 'pipe it in, or give --value-file FILE');
  if (value.length > VALUE_LIMIT.bytes)
    throw errors.invalid_value(`${what}the value is longer than ${VALUE_LIMIT.text}`);
  if (KEY_OF_KNOX.test(Buffer.from(reveal(value)).toString('latin1')))
    throw errors.invalid_value(
      `${what}that is a key of a knox vault, not a value`,
      'check what was pasted or which file was named; to give a program the key, set KNOX_KEY',
    );
}

/** As `knox key new` writes it. */
const KEY_OF_KNOX = /knox_key_1_[\w-]{48}/;

/** In a time that says nothing of where they differ. */
export function isSameValue(one: Plaintext, other: Plaintext): boolean {
  return isEqual(reveal(one), reveal(other));
}

/**
 * The facts of a value for a name in a realm.
 * @throws same_value, wrong_environment (guards), environment_not_found
 */
export async function factsOf(
  view: View,
  named: Named,
  realm: string,
  value: Plaintext,
  guards: Guards,
  input: OneInput = ALONE,
): Promise<ValueFacts> {
  const isWrong = isForAnother(view, named, realm, value, guards);
  if (isExempt(named.kind, 'same_value')) return { sameAs: [], wrongEnvironment: isWrong };
  const sameAs = await equalValues(view, { own: realm, base: named.base, value, replaced: input.replaced });
  const beside = input.beside.flatMap((other) => (isSameValue(other.value, value) ? [other.name] : []));
  const twins = [...beside, ...sameAs.map((twin) => `${twin.name} for ${twin.realm}`)];
  if (twins.length > 0) {
    guards.refuse('same_value', () =>
      errors.same_value(
        `the value is the same as that of ${twins.join(', ')}`,
        'use another value',
        forceHint('same_value'),
        'for a plain setting: --kind config, or if it exists: knox set NAME --kind config',
      ),
    );
  }
  return { sameAs, wrongEnvironment: isWrong };
}

function isForAnother(view: View, { name, kind }: Named, realm: string, value: Plaintext, guards: Guards): boolean {
  if (realm === SHARED || isExempt(kind, 'wrong_environment')) return false;
  const isProduction = view.isProduction(realm);
  const seen = recognise(revealText(value) ?? '', name);
  if (seen === null || !wrongEnvironment(seen.mode, isProduction)) return false;
  guards.refuse('wrong_environment', () =>
    errors.wrong_environment(
      `that looks like ${withArticle(seen.label)}; ${isProduction ? `${realm} needs a live one` : `it does not belong in ${realm}`}`,
      'use the right key',
      forceHint('wrong_environment'),
    ),
  );
  return true;
}

/**
 * The places, among those whose key is at hand, whose value of this lineage is the same. What is damaged in another realm than the one that gets
 * the value keeps nobody from storing it: its holder could do that.
 */
async function equalValues(view: View, { own, ...of }: Compared & { readonly own: string }): Promise<Twin[]> {
  const same: Twin[] = [];
  for (const realm of view.readableRealms()) {
    const work = (): Promise<Twin[]> => equalIn(view, realm, of);
    same.push(...((realm === own ? await work() : await view.unlessDamaged(realm, work)) ?? []));
  }
  return same;
}

interface Compared {
  readonly base: string;
  readonly value: Plaintext;
  readonly replaced: ReadonlySet<string>;
}

async function equalIn(view: View, realm: string, { base, value, replaced }: Compared): Promise<Twin[]> {
  const same: Twin[] = [];
  const lineage = await view.find('lineage', realm, base);
  if (lineage === null) return same;
  for (const version of (await versionsAmongMany(view, lineage)).toReversed()) {
    // Rolled back and taken up again: the credential that was made for it is still the new one.
    if (version.state === 'withdrawn') continue;
    if (version.value === null || replaced.has(version.value)) continue;
    const other = await view.decryptHeld(version);
    if (other === null) continue;
    if (isSameValue(other, value)) same.push({ name: version.name, realm });
    other.wipe();
  }
  return same;
}
