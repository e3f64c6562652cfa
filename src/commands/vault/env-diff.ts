/** `knox env diff`: which secrets only one of two environments has. */
import type { Run } from '../../command-line/command.ts';
import { errors } from '../../errors.ts';
import { listSecrets } from '../../vault/secrets/describe-secret.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { warnOfUnverified } from '../common/not-given.ts';
import type { EnvDiff } from './declared.ts';

export const envDiff: Run<EnvDiff> = async (context, { env, other }) => {
  const usage = 'knox env diff ENV ENV';
  const left = await askEnvironment(context, env, usage);
  const right = await askEnvironment(context, other, usage);
  if (left === right) throw errors.usage('the two environments are the same', 'knox env diff staging production');
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
