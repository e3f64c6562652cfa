/** `knox unlock`: one's key is kept in a keyring of this system for a while, so that it need not be given or typed each time. */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { untilText } from '../../domain/duration.ts';
import { secondsBetween } from '../../domain/time.ts';
import { KEEP_SECONDS } from '../../vault/trust/kept-key.ts';
import type { KeyToKeep } from '../../vault/trust/kept-key.ts';
import type { Unlock } from './declared.ts';

export const unlock: Run<Unlock> = async (context, { seconds }) => {
  const { file } = await context.place();
  // A key that is kept already does not count: whoever has it for an hour could have it for ever.
  const vault = await context.vault('given-key');
  const key = await vault.keyToKeep(seconds ?? KEEP_SECONDS.default);
  const keyring = await keepKey(context, key);
  const { identity, slot, expiresAt } = key;
  return {
    json: { vault: file, identity, slot, keyring: keyring.name, expiresAt },
    text: unlockedText(context, key, keyring.title),
  };
};

/** Puts it into the first keyring that takes it; its text is overwritten. @throws no_keyring */
export async function keepKey(context: Context, { vault, text, expiresAt }: KeyToKeep) {
  try {
    return await (await context.keptKeys('key')).keep(vault, text, new Date(expiresAt));
  } finally {
    text.wipe();
  }
}

/** Until when, where the key is, and how to end it before: two lines. */
export function unlockedText(context: Context, { expiresAt }: KeyToKeep, keyring: string): string {
  const { io } = context;
  const left = Math.ceil(secondsBetween(io.now().toISOString(), expiresAt));
  return `Unlocked until ${context.moments(io.stdout).at(expiresAt)} (${untilText(left)}).\nThe key is in ${keyring}. To lock it before that: knox lock`;
}
