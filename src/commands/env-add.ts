/** `knox env add`: one more environment, at the end of the vault's order. */
import type { Handler } from '../declarations/command-spec.ts';
import { isProductionName, parseEnvironmentName } from '../domain/environment-name.ts';
import { addEnvironment } from '../vault/environments.ts';

export const envAdd: Handler = async (context, args, options) => {
  const name = parseEnvironmentName(args[0]!);
  const production = options['production'] === true || isProductionName(name);
  const vault = await context.vault('key');
  vault.requireTrust();
  await vault.change((change) => addEnvironment(change, name, production));
  const kind = production ? 'production' : 'pre-production';
  return { json: { name, production, values: 0 }, text: `Added the environment ${name} (${kind}).` };
};
