/** `knox env remove`: takes away an environment that holds nothing. */
import type { Run } from '../../command-line/command.ts';
import { errors } from '../../errors.ts';
import { refuseInUse, removeEnvironment } from '../../vault/keys/environments.ts';
import { askEnvironment } from '../common/ask-name.ts';
import type { EnvRemove } from './declared.ts';

export const envRemove: Run<EnvRemove> = async (context, given) => {
  const name = await askEnvironment(context, given.name, 'knox env remove NAME');
  const vault = await context.vault('key');
  vault.requireTrust();
  void vault.requireKeys().rootSeed;
  const production = await vault.read(async (view) => {
    await refuseInUse(view, name);
    return view.isProduction(name);
  });
  if (!(await context.confirm(`Remove the environment ${name} and its key?`, `remove the environment ${name}`)))
    throw errors.cancelled('nothing was removed');
  await vault.change((change) => removeEnvironment(change, name));
  return { json: { name, production, values: 0 }, text: `Removed the environment ${name}.` };
};
