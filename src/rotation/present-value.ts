/** What the value of today looks like: in words for a person, and as the reason why random text can't take its place. */
import type { Plaintext } from '../domain/plaintext.ts';
import { revealText } from '../domain/plaintext.ts';
import { recognise, withArticle } from '../domain/providers.ts';
import { errors, forceHint } from '../errors.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import { valueAt } from './offered.ts';
import type { Place } from './offered.ts';
import type { Work } from './types.ts';

export interface PresentKey {
  /** `a Stripe live key` */
  readonly label: string;
  /** Its form says so by itself: only its provider can make another one. */
  readonly isProviders: boolean;
  readonly provider: string;
}

/** Null where nothing was recognised. */
export async function presentKey({ vault }: Work, { secret, environment }: Place): Promise<PresentKey | null> {
  return vault.read(async (view) => {
    const from = await valueAt(view, secret.from, environment);
    if (from === null) return null;
    const value = await view.decryptIfWhole(from.value);
    if (value === null) return null;
    const text = revealText(value) ?? '';
    value.wipe();
    const seen = recognise(text, secret.base);
    if (seen === null) return null;
    return { label: withArticle(seen.label), isProviders: recognise(text) !== null, provider: seen.provider.id };
  });
}

/**
 * Random text that takes the place of a provider's key opens nothing.
 * @param made what a generator made, where it is there already: some make what looks like a provider's
 * @throws untested (guard)
 */
export async function refuseRandom(work: Work, places: readonly Place[], made?: Plaintext): Promise<void> {
  const { answers, rotation } = work;
  for (const place of places) {
    const present = await presentKey(work, place);
    if (present === null || !present.isProviders) continue;
    if (made !== undefined && recognise(revealText(made) ?? '')?.provider.id === present.provider) continue;
    const where = place.environment === SHARED ? '' : ` for ${place.environment}`;
    answers.guards.refuse('untested', () =>
      errors.untested(
        `${place.secret.from}${where} is ${present.label}: a random value cannot replace it`,
        `get a new key from its provider, then: knox rotate ${rotation.secrets[0]!.base}`,
        forceHint('untested'),
      ),
    );
  }
}
