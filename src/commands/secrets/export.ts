/** `knox export`: the values of an environment in the form that another program takes. The use is recorded before they are given out. */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { SHARED } from '../../domain/environment-name.ts';
import { requireReference } from '../../domain/secret-name.ts';
import { refuseMeeting, variableName } from '../../domain/variable-name.ts';
import type { NamedSecret } from '../../domain/variable-name.ts';
import { errors, isKnoxError } from '../../errors.ts';
import { resolveReference } from '../../routes/resolve.ts';
import type { Resolved } from '../../routes/resolve.ts';
import { exportFormat, writeExport } from '../../transfer/export-formats.ts';
import type { Entry } from '../../transfer/export-formats.ts';
import { requireInCopy } from '../../vault/core/partial-copy.ts';
import { nameIn } from '../../vault/secrets/find-secret.ts';
import type { Use } from '../../vault/uses/record-use.ts';
import type { View } from '../../vault/core/view.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { useValues } from '../common/use-values.ts';
import type { Export } from './declared.ts';

export const exportValues: Run<Export> = async (context, given) => {
  const environment = await askEnvironment(context, given.env, 'knox export -e ENV');
  const called = given.format ?? (context.isJson ? 'json' : 'dotenv');
  const format = exportFormat(called);
  const { names, asVersion: isByVersion, upper: isUpper } = given;
  const publicKey = await readPublicKey(context, given.publicKey);
  const title = given.title ?? 'knox';
  const guards = context.guards();
  const vault = await context.vault('key');
  const resolve = async (view: View, name: string): Promise<Resolved> =>
    resolveReference(view, requireReference(name), environment, null, guards);
  const exported = await useValues(context, vault, { consumer: 'export', log: given.useLog }, async (view) => {
    view.requireEnvironment(environment);
    vault.requireKeys();
    requireInCopy(view, environment);
    const found: (Entry & NamedSecret)[] = [];
    const uses: Use[] = [];
    const left: string[] = [];
    for (const { name, isNamed } of names.length > 0
      ? names.map((one) => ({ name: one, isNamed: true }))
      : await allNames(view, environment, isByVersion)) {
      const resolved = await resolve(view, name).catch((error: unknown) => {
        // Named, it is refused; among all of them, what is not released yet is not there.
        if (isNamed || !isKnoxError(error) || error.code !== 'unreleased') throw error;
        left.push(name);
        return null;
      });
      if (resolved === null) continue;
      const { record, value, usedIn } = resolved;
      const variable = variableName(isByVersion ? record.name : record.base, isUpper);
      found.push({ name: variable, secret: record.name, value: await view.decrypt(value) });
      uses.push({ name: record.name, realm: usedIn });
    }
    // Before the use is recorded: what cannot be written is not given out, and was no use.
    refuseMeeting(found, `give one of them, or ${isUpper ? 'drop --upper' : 'add --as-version'}`);
    const said: string[] = [];
    const bytes = writeExport(format, found, { name: title, publicKey, tell: (line) => said.push(line) });
    const others = names.length > 0 ? [] : await notTakenUp(view, environment);
    return { bytes, said, uses, notes: left, others };
  });
  for (const name of exported.notes)
    context.say(`note: ${name} is not released to ${environment} yet, and was left out`);
  if (exported.others.length > 0)
    context.say(`note: left out, since ${environment} has not taken them up: ${exported.others.join(', ')}`);
  const { bytes, said } = exported;
  // What those two print is a document already.
  if (context.isJson && called !== 'json' && called !== 'github')
    return { json: { format: called, output: bytes.toString('utf8'), masks: said } };
  for (const line of said) context.io.stderr.write(`${line}\n`);
  return { bytes };
};

/** Names of shared secrets that the environment has not taken up. */
async function notTakenUp(view: View, environment: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, state } of await view.all('name', SHARED))
    if (state === 'live' && (await nameIn(view, name, environment)) === null) found.push(name);
  return found;
}

/** Names of what resolves there: the version of each lineage that the environment is on, or with --as-version every live one. */
async function allNames(
  view: View,
  environment: string,
  isByVersion: boolean,
): Promise<{ name: string; isNamed: boolean }[]> {
  const live = (await view.all('name', environment))
    .filter(({ state }) => state === 'live')
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const names = isByVersion
    ? live.map(({ name }) => name)
    : new Map(live.map(({ base, name }) => [base, `${name}@current`])).values();
  return [...names].map((name) => ({ name, isNamed: false }));
}

async function readPublicKey(context: Context, file: string | null): Promise<{ key: string; key_id: string } | null> {
  if (file === null) return null;
  try {
    const { key, key_id } = JSON.parse((await context.readFile(file)).toString('utf8')) as Record<string, unknown>;
    if (typeof key === 'string' && typeof key_id === 'string') return { key, key_id };
  } catch (error) {
    if (isKnoxError(error)) throw error;
  }
  throw errors.invalid_value(`no public key in ${file}`, 'expected {"key_id": "…", "key": "…"}');
}
