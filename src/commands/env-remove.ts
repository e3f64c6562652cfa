/** `knox env remove`: takes away an environment that holds nothing. */
import type { Handler } from '../declarations/command-spec.ts';
import { errors } from '../errors.ts';
import { removeEnvironment } from '../vault/environments.ts';

export const envRemove: Handler = async (context, args) => {
  const name = args[0]!;
  const vault = await context.vault('key');
  vault.requireTrust();
  const production = await vault.read(async (view) => view.isProduction(name));
  if (!(await context.confirm(`Remove the environment ${name} and its key?`)))
    throw errors.cancelled('nothing was removed');
  await vault.change((change) => removeEnvironment(change, name));
  return { json: { name, production, values: 0 }, text: `Removed the environment ${name}.` };
};
