/** `knox import`: the values of a file, all of them or none. What is there already with the same value is unchanged; with another, a conflict. */
import type { Run } from '../../command-line/command.ts';
import type { Guards } from '../../domain/guards.ts';
import { SHARED } from '../../domain/environment-name.ts';
import type { Kind } from '../../domain/kinds.ts';
import { isPlainSetting } from '../../domain/plain-setting.ts';
import { Plaintext, reveal } from '../../domain/plaintext.ts';
import { printable } from '../../domain/printable.ts';
import { parseSecretName } from '../../domain/secret-name.ts';
import { errors, isKnoxError } from '../../errors.ts';
import { listedError } from '../../routes/problems.ts';
import type { ListedProblem } from '../../routes/problems.ts';
import { importFormat, readValues } from '../../transfer/read-values.ts';
import type { ReadEntry } from '../../transfer/entries.ts';
import type { LongWork } from '../../terminal/long-work.ts';
import { addValue } from '../../vault/secrets/add-value.ts';
import type { Change } from '../../vault/core/change.ts';
import { nameIn } from '../../vault/secrets/find-secret.ts';
import { requireStorable } from '../../vault/secrets/value-guards.ts';
import type { View } from '../../vault/core/view.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { routeFor } from '../common/route-for.ts';
import type { Import } from './declared.ts';

interface Sorted {
  readonly added: ReadEntry[];
  readonly unchanged: ReadEntry[];
  readonly conflicts: ReadEntry[];
}

const STDIN = '-';

export const importValues: Run<Import> = async (context, given) => {
  const { file, kind } = given;
  const environment = await askEnvironment(context, given.env, `knox import ${file} -e ENV`);
  const shown = file === STDIN ? 'stdin' : printable(file);
  const entries = await readValues(file === STDIN ? await context.readStdin() : await context.readFile(file), {
    format: importFormat(given.format, file),
    file: shown,
    prefix: given.prefix ?? '',
    flatten: given.flatten,
    expand: given.expand,
    skipEmpty: given.skipEmpty,
    warn: (code, message) => context.warn(code, message),
  });
  requireNames(entries, shown);
  const vault = await context.vault('key');
  vault.requireTrust();
  const isDry = given.dryRun;
  const guards = context.guards();
  const { sorted, twins, settings } = await context.longWork('nothing was imported', async (step) => {
    const adding = { environment, kind, file: shown, guards, step };
    return rehearsed(async () =>
      vault.change(async (change) => {
        const found = await sort(change, entries, environment, step);
        if (found.conflicts.length > 0 || found.added.length === 0) return { sorted: found, twins: [], settings: [] };
        const done = { sorted: found, ...(await addAll(change, found.added, adding)) };
        if (isDry) throw new Rehearsal(done);
        return done;
      }),
    );
  });
  for (const twin of twins) context.warn('same_value', twin);
  const { added, unchanged, conflicts } = sorted;
  const json = Object.fromEntries(
    Object.entries({ added, unchanged, conflicts }).map(([key, list]) => [key, list.map(({ name }) => name)]),
  );
  if (conflicts.length > 0) {
    const lines = conflicts.map(
      ({ name, line }) => `${shown}:${line} ${name}: another value is stored for ${environment}`,
    );
    return {
      json,
      error: errors.value_exists(
        lines.join('\n'),
        `nothing was imported; make a new version: knox rotate ${conflicts[0]!.name}`,
      ),
    };
  }
  if (settings.length > 0)
    context.say(
      `note: plain settings, not secrets (kind config): ${settings.join(', ')}. If one is a secret: knox set NAME --kind standard`,
    );
  const rows = Object.entries(json).flatMap(([state, names]) =>
    names.map((name) => [name, isDry && state === 'added' ? 'would be added' : state]),
  );
  const first = added[0]?.name;
  const next = first === undefined ? null : isDry ? 'the same without --dry-run' : routeFor(first, environment);
  return { json, table: { head: ['Name', 'State'], rows }, next };
};

interface Imported {
  readonly sorted: Sorted;
  /** What to warn of: values that another environment has too. */
  readonly twins: string[];
  /** Names that are taken for plain settings. */
  readonly settings: string[];
}

/** Thrown where everything was done as the run would do it: the change is undone, and what it would have made is told. */
class Rehearsal extends Error {
  readonly result: Imported;
  constructor(result: Imported) {
    super('a dry run');
    this.result = result;
  }
}

async function rehearsed(work: () => Promise<Imported>): Promise<Imported> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Rehearsal) return error.result;
    throw error;
  }
}

/** @throws invalid_name listing all */
function requireNames(entries: readonly ReadEntry[], file: string): void {
  const bad = entries.filter(({ name }) => parseSecretName(name) === null);
  if (bad.length === 0) return;
  throw errors.invalid_name(
    bad.map(({ line }) => `${file}:${line} has a name that is not valid for a secret`).join('\n'),
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
    const own = await nameIn(view, entry.name, environment);
    const value = own === null ? null : await view.valueOf(own);
    const isShared = own === null ? (await nameIn(view, entry.name, SHARED)) !== null : own.shared !== null;
    if (isShared) sorted.conflicts.push(entry);
    else if (value === null) sorted.added.push(entry);
    else {
      // What does not open is not the same, and stays until it is deleted.
      const held = await view.decryptIfWhole(value);
      const isSame = held !== null && Buffer.from(reveal(held)).equals(Buffer.from(entry.value));
      held?.wipe();
      (isSame ? sorted.unchanged : sorted.conflicts).push(entry);
    }
  }
  return sorted;
}

interface Adding {
  readonly environment: string;
  readonly kind: Kind | null;
  readonly file: string;
  readonly guards: Guards;
  readonly step: LongWork['step'];
}

/** One change for all. @throws one error that lists each entry that cannot be stored, with its line */
async function addAll(
  change: Change,
  entries: readonly ReadEntry[],
  { environment, kind, file, guards: given, step }: Adding,
): Promise<Pick<Imported, 'twins' | 'settings'>> {
  const twins: string[] = [];
  const settings: string[] = [];
  const problems: ListedProblem[] = [];
  const hints = new Set<string>();
  for (const [index, { name, value, line }] of entries.entries()) {
    await step(`Importing: ${index} of ${entries.length}`);
    const isSetting = kind === null && isPlainSetting(name, value);
    const plaintext = Plaintext.fromText(value);
    // A value that is in two environments is what the file says: told, and kept as a fact.
    const guards = given.with('same_value');
    try {
      requireStorable(plaintext);
      const added = await addValue(change, {
        name,
        environment,
        value: plaintext,
        kind: isSetting ? 'config' : kind,
        guards,
        every: null,
        expiresAt: null,
        note: null,
        owner: null,
        base: null,
      });
      if (isSetting && added.record.kind === 'config') settings.push(name);
    } catch (error) {
      if (!isKnoxError(error) || ![2, 6, 7].includes(error.exit)) throw error;
      problems.push({ code: error.code, where: `${file}:${line} ${name}`, message: error.message });
      for (const hint of error.hints) hints.add(hint);
    }
    if (guards.record()?.forced.includes('same_value') === true)
      twins.push(`${name} for ${environment} has the value of another environment or version`);
    plaintext.wipe();
  }
  if (problems.length > 0) throw listedError(problems, 'nothing was imported', ...hints);
  change.log({ action: 'import', environment, detail: { names: entries.map(({ name }) => name), file } });
  return { twins, settings };
}
