/** `knox env list`: the environments, in their order, and how many values each holds. */
import type { Handler } from '../declarations/command-spec.ts';

export const envList: Handler = async (context) => {
  const vault = await context.vault('look');
  const environments = await vault.look(async (view) => {
    const values = await view.find('value');
    return view.manifest.environments.map(({ name, production }) => ({
      name,
      production,
      values: values.filter((value) => value.environment === name).length,
    }));
  });
  const rows = environments.map(({ name, production, values }) => [
    name,
    production ? 'production' : 'pre-production',
    String(values),
  ]);
  return {
    json: environments,
    table: { head: ['Environment', 'Kind', 'Values'], rows, align: ['left', 'left', 'right'] },
  };
};
