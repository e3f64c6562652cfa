/** The values that are looked for: all that the vault still holds, old versions and new ones that are not in use yet among them. */
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { reveal } from '../domain/plaintext.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import { patternsOf } from './patterns.ts';
import type { Owner, Pattern } from './patterns.ts';

export interface Sought {
  readonly owners: readonly Owner[];
  readonly patterns: readonly Pattern[];
  readonly secrets: readonly MaskedSecret[];
  /** Owners whose value is too short to be looked for. */
  readonly tooShort: readonly Owner[];
  /** Environments with values whose key is not at hand. */
  readonly notGiven: readonly string[];
}

/** @param step says how far it is @throws vault_damaged, not_granted */
export async function soughtValues(view: View, step: (text: string) => Promise<void>): Promise<Sought> {
  await view.requireIntactWhereGiven();
  const bases = new Map((await view.find('lineage')).map(({ id, base }) => [id, base]));
  const secrets = new Map((await view.find('secret')).map((secret) => [secret.id, secret]));
  const owners: Owner[] = [];
  const found: MaskedSecret[] = [];
  const notGiven = new Set<string>();
  const stored = await view.page('value', '', Number.MAX_SAFE_INTEGER);
  for (const [index, value] of stored.entries()) {
    const secret = secrets.get(value.secret);
    if (secret === undefined || isExempt(secret.kind as Kind, 'scan')) continue;
    if (view.ring?.hasEnvironment(value.environment) !== true) {
      notGiven.add(value.environment);
      continue;
    }
    await step(`Reading values: ${index} of ${stored.length}`);
    found.push({ name: secret.name, value: await view.decrypt(secret, value) });
    const environment = value.environment === SHARED ? null : value.environment;
    owners.push({ secret: secret.name, base: bases.get(secret.lineage) ?? secret.name, environment });
  }
  const { patterns, tooShort } = patternsOf(found.map(({ value }) => reveal(value)));
  return {
    owners,
    patterns,
    secrets: found,
    tooShort: tooShort.map((owner) => owners[owner]!),
    notGiven: [...notGiven],
  };
}
