/** `knox env diff`: which secrets only one of two environments has. */
import type { Handler } from '../../declarations/command-spec.ts';
import { errors } from '../../errors.ts';
import { listSecrets } from '../../vault/secrets/describe-secret.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { warnOfUnverified } from '../common/not-given.ts';

export const envDiff: Handler = async (context, args) => {
  const usage = 'knox env diff ENV ENV';
  const left = await askEnvironment(context, args[0], usage);
  const right = await askEnvironment(context, args[1], usage);
  if (left === right) throw errors.usage('that is the same environment twice', 'knox env diff staging production');
  const vault = await context.vault('look');
  const rows = await vault.look(async (view) => {
    view.requireEnvironment(left);
    view.requireEnvironment(right);
    await warnOfUnverified(context, view);
    return (await listSecrets(view)).flatMap(({ name, environments, state }) => {
      const held = [left, right].filter((environment) => environments.includes(environment));
      return held.length === 1 && state === 'live' ? [{ name, only: held[0]! }] : [];
    });
  });
  if (rows.length === 0) context.say(`${left} and ${right} have the same secrets.`);
  return { json: rows, table: { head: ['Secret', 'Only in'], rows: rows.map(({ name, only }) => [name, only]) } };
};
