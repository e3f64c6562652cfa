/** The source of a secret in one environment (or `shared`), ready to be asked, and what it is asked about. */
import type { Guards } from '../domain/guards.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { problemsError } from '../routes/problems.ts';
import { renderBytes } from '../routes/render-route.ts';
import { guarded } from '../sources/guarded.ts';
import { sourceKind } from '../sources/kinds.ts';
import { reachOf } from '../sources/reach.ts';
import type { Credential, Source, SourceRequest, SourceServices } from '../sources/source.ts';
import { parseTemplate, refusePlaceholders } from '../templates/template.ts';
import type { View } from '../vault/core/view.ts';
import type { SourceRecord } from '../vault/records/kinds.ts';
import type { CommandGate } from '../vault/gate/command-gate.ts';
import { valueAt } from './offered.ts';

export interface SourceAt {
  readonly kind: string;
  readonly source: Source;
  readonly request: SourceRequest;
}

export interface Asking {
  readonly services: SourceServices & { readonly gate: CommandGate };
  readonly guards: Guards;
  /** Name of the version that stands for the secret itself in options that follow it; else the one that the environment is on. */
  readonly as?: string | null;
}

/** The source of a secret in an environment (or `shared`), ready to be asked; null where a person makes its values. */
export async function sourceAt(
  view: View,
  base: string,
  environment: string,
  asking: Asking,
): Promise<SourceAt | null> {
  const record = await view.get('source', environment, base);
  const load = record === null ? null : sourceKind(record.kind).load;
  if (record === null || load === null) return null;
  const { options, secrets, following, sent } = await renderOptions(view, record, asking);
  const request = {
    secret: base,
    environment,
    rotation: null,
    attempt: null,
    replacement: null,
    options,
    following,
    secrets,
    services: asking.services,
  };
  const reach = reachOf(record.kind, options);
  const source = await load();
  if (reach === null) return { kind: record.kind, source, request };
  const name = `the source of ${base} for ${environment}`;
  const allow = () => asking.services.gate.requireAllowed({ record, name, sent, ...reach });
  return { kind: record.kind, source: guarded(source, allow), request };
}

/** @throws what rendering throws: one error for all options */
async function renderOptions(
  view: View,
  { base, kind, realm: environment, options: texts }: SourceRecord,
  { guards, as = null }: Asking,
) {
  const options = new Map<string, Plaintext>();
  const secrets: MaskedSecret[] = [];
  const following = new Set<string>();
  refuseInShell(kind, texts);
  const sent = new Set([environment]);
  for (const [name, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text, 'utf8');
    if (follows(text, base)) following.add(name);
    const rendered = await renderBytes(view, {
      bytes,
      format: 'text',
      environment,
      place: null,
      file: `option ${name}`,
      guards,
      ...(as === null || !following.has(name) ? {} : { instead: new Map([[base, as]]) }),
    });
    if ('problems' in rendered) throw problemsError(rendered.problems, environment);
    options.set(name, rendered.output);
    secrets.push(...rendered.secrets);
    for (const realm of rendered.sources) sent.add(realm);
  }
  return { options, secrets, following, sent: [...sent] };
}

/** @throws invalid_value for a placeholder in what the shell runs */
export function refuseInShell(kind: string, options: Readonly<Record<string, string>>): void {
  for (const name of sourceKind(kind).shell ?? [])
    refusePlaceholders(
      `the option ${name}`,
      options[name] ?? '',
      'give it in an option of its own, which the program gets on stdin: --option KEY={{secret:NAME}}',
    );
}

function follows(text: string, base: string): boolean {
  const { placeholders } = parseTemplate(Buffer.from(text, 'utf8'));
  return placeholders.length === 1 && placeholders[0]!.at === 'current' && placeholders[0]!.name === base;
}

/** A version's value there, and what its source calls it; null where there is none. */
export async function credentialAt(view: View, name: string, environment: string): Promise<Credential | null> {
  const found = await valueAt(view, name, environment);
  return found === null ? null : { value: await view.decrypt(found.value), handle: found.value.facts.handle ?? null };
}

/**
 * Whether a person makes the values, or of which kind the source is: for the part of the rotation of each environment.
 * @param place where the environment has its values: itself, or `shared`
 */
export async function kindOfSource(view: View, bases: readonly string[], place: string): Promise<string> {
  for (const base of bases) {
    const record = await view.get('source', place, base);
    if (record !== null) return record.kind;
  }
  return 'manual';
}
