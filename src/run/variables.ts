/** What `run` gives a program: variables from files and secrets, and files on a memory file system whose path a variable holds. */
import type { WarningCode } from '../domain/reference/warnings.ts';
import type { Guards } from '../domain/guards.ts';
import { isKeyVariable } from '../domain/key-variables.ts';
import { isExempt } from '../domain/kinds.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { requireReference } from '../domain/secret-name.ts';
import { errors, isKnoxError } from '../errors.ts';
import { leftUndone, listed, listedError, told } from '../routes/problems.ts';
import type { ListedProblem } from '../routes/problems.ts';
import { renderBytes, renderParsed, SharedAnswers } from '../routes/render-route.ts';
import { resolveReference } from '../routes/resolve.ts';
import type { RoutePlace } from '../routes/resolve.ts';
import { formatOf, readDifferently, readEnvVariables } from '../templates/template.ts';
import type { EnvFile } from '../templates/template.ts';
import type { Use } from '../vault/uses/record-use.ts';
import type { View } from '../vault/core/view.ts';

/** A file that was read already. */
export interface GivenFile {
  readonly file: string;
  readonly bytes: Buffer;
  /** Where it lies under the root, or null. */
  readonly place: RoutePlace | null;
}

export interface Request {
  readonly environment: string;
  readonly guards: Guards;
  readonly files: readonly GivenFile[];
  /** Variable and reference. */
  readonly secrets: readonly (readonly [string, string])[];
  /** Variable and the file that it is to lead to. */
  readonly mounts: readonly (readonly [string, GivenFile])[];
}

/** Holds values: never logged. */
export interface Given {
  readonly variables: ReadonlyMap<string, Plaintext>;
  readonly mounts: readonly { readonly variable: string; readonly file: string; readonly content: Plaintext }[];
  readonly secrets: readonly MaskedSecret[];
  readonly uses: readonly Use[];
  readonly notes: readonly string[];
  readonly warnings: readonly Warning[];
}

interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

/** The most that Linux takes for one variable, its name, the sign and the end included. */
const LONGEST_BYTES = 131_072;

/** What went into a variable or a file. */
type Part = Pick<Given, 'secrets' | 'uses' | 'notes'>;

/**
 * @throws one error that lists every problem of every file and secret; usage where a reference is none; invalid_value where the system
 * takes no such variable
 */
export async function variablesOf(view: View, request: Request): Promise<Given> {
  const collected: Collected = { view, request, shared: new SharedAnswers(), parts: [], problems: [], warnings: [] };
  const fromFiles = await renderFiles(collected);
  const fromSecrets = await resolveSecrets(collected);
  const mounts = await renderMounts(collected);
  const { parts, problems, warnings } = collected;
  if (problems.length > 0)
    throw listedError(problems, ...leftUndone(problems, 'nothing was started', request.environment));
  const variables = new Map([...fromFiles, ...fromSecrets]);
  for (const [name, value] of variables) requireVariable(name, value);
  const uses = parts.flatMap((part) => part.uses);
  return {
    variables,
    mounts,
    secrets: parts.flatMap(({ secrets }) => secrets),
    uses: [...new Map(uses.map((use) => [`${use.name} ${use.realm}`, use])).values()],
    notes: [...new Set(parts.flatMap((part) => part.notes))],
    warnings,
  };
}

interface Collected {
  readonly view: View;
  readonly request: Request;
  readonly shared: SharedAnswers;
  readonly parts: Part[];
  readonly problems: ListedProblem[];
  readonly warnings: Warning[];
}

/** A later file wins over an earlier one. */
async function renderFiles(collected: Collected): Promise<Map<string, Plaintext>> {
  const { view, request, shared, parts, problems } = collected;
  const { environment, guards } = request;
  const variables = new Map<string, Plaintext>();
  for (const { file, bytes, place } of request.files) {
    const read = readFile(file, bytes);
    problems.push(...read.problems.map((problem) => listed({ ...problem, file })));
    collected.warnings.push(...fileWarnings(file, read));
    for (const { name, line, template } of read.variables) {
      if (isDropped(collected, name, `${printable(file)}:${line}`)) continue;
      const rendered = await renderParsed(view, template, {
        format: 'bytes',
        environment,
        place,
        file,
        guards,
        shared,
      });
      if ('problems' in rendered) {
        problems.push(...rendered.problems.map(listed));
        continue;
      }
      parts.push(rendered);
      variables.set(name, rendered.output);
    }
  }
  return variables;
}

function readFile(file: string, bytes: Uint8Array): EnvFile {
  try {
    return readEnvVariables(bytes);
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    const problem = { file, line: 1, column: 1, ...told(error) };
    return { variables: [], passedOver: [], doubtful: [], problems: [problem] };
  }
}

function fileWarnings(file: string, { variables, passedOver, doubtful }: EnvFile): Warning[] {
  const name = printable(file);
  const duplicates = [...Map.groupBy(variables, (one) => one.name)].filter(([, places]) => places.length > 1);
  return [
    ...passedOver.map((line) => ({
      code: 'line_passed_over' as const,
      message: `${name}:${line} is not NAME=VALUE and is ignored`,
    })),
    ...duplicates.map(([variable, places]) => ({
      code: 'duplicate_variable' as const,
      message: `${name} sets ${variable} more than once (lines ${places.map(({ line }) => line).join(', ')}): the last one counts`,
    })),
    ...readDifferently(name, doubtful),
  ];
}

/** What would open the vault is for knox alone. */
function isDropped({ warnings }: Pick<Collected, 'warnings'>, name: string, from: string): boolean {
  if (!isKeyVariable(name)) return false;
  warnings.push({
    code: 'key_variable',
    message: `${from}: ${name} is not passed to the command: it gives access to the key`,
  });
  return true;
}

async function resolveSecrets({ view, request, parts, problems, warnings }: Collected) {
  const variables = new Map<string, Plaintext>();
  for (const [name, text] of request.secrets) {
    if (isDropped({ warnings }, name, '--secret')) continue;
    const reference = requireReference(text);
    try {
      const found = await resolveReference(view, reference, request.environment, null, request.guards);
      const { record, value, usedIn, note } = found;
      const plaintext = await view.decrypt(value);
      parts.push({
        secrets: isExempt(record.kind, 'masking') ? [] : [{ name: record.name, value: plaintext }],
        uses: [{ name: record.name, realm: usedIn }],
        notes: note === null ? [] : [note],
      });
      variables.set(name, plaintext);
    } catch (error) {
      if (!isKnoxError(error) || error.code === 'vault_locked') throw error;
      problems.push({ ...told(error), where: `--secret ${name}` });
    }
  }
  return variables;
}

async function renderMounts({ view, request, shared, parts, problems, warnings }: Collected): Promise<Given['mounts']> {
  const mounts: { variable: string; file: string; content: Plaintext }[] = [];
  for (const [variable, { file, bytes, place }] of request.mounts) {
    if (isDropped({ warnings }, variable, '--mount')) continue;
    const { environment, guards } = request;
    const format = formatOf(file);
    const rendered = await renderBytes(view, { bytes, format, environment, place, file, guards, shared });
    if ('problems' in rendered) {
      problems.push(...rendered.problems.map(listed));
      continue;
    }
    parts.push(rendered);
    mounts.push({ variable, file, content: rendered.output });
  }
  return mounts;
}

/** A program must not start with another value than was meant. @throws invalid_value */
function requireVariable(name: string, value: Plaintext): void {
  const text = revealText(value);
  if (text === null)
    throw errors.invalid_value(
      `the value of ${name} is not UTF-8 and cannot be passed in a variable`,
      'pass it as a file: --mount VAR=FILE',
    );
  if (text.includes('\0'))
    throw errors.invalid_value(
      `the value of ${name} has a NUL byte and cannot be passed in a variable`,
      'pass it as a file: --mount VAR=FILE',
    );
  if (Buffer.byteLength(name) + value.length + 2 > LONGEST_BYTES)
    throw errors.invalid_value(
      `the value of ${name} is longer than 128 KiB, the limit of a variable`,
      'pass it as a file: --mount VAR=FILE',
    );
}
