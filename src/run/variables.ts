/** What `run` gives a program: variables from files and secrets, and files on a memory file system whose path a variable holds. */
import type { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { requireReference } from '../domain/secret-name.ts';
import { errors, isKnoxError } from '../errors.ts';
import { listed, listedError, renderBytes, SharedAnswers } from '../routes/render-route.ts';
import type { ListedProblem, PlacedProblem } from '../routes/render-route.ts';
import { resolveReference } from '../routes/resolve.ts';
import type { RoutePlace } from '../routes/resolve.ts';
import { formatOf, parseTemplate } from '../templates/template.ts';
import type { Placeholder } from '../templates/template.ts';
import type { Use } from '../vault/record-use.ts';
import type { View } from '../vault/view.ts';
import { readEnvFile } from './env-file.ts';

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
  /** Names that a file sets more than once, in words. */
  readonly duplicates: readonly string[];
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
  const collected: Collected = { view, request, shared: new SharedAnswers(), parts: [], problems: [], duplicates: [] };
  const fromFiles = await renderFiles(collected);
  const fromSecrets = await resolveSecrets(collected);
  const mounts = await renderMounts(collected);
  const { parts, problems, duplicates } = collected;
  if (problems.length > 0)
    throw listedError(problems, `nothing was started; see what there is: knox list --env ${request.environment}`);
  const variables = new Map([...fromFiles, ...fromSecrets]);
  for (const [name, value] of variables) requireVariable(name, value);
  const uses = parts.flatMap((part) => part.uses);
  return {
    variables,
    mounts,
    secrets: parts.flatMap(({ secrets }) => secrets),
    uses: [...new Map(uses.map((use) => [`${use.secret} ${use.environment}`, use])).values()],
    notes: [...new Set(parts.flatMap((part) => part.notes))],
    duplicates,
  };
}

interface Collected {
  readonly view: View;
  readonly request: Request;
  readonly shared: SharedAnswers;
  readonly parts: Part[];
  readonly problems: ListedProblem[];
  readonly duplicates: string[];
}

/** A later file wins over an earlier one. */
async function renderFiles({ view, request, shared, parts, problems, duplicates }: Collected) {
  const variables = new Map<string, Plaintext>();
  for (const { file, bytes, place } of request.files) {
    const env = readEnvFile({ file, bytes });
    problems.push(...env.problems.map(listed));
    for (const name of env.duplicates)
      duplicates.push(`${printable(file)} sets ${printable(name)} more than once: the last one counts`);
    for (const { name, text, placeholders } of env.variables) {
      const { environment, guards } = request;
      const bare = Buffer.from(text);
      const rendered = await renderBytes(view, {
        bytes: bare,
        format: 'text',
        environment,
        place,
        file,
        guards,
        shared,
      });
      if ('problems' in rendered) {
        problems.push(...rendered.problems.map((problem) => listed(inFile(problem, text, placeholders))));
        continue;
      }
      parts.push(rendered);
      variables.set(name, rendered.output);
    }
  }
  return variables;
}

/** From the place in a variable's own text to that in its file. */
function inFile(problem: PlacedProblem, text: string, inOrder: readonly Placeholder[]): PlacedProblem {
  const { placeholders } = parseTemplate(Buffer.from(text));
  const index = placeholders.findIndex(({ line, column }) => line === problem.line && column === problem.column);
  const { line, column } = inOrder[index] ?? problem;
  return { ...problem, line, column };
}

async function resolveSecrets({ view, request, parts, problems }: Collected) {
  const variables = new Map<string, Plaintext>();
  for (const [name, text] of request.secrets) {
    const reference = requireReference(text);
    try {
      const { secret, value, note } = await resolveReference(
        view,
        reference,
        request.environment,
        null,
        request.guards,
      );
      const plaintext = await view.decrypt(secret, value);
      const isHidden = !isExempt(secret.kind as Kind, 'masking');
      parts.push({
        secrets: isHidden ? [{ name: secret.name, value: plaintext }] : [],
        uses: [{ secret: secret.id, name: secret.name, environment: value.environment }],
        notes: note === null ? [] : [note],
      });
      variables.set(name, plaintext);
    } catch (error) {
      if (!isKnoxError(error) || error.code === 'vault_locked') throw error;
      problems.push({ code: error.code, where: `--secret ${name}`, message: error.message });
    }
  }
  return variables;
}

async function renderMounts({ view, request, shared, parts, problems }: Collected): Promise<Given['mounts']> {
  const mounts: { variable: string; file: string; content: Plaintext }[] = [];
  for (const [variable, { file, bytes, place }] of request.mounts) {
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
      `the value of ${name} is not UTF-8, and a variable takes nothing else`,
      'hand it over as a file: --mount VAR=FILE',
    );
  if (text.includes('\0'))
    throw errors.invalid_value(
      `the value of ${name} holds NUL, where a variable would end`,
      'hand it over as a file: --mount VAR=FILE',
    );
  if (Buffer.byteLength(name) + value.length + 2 > LONGEST_BYTES)
    throw errors.invalid_value(
      `the value of ${name} is longer than the 128 KiB that a variable can be`,
      'hand it over as a file: --mount VAR=FILE',
    );
}
