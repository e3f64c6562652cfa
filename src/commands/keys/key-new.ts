/** `knox key new`: a key of one's own, whose public half is for whoever gives access to a vault. Needs no vault. */
import { resolve } from 'node:path';
import type { Handler } from '../../declarations/command-spec.ts';
import { printable } from '../../domain/printable.ts';
import { requireFileName } from '../../files/file-name.ts';
import { writeNewKeyFile } from '../../files/key-file.ts';
import { leaveKeyOut } from '../vault/vault-folder.ts';

export const keyNew: Handler = async (context, args) => {
  requireFileName(args[0]!, 'A key');
  const file = resolve(context.io.cwd, args[0]!);
  const { publicKey, text } = await context.newKey();
  writeNewKeyFile(file, text);
  leaveKeyOut(context, file);
  context.say(`Made the key file ${printable(file)}. It stays with you.`);
  context.say('Send this public key to whoever administers the vault:');
  return { json: { file, publicKey }, text: publicKey };
};
