/**
 * Rendering a template for one environment: every reference is resolved, every problem of every placeholder is listed with its place,
 * and with any problem there is no output.
 */
import type { Guards } from '../domain/guards.ts';
import { isExempt } from '../domain/kinds.ts';
import { maskText } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { Plaintext, reveal } from '../domain/plaintext.ts';
import { isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { applyFilters, parseTemplate, renderTemplate } from '../templates/template.ts';
import type { FormatName, Placeholder, Template } from '../templates/template.ts';
import { lineageOf, valueOfRecord } from '../vault/secrets/find-secret.ts';
import type { Use } from '../vault/uses/record-use.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord, RouteRecord } from '../vault/records/kinds.ts';
import { problemsError, told } from './problems.ts';
import type { PlacedProblem } from './problems.ts';
import { formatOfRoute, routeBytes } from './route-records.ts';
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
  /** Realms that a value came from. */
  readonly sources: readonly string[];
  /** For the person, once each. */
  readonly notes: string[];
}

/** A value that is stored nowhere yet, for a version that is there already. */
export interface Trial {
  /** What the environment says of the version. */
  readonly record: NameRecord;
  readonly value: Plaintext;
}

/** A lineage's base to the version whose value is taken for every reference to it, or to the value itself. */
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
  const sources = [...new Set([...resolved.values()].map(({ source }) => source))];
  return { output: new Plaintext(output), shown, secrets, uses: usesOf(resolved.values()), sources, notes };
}

/** An error for what is not text at all. */
function parse(bytes: Uint8Array): Template | KnoxError {
  try {
    return parseTemplate(bytes);
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return error;
  }
}

interface Filled extends Omit<Resolved, 'value' | 'usedIn'> {
  readonly text: Plaintext;
  readonly use: Use;
  /** The realm that the value stands in: the environment, or `shared`. */
  readonly source: string;
}

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

/** @throws vault_locked, and what is not a failure of one placeholder */
async function answerOf(view: View, placeholder: Placeholder, request: Rendering): Promise<Filled | KnoxError> {
  try {
    const chosen = await chosenFor(view, placeholder, request);
    // A copy of a value that is to be tried here: what is rendered is wiped after its use.
    if (chosen !== null && 'text' in chosen) return chosen;
    const { environment, place, guards } = request;
    const found = chosen ?? (await resolveReference(view, placeholder, environment, place, guards));
    const { record, value, usedIn, note, isForAll } = found;
    const use = { name: record.name, realm: usedIn };
    return { record, note, isForAll, use, source: value.realm, text: await view.decrypt(value) };
  } catch (error) {
    if (!isKnoxError(error) || error.code === 'vault_locked') throw error;
    return error;
  }
}

/** The version that is taken here in place of the one that is named, or the value that is tried. */
async function chosenFor(
  view: View,
  { name }: Placeholder,
  { instead, environment }: Rendering,
): Promise<Resolved | Filled | null> {
  if (instead === undefined || instead.size === 0) return null;
  // The name is the lineage's: the version that had it may be long deleted.
  const lineage = await lineageOf(view, name, environment);
  const chosen = lineage === null ? undefined : instead.get(lineage.base);
  if (chosen === undefined) return null;
  if (typeof chosen !== 'string') {
    const { record, value } = chosen;
    const use = { name: record.name, realm: environment };
    const text = new Plaintext(Uint8Array.from(reveal(value)));
    const source = record.shared === null ? environment : SHARED;
    return { record, note: null, isForAll: false, use, source, text };
  }
  const version = await view.get('name', environment, chosen);
  if (version === null) return null;
  view.ring?.realmKey(environment);
  return { ...(await valueOfRecord(view, version)), note: null, isForAll: false };
}

/** Values as they are and as their filters made them: a part of one, or its hexadecimal form, is to be hidden too. */
function maskedOf(resolved: ReadonlyMap<Placeholder, Filled>): MaskedSecret[] {
  const masked: MaskedSecret[] = [];
  const seen = new Set<Plaintext>();
  for (const [{ filters }, { record, text }] of resolved) {
    // By what the environment itself says of it.
    if (isExempt(record.kind, 'masking')) continue;
    if (!seen.has(text)) masked.push({ name: record.name, value: text });
    seen.add(text);
    const filtered = filters.length === 0 ? null : applyFilters(filters, reveal(text));
    if (filtered !== null && 'bytes' in filtered)
      masked.push({ name: record.name, value: new Plaintext(Buffer.from(filtered.bytes)) });
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
    const { record, text } = resolved.get(placeholder)!;
    return isExempt(record.kind, 'masking') ? text : Plaintext.fromText(`[knox:${record.name}]`);
  });
  return 'output' in rendered ? rendered.output : null;
}

function usesOf(resolved: Iterable<Filled>): Use[] {
  const uses = new Map<string, Use>();
  for (const { use } of resolved) uses.set(`${use.name} ${use.realm}`, use);
  return [...uses.values()];
}

/**
 * Renders a registered route.
 * @throws one error with the code of the gravest problem, whose message lists all of them as `FILE:LINE:COLUMN: …`
 */
export async function renderRoute(
  view: View,
  root: string,
  route: RouteRecord,
  guards: Guards,
  instead?: Instead,
): Promise<RenderedRoute> {
  const { project, path, realm: environment } = route;
  const rendered = await renderBytes(view, {
    bytes: routeBytes(root, route),
    format: formatOfRoute(route),
    environment,
    place: { project, path },
    file: path,
    guards,
    instead,
  });
  if ('problems' in rendered) throw problemsError(rendered.problems, environment);
  return rendered;
}
