/** A vault's identity as a person gives it. */
import { decodeKeyText } from '../../crypto/key-text.ts';
import { loadSodium } from '../../crypto/sodium.ts';
import { errors } from '../../errors.ts';

/** @returns the text, checked. @throws usage */
export async function parseIdentity(text: string): Promise<string> {
  await loadSodium();
  const key = decodeKeyText('identity', text);
  if (key === 'other')
    throw errors.usage(
      'invalid vault identity: it starts with knox_vault_1_',
      'knox init printed it; it is in the key file too',
    );
  if (key === 'mistyped') throw errors.usage('that identity is mistyped or cut off', 'copy the whole word again');
  return text;
}
