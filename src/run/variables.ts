/** What `run` gives a program: variables from files and secrets, and files on a memory file system whose path a variable holds. */
import { parseEnv } from 'node:util';
import type { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { requireReference } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { problemsError, renderBytes } from '../routes/render-route.ts';
import type { PlacedProblem } from '../routes/render-route.ts';
import { resolveReference } from '../routes/resolve.ts';
import type { RoutePlace } from '../routes/resolve.ts';
import { formatOf, parseTemplate } from '../templates/template.ts';
import type { Use } from '../vault/record-use.ts';
import type { View } from '../vault/view.ts';

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
}

/** The most that Linux takes for one variable, its name, the sign and the end included. */
const LONGEST_BYTES = 131_072;

/** @throws what rendering throws, usage, invalid_value */
export async function variablesOf(view: View, request: Request): Promise<Given> {
  const variables = new Map<string, Plaintext>();
  const parts: Pick<Given, 'secrets' | 'uses' | 'notes'>[] = [];
  const problems: PlacedProblem[] = [];
  for (const file of request.files) {
    for (const [name, text] of Object.entries(readEnvFile(file))) {
      const rendered = await renderBytes(view, {
        bytes: Buffer.from(text),
        format: 'text',
        environment: request.environment,
        place: file.place,
        file: `${file.file} (${name})`,
        guards: request.guards,
      });
      if ('problems' in rendered) problems.push(...rendered.problems);
      else {
        parts.push(rendered);
        variables.set(name, rendered.output);
      }
    }
  }
  if (problems.length > 0) throw problemsError(problems, request.environment);
  for (const [name, text] of request.secrets) {
    const { secret, value, note } = await resolveReference(
      view,
      requireReference(text),
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
  }
  for (const [name, value] of variables) requireVariable(name, value);
  const mounts = await mountsOf(view, request, parts);
  return {
    variables,
    mounts,
    secrets: parts.flatMap(({ secrets }) => secrets),
    uses: [
      ...new Map(parts.flatMap(({ uses }) => uses).map((use) => [`${use.secret} ${use.environment}`, use])).values(),
    ],
    notes: [...new Set(parts.flatMap(({ notes }) => notes))],
  };
}

/** The text of an env file, read by Node's own rules before anything is filled in: a value is never read for quotes or comments. */
function readEnvFile({ file, bytes }: GivenFile): Record<string, string> {
  const { text, problems } = parseTemplate(bytes);
  if (problems.length > 0) {
    const lines = problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
    throw errors.template_invalid(lines.join('\n'));
  }
  return { ...(parseEnv(text) as Record<string, string>) };
}

async function mountsOf(
  view: View,
  request: Request,
  parts: Pick<Given, 'secrets' | 'uses' | 'notes'>[],
): Promise<Given['mounts']> {
  const mounts: { variable: string; file: string; content: Plaintext }[] = [];
  for (const [variable, given] of request.mounts) {
    const rendered = await renderBytes(view, {
      bytes: given.bytes,
      format: formatOf(given.file),
      environment: request.environment,
      place: given.place,
      file: given.file,
      guards: request.guards,
    });
    if ('problems' in rendered) throw problemsError(rendered.problems, request.environment);
    parts.push(rendered);
    mounts.push({ variable, file: given.file, content: rendered.output });
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
