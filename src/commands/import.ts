/** `knox import`: the values of a file, all of them or none. What is there already with the same value is unchanged; with another, a conflict. */
import type { Handler } from '../declarations/command-spec.ts';
import { Guards } from '../domain/guards.ts';
import { parseKind } from '../domain/kinds.ts';
import { Plaintext, reveal } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { parseSecretName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { importFormat, readValues } from '../transfer/read-values.ts';
import type { ReadEntry } from '../transfer/read-values.ts';
import type { LongWork } from '../terminal/long-work.ts';
import { addValue } from '../vault/add-value.ts';
import type { Change } from '../vault/change.ts';
import { secretByName } from '../vault/find-secret.ts';
import { requireStorable } from '../vault/value-guards.ts';
import type { View } from '../vault/view.ts';
import { askEnvironment } from './ask-name.ts';

interface Sorted {
  readonly added: ReadEntry[];
  readonly unchanged: ReadEntry[];
  readonly conflicts: ReadEntry[];
}

const STDIN = '-';

export const importValues: Handler = async (context, args, options) => {
  const file = args[0]!;
  const environment = await askEnvironment(context, options['env'] as string | undefined, `knox import ${file} -e ENV`);
  const text = (key: string) => options[key] as string | undefined;
  const shown = file === STDIN ? 'stdin' : printable(file);
  const kind = text('kind') === undefined ? null : parseKind(text('kind')!);
  const entries = await readValues(file === STDIN ? await context.readStdin() : await context.readFile(file), {
    format: importFormat(text('format'), file),
    file: shown,
    prefix: text('prefix') ?? '',
    flatten: text('flatten') ?? null,
    expand: options['expand'] === true,
    skipEmpty: options['skipEmpty'] === true,
    warn: (code, message) => context.warn(code, message),
  });
  requireNames(entries, shown);
  const vault = await context.vault('key');
  vault.requireTrust();
  const isDry = options['dryRun'] === true;
  const sorted = await context.longWork('nothing was imported', async (step) => {
    const found = await vault.read((view) => sort(view, entries, environment, step));
    if (isDry || found.conflicts.length > 0 || found.added.length === 0) return { ...found, twins: [] };
    const twins = await vault.change((change) => addAll(change, found.added, { environment, kind, file, step }));
    return { ...found, twins };
  });
  for (const twin of sorted.twins) context.warn('same_value', twin);
  const { added, unchanged, conflicts } = sorted;
  const json = Object.fromEntries(
    Object.entries({ added, unchanged, conflicts }).map(([key, list]) => [key, list.map(({ name }) => name)]),
  );
  if (conflicts.length > 0) {
    const names = conflicts.map(({ name, line }) => `${name} (line ${line})`).join(', ');
    return {
      json,
      error: errors.value_exists(
        `${names}: another value is stored for ${environment}; nothing was imported`,
        `make a new version: knox rotate ${conflicts[0]!.name}`,
      ),
    };
  }
  const rows = Object.entries(json).flatMap(([state, names]) =>
    names.map((name) => [name, isDry && state === 'added' ? 'would be added' : state]),
  );
  return { json, table: { head: ['Name', 'State'], rows } };
};

/** @throws invalid_name listing all */
function requireNames(entries: readonly ReadEntry[], file: string): void {
  const bad = entries.filter(({ name }) => parseSecretName(name) === null);
  if (bad.length === 0) return;
  throw errors.invalid_name(
    bad.map(({ line }) => `${file}:${line} has a name that a secret can not have`).join('\n'),
    'a name has letters, digits, "_", "." and "-", and begins with a letter or "_"',
  );
}

async function sort(
  view: View,
  entries: readonly ReadEntry[],
  environment: string,
  step: LongWork['step'],
): Promise<Sorted> {
  view.requireEnvironment(environment);
  const sorted: Sorted = { added: [], unchanged: [], conflicts: [] };
  for (const [index, entry] of entries.entries()) {
    await step(`Comparing with the vault: ${index} of ${entries.length}`);
    const secret = await secretByName(view, entry.name);
    const value = secret === null ? null : await view.findOne('value', { secret: secret.id, environment });
    if (secret === null || (value === null && secret.scope !== 'shared')) sorted.added.push(entry);
    else if (value === null) sorted.conflicts.push(entry);
    else {
      const held = await view.decrypt(secret, value);
      const isSame = Buffer.from(reveal(held)).equals(Buffer.from(entry.value));
      held.wipe();
      (isSame ? sorted.unchanged : sorted.conflicts).push(entry);
    }
  }
  return sorted;
}

interface Adding {
  readonly environment: string;
  readonly kind: string | null;
  readonly file: string;
  readonly step: LongWork['step'];
}

/** One change for all. @returns what to warn of: values that another environment has too */
async function addAll(
  change: Change,
  entries: readonly ReadEntry[],
  { environment, kind, file, step }: Adding,
): Promise<string[]> {
  const twins: string[] = [];
  for (const [index, { name, value }] of entries.entries()) {
    await step(`Importing: ${index} of ${entries.length}`);
    const plaintext = Plaintext.fromText(value);
    requireStorable(plaintext);
    // A value that is in two environments is what the file says: told, and kept as a fact.
    const guards = new Guards(['same_value']);
    const more = { every: null, expiresAt: null, note: null, owner: null, base: null };
    await addValue(change, { name, environment, value: plaintext, kind, guards, ...more });
    if (guards.record() !== null)
      twins.push(`${name} for ${environment} has the value of another environment or version`);
    plaintext.wipe();
  }
  change.log({ action: 'import', environment, detail: { names: entries.map(({ name }) => name), file } });
  return twins;
}
