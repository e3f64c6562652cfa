/**
 * `knox report auth-failure`: what a log or an alert saw counts like a probe's own failures. Named by its base, a secret is the version that
 * the environment is on, since that is the one that a system in use sends; any other version is named in full.
 */
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { requireReference } from '../../domain/secret-name.ts';
import type { SecretReference } from '../../domain/secret-name.ts';
import { recordAuthFailures } from '../../routes/auth-failures.ts';
import { requireName, requireValue, versionAt } from '../../vault/secrets/find-secret.ts';
import type { View } from '../../vault/core/view.ts';
import type { NameRecord } from '../../vault/records/kinds.ts';
import { askEnvironment, askSecret } from '../common/ask-name.ts';
import type { ReportAuthFailure } from './declared.ts';

const USAGE = 'knox report auth-failure NAME -e ENV';

export const reportAuthFailure: Run<ReportAuthFailure> = async (context, given) => {
  const count = given.count ?? 1;
  const source = given.source?.trim() ? given.source : 'a report';
  const name = await askSecret(context, given.name, USAGE, 'key');
  const reference = requireReference(name);
  const environment = await askEnvironment(context, given.env, USAGE);
  const vault = await context.vault('key');
  vault.requireTrust();
  const json = await vault.change(async (change) => {
    change.requireEnvironment(environment);
    const secret = await meant(change, reference, environment);
    await requireValue(change, secret.name, environment);
    await recordAuthFailures(change, [secret], environment, source, count);
    change.log({ action: 'auth-failure', secret: secret.name, environment, detail: { count, source } });
    return { secret: secret.name, environment, count, source, at: change.at };
  });
  const times = count === 1 ? 'an authentication failure' : `${count} authentication failures`;
  return { json, text: `Recorded ${times} of ${json.secret} for ${environment} (${printable(source)}).` };
};

async function meant(view: View, { name, at }: SecretReference, environment: string): Promise<NameRecord> {
  if (at !== null) return versionAt(view, name, at, environment);
  const isBase = (await view.get('lineage', environment, name)) !== null;
  return isBase ? versionAt(view, name, 'current', environment) : requireName(view, name, environment);
}
