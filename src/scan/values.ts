/** The values that are looked for: all that the vault still holds, old versions and new ones that are not in use yet among them. */
import { isExempt } from '../domain/kinds.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { reveal } from '../domain/plaintext.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
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
  const owners: Owner[] = [];
  const found: MaskedSecret[] = [];
  const notGiven: string[] = [];
  for (const realm of view.realmNames()) {
    if (!view.canRead(realm)) {
      if ((await view.count(realm, 'value')) > 0) notGiven.push(realm);
      continue;
    }
    // Whether a value is a plain setting, its own realm says.
    const names = new Map((await view.all('name', realm)).map((record) => [record.name, record]));
    const stored = await view.all('value', realm);
    for (const [index, value] of stored.entries()) {
      const record = names.get(value.name);
      if (record === undefined || isExempt(record.kind, 'scan')) continue;
      await step(`Reading the values of ${realm}: ${index} of ${stored.length}`);
      const plaintext = await view.decryptIfWhole(value);
      if (plaintext === null) continue;
      found.push({ name: record.name, value: plaintext });
      owners.push({ secret: record.name, base: record.base, environment: realm === SHARED ? null : realm });
    }
  }
  const { patterns, tooShort } = patternsOf(found.map(({ value }) => reveal(value)));
  return {
    owners,
    patterns,
    secrets: found,
    tooShort: tooShort.map((owner) => owners[owner]!),
    notGiven,
  };
}
