/** `knox env list`: the environments, in their order, and how many values each holds. */
import type { Handler } from '../command-table.ts';

export const envList: Handler = async (context) => {
  const vault = await context.vault('look');
  const list = await vault.read(async (view) => {
    const values = await view.find('value');
    return view.manifest.environments.map(({ name, production }) => ({
      name,
      production,
      values: values.filter((value) => value.environment === name).length,
    }));
  });
  return {
    json: list,
    text: list
      .map(({ name, production, values }) => `${name}\t${production ? 'production' : 'pre-production'}\t${values}`)
      .join('\n'),
  };
};
