/** A rotation's dealings with the source of a secret: which one it is in an environment, what it is asked with, what it is asked about. */
import type { Guards } from '../domain/guards.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import { problemsError } from '../routes/problems.ts';
import { renderBytes } from '../routes/render-route.ts';
import { sourceKind } from '../sources/kinds.ts';
import { NothingMade, UNSUPPORTED } from '../sources/source.ts';
import type { Created, Credential, Overlap, Source, SourceRequest, SourceServices } from '../sources/source.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Change } from '../vault/change.ts';
import { requireValue } from '../vault/find-secret.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import { parseTemplate, refusePlaceholders } from '../templates/template.ts';
import type { Work } from './types.ts';

type RotationSecret = StoredRow<'rotation_secret'>;

export interface SourceAt {
  readonly kind: string;
  readonly source: Source;
  readonly request: SourceRequest;
}

interface Asking {
  readonly services: SourceServices;
  readonly guards: Guards;
  /** The version that stands for the secret itself in options that follow it; else the one that the environment is on. */
  readonly as?: string | null;
}

/** The source of a secret in an environment (or `shared`), ready to be asked; null where a person makes its values. */
export async function sourceAt(
  view: View,
  secret: { readonly lineage: string; readonly base: string },
  environment: string,
  asking: Asking,
): Promise<SourceAt | null> {
  const row = await view.findOne('source', { lineage: secret.lineage, environment });
  const load = row === null ? null : sourceKind(row.kind).load;
  if (row === null || load === null) return null;
  const { options, secrets, following } = await renderOptions(view, row, secret, asking);
  const request = {
    secret: secret.base,
    environment,
    rotation: null,
    attempt: null,
    replacement: null,
    options,
    following,
    secrets,
    services: asking.services,
  };
  return { kind: row.kind, source: await load(), request };
}

/** @throws what rendering throws: one error for all options */
async function renderOptions(
  view: View,
  row: StoredRow<'source'>,
  { lineage, base }: { readonly lineage: string; readonly base: string },
  { guards, as = null }: Asking,
) {
  const options = new Map<string, Plaintext>();
  const secrets: MaskedSecret[] = [];
  const following = new Set<string>();
  const given = JSON.parse(row.options) as Record<string, string>;
  refuseInShell(row.kind, given);
  for (const [name, text] of Object.entries(given)) {
    const bytes = Buffer.from(text, 'utf8');
    if (follows(text, base)) following.add(name);
    const rendered = await renderBytes(view, {
      bytes,
      format: 'text',
      environment: row.environment,
      place: null,
      file: `option ${name}`,
      guards,
      ...(as === null || !following.has(name) ? {} : { instead: new Map([[lineage, as]]) }),
    });
    if ('problems' in rendered) throw problemsError(rendered.problems, row.environment);
    options.set(name, rendered.output);
    secrets.push(...rendered.secrets);
  }
  return { options, secrets, following };
}

/** @throws invalid_value for a placeholder in what the shell runs */
export function refuseInShell(kind: string, options: Readonly<Record<string, string>>): void {
  for (const name of sourceKind(kind).shell ?? [])
    refusePlaceholders(
      `the option ${name}`,
      options[name] ?? '',
      'give it in an option of its own, which the program gets on its stdin: --option KEY={{secret:NAME}}',
    );
}

function follows(text: string, base: string): boolean {
  const { placeholders } = parseTemplate(Buffer.from(text, 'utf8'));
  return placeholders.length === 1 && placeholders[0]!.at === 'current' && placeholders[0]!.name === base;
}

/** A version's value there, and what its source calls it; null where there is none. */
export async function credentialAt(view: View, secret: string, environment: string): Promise<Credential | null> {
  const row = await view.get('secret', secret);
  if (row === null || (await view.findOne('value', { secret, environment })) === null) return null;
  const value = await requireValue(view, row, environment);
  const { handle } = JSON.parse(value.facts) as { handle?: unknown };
  return { value: await view.decrypt(row, value), handle: typeof handle === 'string' ? handle : null };
}

/** The rotation's record that a place goes by: a shared value's is that of the first environment. */
function recordOf({ rotation }: Work, secret: RotationSecret, environment: string): StoredRow<'rotation_environment'> {
  const name = environment === SHARED ? rotation.environments[0]! : environment;
  return rotation.record(secret.lineage, name)!;
}

function servicesOf({ services, sleep, vault, guide }: Work): SourceServices {
  return { ...services, sleep, now: () => vault.now(), warn: (code, text) => guide.warn(code, text) };
}

/** A new value from the source. The attempt is written down before it is asked. @returns null where there is no source */
export async function askSource(
  work: Work,
  secret: RotationSecret,
  environment: string,
): Promise<(Created & { readonly kind: string }) | null> {
  const { vault, rotation, guide, answers } = work;
  const found = await vault.read(async (view) => {
    const at = await sourceAt(view, secret, environment, { services: servicesOf(work), guards: answers.guards });
    return at === null ? null : { ...at, old: await credentialAt(view, secret.from_secret, environment) };
  });
  if (found === null) return null;
  const { kind, source, old } = found;
  const ask = (attempt: string) => ({ ...found.request, rotation: rotation.id, attempt });
  const where = `${secret.base} for ${environment}`;
  let { attempt } = recordOf(work, secret, environment);
  if (attempt !== null) {
    const lost = await source.find(ask(attempt));
    if (lost !== null && lost !== UNSUPPORTED) {
      guide.note(`Found again what the attempt before had made: the new value of ${where}`);
      return { ...lost, kind };
    }
    if (lost === UNSUPPORTED) {
      if (source.isSpending?.(found.request) === true) await requireSecondTry(work, secret, environment);
      guide.warn(
        'attempt_lost',
        `an attempt to make a value of ${where} did not end well (${attempt}), and its source can not tell what became of it: look there for a credential that nobody uses`,
      );
      attempt = null;
    }
  }
  attempt ??= await writeAttempt(work, secret, environment, kind);
  guide.note(`Asking the source (${kind}) for the new value of ${where}`);
  try {
    const created = await source.create(ask(attempt), old);
    for (const note of created.notes) guide.note(note);
    return { ...created, kind };
  } catch (error) {
    if (!(error instanceof NothingMade)) throw error;
    await putAttempt(work, secret, environment, { source: kind, refused: attempt }, () => null);
    throw error.reason;
  }
}

/** Whether a person wants what may cost the old value its life. @throws source_failed */
async function requireSecondTry(
  { rotation, answers, guide }: Work,
  secret: RotationSecret,
  environment: string,
): Promise<void> {
  if (answers.confirm.has('generate')) return;
  const lines = [
    `The answer to the attempt before was lost: ${secret.from_name} for ${environment} may be used up.`,
    'A provider that sees a token used twice may take it for stolen, and end everything that came of it, the one in use too.',
    'Many let the same token pass again within some seconds, or have not seen the first try at all.',
  ];
  const question = 'Try again with the same token?';
  if ((await guide.vouch({ step: 'generate', question, lines })) === true) return;
  const { base } = rotation.secrets[0]!;
  throw errors.source_failed(
    `the answer to the attempt to renew ${secret.from_name} for ${environment} was lost: it may be used up. The one in use works until it runs out`,
    `sign in again and give what you get: knox rotate ${base} --value-file ${environment}=FILE`,
    `or try once more with the same token, which the provider may take for stolen: knox rotate ${base} --confirm generate`,
  );
}

async function writeAttempt(work: Work, secret: RotationSecret, environment: string, kind: string): Promise<string> {
  const lost = recordOf(work, secret, environment).attempt;
  const detail = { source: kind, ...(lost === null ? {} : { lost }) };
  return putAttempt(work, secret, environment, detail, (change) => change.newId());
}

async function putAttempt<T extends string | null>(
  work: Work,
  secret: RotationSecret,
  environment: string,
  detail: Record<string, unknown>,
  attemptOf: (change: Change) => T,
): Promise<T> {
  const { entry: _entry, tag: _tag, ...row } = recordOf(work, secret, environment);
  const entry = { action: 'rotation-attempt', environment: row.environment, detail };
  return work.rotation.change(entry, async (change) => {
    const attempt = attemptOf(change);
    await change.put('rotation_environment', { ...row, attempt });
    return attempt;
  });
}

/** Whether its source makes a value right before it is used there, and not in step 2. */
export async function isDeferred({ vault }: Work, { lineage }: RotationSecret, environment: string): Promise<boolean> {
  const row = await vault.read((view) => view.findOne('source', { lineage, environment }));
  return row !== null && sourceKind(row.kind).isDeferred === true;
}

/** Whether a value of the rotation is made right before its update. */
export async function hasDeferred(work: Work): Promise<boolean> {
  const { rotation } = work;
  for (const secret of rotation.secrets) {
    for (const environment of rotation.placesOf(secret)) if (await isDeferred(work, secret, environment)) return true;
  }
  return false;
}

/** Environments where getting the new value used the old one up: there is no way back to it. */
export async function consumedPlaces({ rotation, vault }: Work): Promise<string[]> {
  return vault.read(async (view) => {
    const consumed: string[] = [];
    for (const secret of rotation.secrets) {
      for (const environment of rotation.placesOf(secret)) {
        const row = await view.findOne('value', { secret: secret.to_secret, environment });
        if (row !== null && (JSON.parse(row.facts) as { consumesOld?: unknown }).consumesOld === true)
          consumed.push(environment);
      }
    }
    return consumed;
  });
}

/** The window is never longer than old and new live side by side. */
export async function capWindow({ rotation, guide }: Work, overlap: Overlap | null): Promise<void> {
  if (overlap === null || overlap === 'unlimited') return;
  const seconds = overlap === 'none' ? 0 : overlap;
  if (rotation.options.overlap !== undefined && rotation.options.overlap <= seconds) return;
  if (overlap === 'none') guide.warn('no_overlap', 'old and new do not live side by side: production is not watched');
  const window = Math.min(rotation.row.window, seconds);
  const options = JSON.stringify({ ...rotation.options, overlap: seconds });
  await rotation.change({ action: 'rotation-options', detail: { window, overlap } }, (change) =>
    rotation.putTerms(change, { window, options }),
  );
}

/** One old value that got a new one, and its source. */
export interface Replaced {
  readonly secret: RotationSecret;
  /** An environment, or `shared`. */
  readonly environment: string;
  readonly kind: string;
  readonly source: Source;
  /** For the old value; its replacement is the new one. */
  readonly request: SourceRequest;
  readonly old: Credential;
  readonly fresh: Credential | null;
}

/** Every place whose value was replaced and that has a source. @param by whose credential acts where an option is the secret itself */
export async function replacedPlaces(work: Work, by: 'old' | 'fresh' = 'fresh'): Promise<Replaced[]> {
  const { rotation, vault, answers } = work;
  return vault.read(async (view) => {
    const places: Replaced[] = [];
    for (const secret of rotation.secrets) {
      for (const environment of rotation.placesOf(secret)) {
        if (environment !== SHARED && rotation.record(secret.lineage, environment)?.is_kept === 1) continue;
        const old = await credentialAt(view, secret.from_secret, environment);
        if (old === null) continue;
        const fresh = await credentialAt(view, secret.to_secret, environment);
        const as = by === 'old' || fresh === null ? secret.from_secret : secret.to_secret;
        const asking = { services: servicesOf(work), guards: answers.guards, as };
        const at = await sourceAt(view, secret, environment, asking);
        if (at === null) continue;
        const { attempt } = recordOf(work, secret, environment);
        const request = { ...at.request, rotation: rotation.id, attempt, replacement: fresh };
        places.push({ secret, environment, kind: at.kind, source: at.source, request, old, fresh });
      }
    }
    return places;
  });
}

/** Environments whose record a place stands for. */
export function environmentsOf({ rotation }: Work, { environment }: Replaced): string[] {
  return environment === SHARED ? rotation.environments : [environment];
}

export interface SeenBySource {
  readonly environment: string;
  readonly at: string;
  readonly text: string;
}

/**
 * Uses of the old values since a moment that the sources saw and knox could not.
 * @returns in `asked` the environments whose source can tell
 */
export async function usesSeenBySources(
  work: Work,
  since: string,
): Promise<{ readonly seen: SeenBySource[]; readonly asked: ReadonlySet<string> }> {
  const seen: SeenBySource[] = [];
  const asked = new Set<string>();
  for (const place of await replacedPlaces(work)) {
    const { source, request, old, environment, secret, kind } = place;
    const at = await source.usage(request, old);
    if (at === UNSUPPORTED) continue;
    for (const name of environmentsOf(work, place)) asked.add(name);
    if (at === null || at < since) continue;
    seen.push({
      environment,
      at,
      text: `${secret.from_name} for ${environment} at ${at}, as its source (${kind}) says`,
    });
  }
  return { seen, asked };
}

/** @returns the places where it was done; those whose source can not are left out */
export async function eachSource(
  places: readonly Replaced[],
  action: 'disable' | 'enable' | 'revoke',
): Promise<Replaced[]> {
  const done: Replaced[] = [];
  for (const place of places) {
    const { source, request, old } = place;
    if ((await source[action](request, old)) !== UNSUPPORTED) done.push(place);
  }
  return done;
}

/** Revokes what was made new, after a rollback. @returns where */
export async function revokeFresh(work: Work): Promise<string[]> {
  const revoked: string[] = [];
  for (const { source, request, old, fresh, environment } of await replacedPlaces(work, 'old')) {
    if (fresh === null) continue;
    if ((await source.revoke({ ...request, replacement: old }, fresh)) !== UNSUPPORTED) revoked.push(environment);
  }
  return revoked;
}

/** Whether a person makes the values, or of which kind the source is: for the rotation's own record. */
export async function kindOfSource(view: View, lineages: readonly StoredRow<'lineage'>[]): Promise<string> {
  for (const { id } of lineages) {
    const [row] = await view.find('source', { lineage: id });
    if (row !== undefined) return row.kind;
  }
  return 'manual';
}
