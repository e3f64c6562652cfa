/** `knox lock`: what `knox unlock` kept for this vault is removed from every keyring. It needs no key, and a vault that is whole neither. */
import type { Run } from '../../command-line/command.ts';

export const lock: Run<object> = async (context) => {
  const { file } = await context.place();
  const keyrings = await (await context.keptKeys('key')).forget(await context.vaultId());
  const wasUnlocked = keyrings.length > 0;
  return {
    json: { vault: file, locked: true, wasUnlocked, keyrings },
    text: wasUnlocked ? 'Locked: the next command asks for the key.' : 'Already locked: no keyring has a key of it.',
  };
};
