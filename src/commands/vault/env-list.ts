/** `knox env list`: the environments, in their order, and how many values each holds. */
import type { Run } from '../../command-line/command.ts';

export const envList: Run<object> = async (context) => {
  const vault = await context.vault('look');
  const environments = await vault.look(async (view) => {
    const listed: { name: string; production: boolean; values: number }[] = [];
    for (const name of view.environmentNames()) {
      const holding = (await view.all('name', name)).filter(({ value }) => value !== null);
      listed.push({ name, production: view.isProduction(name), values: holding.length });
    }
    return listed;
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
