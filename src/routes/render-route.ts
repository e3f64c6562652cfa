/**
 * Rendering a template for one environment: every reference is resolved, every problem of every placeholder is listed with its place,
 * and with any problem there is no output.
 */
import type { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { maskText } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { Plaintext, reveal } from '../domain/plaintext.ts';
import { isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { applyFilters, parseTemplate, renderTemplate } from '../templates/template.ts';
import type { FormatName, Placeholder, Template } from '../templates/template.ts';
import { lineageNamed, requireSecret, requireValue } from '../vault/find-secret.ts';
import type { Use } from '../vault/record-use.ts';
import type { View } from '../vault/view.ts';
import { problemsError, told } from './problems.ts';
import type { PlacedProblem } from './problems.ts';
import { formatOfRoute, routeBytes } from './registrations.ts';
import type { Registration } from './registrations.ts';
import { resolveReference } from './resolve.ts';
import type { Resolved, RoutePlace } from './resolve.ts';

/** Holds values: never logged. */
export interface RenderedRoute {
  readonly output: Plaintext;
  /** The same with `[knox:NAME]` in the place of each value, for a screen. */
  readonly shown: () => Uint8Array;
  /** Everything that went in and is to be masked. */
  readonly secrets: MaskedSecret[];
  readonly uses: Use[];
  /** For the person, once each. */
  readonly notes: string[];
}

/** A value that is stored nowhere yet, for a version that is there already. */
export interface Trial {
  readonly secret: StoredRow<'secret'>;
  /** An environment, or `shared`. */
  readonly environment: string;
  readonly value: Plaintext;
}

/** Lineage id to the id of the version whose value is taken for every reference to it, or to the value itself. */
export type Instead = ReadonlyMap<string, string | Trial>;

/** What was resolved for one environment and is the same in every file: kept over the files of one run. Holds values: never logged. */
export class SharedAnswers {
  readonly #answers = new Map<string, Filled>();

  get(key: string): Filled | undefined {
    return this.#answers.get(key);
  }
  /** Keeps an answer that every file gets. */
  offer(key: string, answer: Filled): void {
    if (answer.isForAll) this.#answers.set(key, answer);
  }
}

export interface RenderRequest extends Rendering {
  readonly bytes: Uint8Array;
}

/** What a template is rendered for. */
export interface Rendering {
  /** Or `bytes`: a variable, whose value may turn out to be no text. */
  readonly format: FormatName | 'bytes';
  readonly environment: string;
  /** The registered route that this is, or null. */
  readonly place: RoutePlace | null;
  /** Its name in messages. */
  readonly file: string;
  readonly guards: Guards;
  readonly instead?: Instead | undefined;
  /** Of the other files of this run for the same environment; not with `instead`. */
  readonly shared?: SharedAnswers | undefined;
}

/** @throws vault_locked, io */
export async function renderBytes(
  view: View,
  request: RenderRequest,
): Promise<RenderedRoute | { readonly problems: PlacedProblem[] }> {
  const template = parse(request.bytes);
  if (isKnoxError(template)) {
    const { code, message } = template;
    return { problems: [{ code, file: request.file, line: 1, column: 1, message, hints: template.hints }] };
  }
  return renderParsed(view, template, request);
}

/** The same for a template that was read already. @throws vault_locked, io */
export async function renderParsed(
  view: View,
  template: Template,
  request: Rendering,
): Promise<RenderedRoute | { readonly problems: PlacedProblem[] }> {
  const { file, format } = request;
  const problems: PlacedProblem[] = [];
  const resolved = await resolveAll(view, template, request, problems);
  const notes = [...new Set([...resolved.values()].flatMap(({ note }) => note ?? []))];
  // With a value missing, the other problems of the file are told in the same go.
  const rendered = renderTemplate(template, format, (placeholder) => resolved.get(placeholder)?.text ?? null);
  if ('problems' in rendered) problems.push(...rendered.problems.map((problem) => ({ ...problem, file })));
  if (problems.length > 0 || 'problems' in rendered) {
    // What other files of this run may still need is left.
    for (const { text, isForAll } of resolved.values()) if (request.shared === undefined || !isForAll) text.wipe();
    return { problems: problems.toSorted((one, other) => one.line - other.line || one.column - other.column) };
  }
  const secrets = maskedOf(resolved);
  const { output } = rendered;
  const shown = (): Uint8Array => shownOutput(template, format, resolved) ?? maskText(output, secrets);
  return { output: new Plaintext(output), shown, secrets, uses: usesOf(resolved.values()), notes };
}

/** An error for what is no text at all. */
function parse(bytes: Uint8Array): Template | KnoxError {
  try {
    return parseTemplate(bytes);
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return error;
  }
}

type Filled = Omit<Resolved, 'value'> & { readonly text: Plaintext; readonly use: Use };

async function resolveAll(
  view: View,
  template: Template,
  request: Rendering,
  problems: PlacedProblem[],
): Promise<Map<Placeholder, Filled>> {
  const filled = new Map<Placeholder, Filled>();
  // A name that stands in many places is one question to the vault.
  const answers = new Map<string, Filled | KnoxError>();
  const { shared } = request;
  for (const placeholder of template.placeholders) {
    const { name, at, line, column } = placeholder;
    const key = `${name}@${at ?? ''}`;
    const answer = answers.get(key) ?? shared?.get(key) ?? (await answerOf(view, placeholder, request));
    answers.set(key, answer);
    if (!isKnoxError(answer)) shared?.offer(key, answer);
    if (isKnoxError(answer)) problems.push({ file: request.file, line, column, ...told(answer) });
    else filled.set(placeholder, answer);
  }
  return filled;
}

/** @throws vault_locked, and what is no failure of one placeholder */
async function answerOf(view: View, placeholder: Placeholder, request: Rendering): Promise<Filled | KnoxError> {
  try {
    const trial = await trialOf(view, placeholder, request);
    if (trial !== null) return trial;
    const { value, ...found } = await resolveOne(view, placeholder, request);
    const { id, name } = found.secret;
    const use = { secret: id, name, environment: value.environment };
    return { ...found, use, text: await view.decrypt(found.secret, value) };
  } catch (error) {
    if (!isKnoxError(error) || error.code === 'vault_locked') throw error;
    return error;
  }
}

async function resolveOne(view: View, { name, at }: Placeholder, request: Rendering): Promise<Resolved> {
  const { environment, place, guards, instead } = request;
  if (instead !== undefined) {
    const chosen = await chosenVersion(view, { name, at }, instead);
    if (chosen !== null) {
      return { secret: chosen, value: await requireValue(view, chosen, environment), note: null, isForAll: false };
    }
  }
  return resolveReference(view, { name, at }, environment, place, guards);
}

async function chosenVersion(
  view: View,
  placeholder: Pick<Placeholder, 'name' | 'at'>,
  instead: Instead,
): Promise<StoredRow<'secret'> | null> {
  const id = instead.get((await lineageOf(view, placeholder)) ?? '');
  return typeof id === 'string' ? view.get('secret', id) : null;
}

/** With @current the name is the lineage's: the version that had it may be long deleted. */
async function lineageOf(view: View, { name, at }: Pick<Placeholder, 'name' | 'at'>): Promise<string | undefined> {
  return at === null ? (await requireSecret(view, name)).lineage : lineageNamed(view, name);
}

/** A copy of the value that is to be tried here: what is rendered is wiped after its use. */
async function trialOf(view: View, placeholder: Placeholder, { instead }: Rendering): Promise<Filled | null> {
  const trial = instead?.get((await lineageOf(view, placeholder)) ?? '');
  if (trial === undefined || typeof trial === 'string') return null;
  const { secret, environment, value } = trial;
  const use = { secret: secret.id, name: secret.name, environment };
  return { secret, note: null, isForAll: false, use, text: new Plaintext(Uint8Array.from(reveal(value))) };
}

/** Values as they are and as their filters made them: a part of one, or its hexadecimal form, is to be hidden too. */
function maskedOf(resolved: ReadonlyMap<Placeholder, Filled>): MaskedSecret[] {
  const masked: MaskedSecret[] = [];
  const seen = new Set<Plaintext>();
  for (const [{ filters }, { secret, text }] of resolved) {
    if (isExempt(secret.kind as Kind, 'masking')) continue;
    if (!seen.has(text)) masked.push({ name: secret.name, value: text });
    seen.add(text);
    const filtered = filters.length === 0 ? null : applyFilters(filters, reveal(text));
    if (filtered !== null && 'bytes' in filtered)
      masked.push({ name: secret.name, value: new Plaintext(Buffer.from(filtered.bytes)) });
  }
  return masked;
}

/** The names where the values would stand; null where a filter needs the value itself, such as a part of it. */
function shownOutput(
  template: Template,
  format: FormatName | 'bytes',
  resolved: ReadonlyMap<Placeholder, Filled>,
): Uint8Array | null {
  const rendered = renderTemplate(template, format, (placeholder) => {
    const { secret, text } = resolved.get(placeholder)!;
    return isExempt(secret.kind as Kind, 'masking') ? text : Plaintext.fromText(`[knox:${secret.name}]`);
  });
  return 'output' in rendered ? rendered.output : null;
}

function usesOf(resolved: Iterable<Filled>): Use[] {
  const uses = new Map<string, Use>();
  for (const { use } of resolved) uses.set(`${use.secret} ${use.environment}`, use);
  return [...uses.values()];
}

/**
 * Renders a registered route.
 * @throws one error with the code of the gravest problem, whose message lists all of them as `FILE:LINE:COLUMN: …`
 */
export async function renderRegistration(
  view: View,
  root: string,
  registration: Registration,
  guards: Guards,
  instead?: Instead,
): Promise<RenderedRoute> {
  const { project, path, environment } = registration;
  const rendered = await renderBytes(view, {
    bytes: routeBytes(root, registration),
    format: formatOfRoute(registration),
    environment,
    place: { project, path },
    file: path,
    guards,
    instead,
  });
  if ('problems' in rendered) throw problemsError(rendered.problems, environment);
  return rendered;
}
