/** `knox trust IDENTITY`: this machine takes the vault here for the one with that identity, from now on. */
import type { Handler } from '../declarations/command-spec.ts';
import { errors } from '../errors.ts';
import { parseIdentity } from '../vault/identity.ts';

export const trust: Handler = async (context, args) => {
  const identity = await parseIdentity(args[0] ?? '');
  const vault = await context.vault('look');
  if (!(await vault.read((view) => view.isIdentity(identity)))) {
    throw errors.untrusted_vault(
      `this vault is another one: ${vault.manifest.identity}`,
      'ask whoever gave you the identity which of the two is right',
    );
  }
  await vault.rememberIdentity();
  return { json: { identity }, text: `This machine trusts ${identity}.` };
};
