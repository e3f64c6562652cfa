/** `knox env add`: one more environment, at the end of the vault's order. */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { isEnvironmentName, isProductionName, parseEnvironmentName } from '../../domain/environment-name.ts';
import { refuseLiteral } from '../../domain/refuse-literal.ts';
import { errors } from '../../errors.ts';
import { askingSince } from '../../vault/keys/asking.ts';
import { addEnvironment } from '../../vault/keys/environments.ts';
import { offerToVouch } from '../common/vouch-for.ts';
import type { EnvAdd } from './declared.ts';

export const envAdd: Run<EnvAdd> = async (context, given) => {
  const name = parseEnvironmentName(given.name ?? (await askNewName(context)));
  refuseLiteral('the name', name);
  const production = given.production || isProductionName(name);
  const vault = await context.vault('key');
  vault.requireTrust();
  await vault.change((change) => addEnvironment(change, name, production));
  const asking = await vault.read((view) => askingSince(view, name));
  const when = `Where a key was used that opens ${name}`;
  await offerToVouch(context, vault, asking, { who: 'a key that does not open it', when });
  const kind = production ? 'production' : 'pre-production';
  return {
    json: { name, production, values: 0 },
    text: `Added the environment ${name} (${kind}).`,
    next: `knox add NAME -e ${name}`,
  };
};

async function askNewName(context: Context): Promise<string> {
  const prompts = await context.prompts();
  if (prompts === null) throw errors.usage('no name given', 'knox env add NAME');
  return prompts.input({
    message: 'Name of the environment',
    validate: (text) => isEnvironmentName(text) || 'letters, digits, "_" and "-"; not "shared"',
  });
}
