/**
 * The providers that knox knows, and the two questions to that list: whose secret is it by its name, whose by its value.
 * Neither answer ever holds a part of the value.
 */
import { CLOUD } from './provider-table/cloud.ts';
import { CODE } from './provider-table/code.ts';
import { COMMERCE } from './provider-table/commerce.ts';
import { DATA } from './provider-table/data.ts';
import { MESSAGING } from './provider-table/messaging.ts';
import type { Mode, Provider, ProviderPattern } from './provider-types.ts';

export const PROVIDERS: readonly Provider[] = [...COMMERCE, ...CLOUD, ...CODE, ...MESSAGING, ...DATA];

export interface Recognised {
  provider: Provider;
  /** For a sentence: `looks like a Stripe live key`. */
  label: string;
  mode: Mode;
}

/** The provider that a secret's name speaks of (`stripe_api_key`, `AWS_SECRET_ACCESS_KEY`, `awsSecretKey`), else `null`. */
export function providerForName(secretName: string): Provider | null {
  const words = secretName.replace(/([a-z0-9])(?=[A-Z])/g, (letter) => `${letter}_`);
  const isSplit = words !== secretName;
  return PROVIDERS.find(({ names }) => names.test(secretName) || (isSplit && names.test(words))) ?? null;
}

/**
 * Whose credential a value is, by its prefix or shape; blanks around it do not matter.
 * @param secretName where given: its provider is asked first, also about shapes that say nothing by themselves.
 */
export function recognise(text: string, secretName?: string): Recognised | null {
  const value = text.trim();
  const owner = secretName === undefined ? null : providerForName(secretName);
  if (owner !== null) {
    const found = recogniseAs(owner, value, true);
    if (found !== null) return found;
  }
  for (const provider of PROVIDERS) {
    const found = recogniseAs(provider, value, false);
    if (found !== null) return found;
  }
  return null;
}

function recogniseAs(provider: Provider, value: string, isNamed: boolean): Recognised | null {
  const pattern = provider.patterns.find(
    (candidate) => (isNamed || !candidate.isVague) && (candidate.regex.test(value) || saysMode(candidate, value)),
  );
  return pattern === undefined ? null : { provider, label: pattern.label, mode: pattern.mode };
}

/**
 * A prefix such as `sk_live_` says what it says whatever follows it: a key of a new format must not slip into the wrong
 * environment. Short prefixes (`test_`) are words that ordinary values begin with as well.
 */
function saysMode({ mode, prefix }: ProviderPattern, value: string): boolean {
  if (mode === null || prefix === null || prefix.length < 8 || !/[_-]$/.test(prefix)) return false;
  return value.startsWith(prefix) && value.length > prefix.length && !/\s/.test(value);
}

/** `a Stripe live key`, `an AWS access key id`: a label as a sentence has it. */
export function withArticle(label: string): string {
  return `${/^(?:[AaEeIiOo]|npm\b|HCP\b)/.test(label) ? 'an' : 'a'} ${label}`;
}
