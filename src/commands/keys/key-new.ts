/** `knox key new`: a key of one's own, whose public half is for whoever gives access to a vault. Needs no vault. */
import { resolve } from 'node:path';
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { requireFileName } from '../../files/file-name.ts';
import { writeNewKeyFile } from '../../files/key-file.ts';
import { leaveKeyOut } from '../common/vault-folder.ts';
import type { KeyNew } from './declared.ts';

export const keyNew: Run<KeyNew> = async (context, given) => {
  requireFileName(given.file, 'a key');
  const file = resolve(context.io.cwd, given.file);
  const { publicKey, text } = await context.newKey();
  writeNewKeyFile(file, text);
  leaveKeyOut(context, file);
  context.say(`Created the key file ${printable(file)}. It stays with you.`);
  context.say('Send this public key to whoever administers the vault:');
  return { json: { file, publicKey }, text: publicKey, next: 'they run knox key add --recipient PUBLIC_KEY --env ENV' };
};
