/** `knox env remove`: takes away an environment that holds nothing. */
import type { Handler } from '../../declarations/command-spec.ts';
import { errors } from '../../errors.ts';
import { refuseInUse, removeEnvironment } from '../../vault/keys/environments.ts';
import { askEnvironment } from '../common/ask-name.ts';

export const envRemove: Handler = async (context, args) => {
  const name = await askEnvironment(context, args[0], 'knox env remove NAME');
  const vault = await context.vault('key');
  vault.requireTrust();
  void vault.requireKeys().rootSeed;
  const production = await vault.read(async (view) => {
    await refuseInUse(view, name);
    return view.isProduction(name);
  });
  if (!(await context.confirm(`Remove the environment ${name} and its key?`)))
    throw errors.cancelled('nothing was removed');
  await vault.change((change) => removeEnvironment(change, name));
  return { json: { name, production, values: 0 }, text: `Removed the environment ${name}.` };
};
