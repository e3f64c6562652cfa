/** `knox export`: the values of an environment in the form that another program takes. The use is recorded before they are given out. */
import type { Context } from '../context.ts';
import type { Handler } from '../declarations/command-spec.ts';
import { requireReference } from '../domain/secret-name.ts';
import { refuseMeeting, variableName } from '../domain/variable-name.ts';
import type { NamedSecret } from '../domain/variable-name.ts';
import { errors, isKnoxError } from '../errors.ts';
import { resolveReference } from '../routes/resolve.ts';
import type { Resolved } from '../routes/resolve.ts';
import { exportFormat, writeExport } from '../transfer/export-formats.ts';
import type { Entry } from '../transfer/export-formats.ts';
import { listSecrets } from '../vault/describe-secret.ts';
import { requireInCopy } from '../vault/partial-copy.ts';
import type { Use } from '../vault/record-use.ts';
import type { View } from '../vault/view.ts';
import { askEnvironment } from './ask-name.ts';
import { useValues } from './use-values.ts';

export const exportValues: Handler = async (context, args, options) => {
  const environment = await askEnvironment(context, options['env'] as string | undefined, 'knox export -e ENV');
  const called = (options['format'] as string | undefined) ?? (context.isJson ? 'json' : 'dotenv');
  const format = exportFormat(called);
  const isByVersion = options['asVersion'] === true;
  const isUpper = options['upper'] === true;
  const publicKey = await readPublicKey(context, options['publicKey'] as string | undefined);
  const title = (options['name'] as string | undefined) ?? 'knox';
  const guards = context.guards();
  const vault = await context.vault('key');
  const resolve = async (view: View, name: string): Promise<Resolved> =>
    resolveReference(view, requireReference(name), environment, null, guards);
  const exported = await useValues(context, vault, { consumer: 'export', options }, async (view) => {
    view.requireEnvironment(environment);
    vault.requireKeys();
    await view.requireIntact([environment]);
    await requireInCopy(view, environment);
    const found: (Entry & NamedSecret)[] = [];
    const uses: Use[] = [];
    const left: string[] = [];
    for (const { name, given } of args.length > 0
      ? args.map((one) => ({ name: one, given: true }))
      : await allNames(view, environment, isByVersion)) {
      const resolved = await resolve(view, name).catch((error: unknown) => {
        // Named, it is refused; among all of them, what is not released yet is not there.
        if (given || !isKnoxError(error) || error.code !== 'unreleased') throw error;
        left.push(name);
        return null;
      });
      if (resolved === null) continue;
      const { secret, value } = resolved;
      const base = isByVersion ? undefined : (await view.get('lineage', secret.lineage))?.base;
      const variable = variableName(base ?? secret.name, isUpper);
      found.push({ name: variable, secret: secret.name, value: await view.decrypt(secret, value) });
      uses.push({ secret: secret.id, name: secret.name, environment: value.environment });
    }
    // Before the use is recorded: what can not be written is not given out, and was no use.
    refuseMeeting(found, `name one of them, or take ${isUpper ? 'them without --upper' : '--as-version'}`);
    const said: string[] = [];
    const bytes = writeExport(format, found, { name: title, publicKey, tell: (line) => said.push(line) });
    return { bytes, said, uses, notes: left };
  });
  for (const name of exported.notes)
    context.say(`note: ${name} is not released to ${environment} yet, and was left out`);
  const { bytes, said } = exported;
  // What those two print is a document already.
  if (context.isJson && called !== 'json' && called !== 'github')
    return { json: { format: called, output: bytes.toString('utf8'), masks: said } };
  for (const line of said) context.io.stderr.write(`${line}\n`);
  return { bytes };
};

/** Names of what resolves there: the version of each lineage that the environment is on, or with --as-version every live one. */
async function allNames(
  view: View,
  environment: string,
  isByVersion: boolean,
): Promise<{ name: string; given: boolean }[]> {
  const secrets = (await listSecrets(view)).filter(
    ({ state, scope, environments }) => state === 'live' && (scope === 'shared' || environments.includes(environment)),
  );
  if (isByVersion) return secrets.map(({ name }) => ({ name, given: false }));
  return [...new Map(secrets.map(({ base, name }) => [base, `${name}@current`])).values()].map((name) => ({
    name,
    given: false,
  }));
}

async function readPublicKey(
  context: Context,
  file: string | undefined,
): Promise<{ key: string; key_id: string } | null> {
  if (file === undefined) return null;
  try {
    const { key, key_id } = JSON.parse((await context.readFile(file)).toString('utf8')) as Record<string, unknown>;
    if (typeof key === 'string' && typeof key_id === 'string') return { key, key_id };
  } catch (error) {
    if (isKnoxError(error)) throw error;
  }
  throw errors.invalid_value(`${file} does not hold a public key`, 'it looks like {"key_id": "…", "key": "…"}');
}
