/** The one door to what knox knows about providers and about the look of values. The data is in `provider-table/`. */
import type { Mode } from './provider-types.ts';

export { describeValue, isStandIn, shortValueText } from './describe-value.ts';
export { literalCredential } from './literal-credential.ts';
export type { Recognised } from './provider-list.ts';
export { PROVIDERS, providerForName, recognise, withArticle } from './provider-list.ts';
export type { Mode, Overlap, Provider, ProviderPattern } from './provider-types.ts';

/** Whether a value whose prefix says `mode` must not go there: live data outside production, test data inside it. */
export function wrongEnvironment(mode: Mode, isProduction: boolean): boolean {
  return mode !== null && (mode === 'live') !== isProduction;
}
