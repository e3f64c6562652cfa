/**
 * `knox report auth-failure`: what a log or an alert saw counts like a probe's own failures. Named by its base, a secret is the version that
 * the environment is on, since that is the one that a system in use sends; any other version is named in full.
 */
import type { Handler } from '../../declarations/command-spec.ts';
import { printable } from '../../domain/printable.ts';
import { requireReference } from '../../domain/secret-name.ts';
import type { SecretReference } from '../../domain/secret-name.ts';
import { errors } from '../../errors.ts';
import { recordAuthFailures } from '../../routes/auth-failures.ts';
import { requireName, requireValue, versionAt } from '../../vault/secrets/find-secret.ts';
import type { View } from '../../vault/core/view.ts';
import type { NameRecord } from '../../vault/records/kinds.ts';
import { askEnvironment, askSecret } from '../common/ask-name.ts';
import { refuseLiterals } from '../common/literals.ts';

const MOST = 100_000;
const LONGEST_SOURCE = 200;
const USAGE = 'knox report auth-failure NAME -e ENV';

export const reportAuthFailure: Handler = async (context, [given], options) => {
  refuseLiterals(options, ['source']);
  const count = parseCount(options['count'] as string | undefined);
  const source = parseSource(options['source'] as string | undefined);
  const name = await askSecret(context, given, USAGE, 'key');
  const reference = requireReference(name);
  const environment = await askEnvironment(context, options['env'] as string | undefined, USAGE);
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
  return { json, text: `Noted ${times} of ${json.secret} for ${environment} (${printable(source)}).` };
};

async function meant(view: View, { name, at }: SecretReference, environment: string): Promise<NameRecord> {
  if (at !== null) return versionAt(view, name, at, environment);
  const isBase = (await view.get('lineage', environment, name)) !== null;
  return isBase ? versionAt(view, name, 'current', environment) : requireName(view, name, environment);
}

/** @throws usage */
function parseCount(text: string | undefined): number {
  if (text === undefined) return 1;
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST) return count;
  throw errors.usage(`--count takes a whole number from 1 to ${MOST}`, 'for example --count 12');
}

/** @throws usage */
function parseSource(text: string | undefined): string {
  if (text === undefined || text.trim() === '') return 'a report';
  if (text.length <= LONGEST_SOURCE) return text;
  throw errors.usage(`--source takes ${LONGEST_SOURCE} characters at most`, 'for example --source "gateway log"');
}
