/** New values from a source: the attempt is written down before it is asked, and what it says of the window counts for whom it is asked. */
import { errors } from '../errors.ts';
import { sourceKind } from '../sources/kinds.ts';
import { NothingMade, UNSUPPORTED } from '../sources/source.ts';
import type { Created, Overlap } from '../sources/source.ts';
import type { Change } from '../vault/core/change.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { RotationPart } from '../vault/records/kinds.ts';
import type { RotationSecret } from '../vault/records/rotation.ts';
import { environmentsAt, placesOf, valueAt } from './offered.ts';
import type { Place } from './offered.ts';
import { credentialAt, sourceAt } from './source-at.ts';
import type { Asking } from './source-at.ts';
import type { Work } from './types.ts';

/** Environments whose part keeps the records of a place, production's first: a shared value's stand in every one. */
function keepers({ rotation }: Work, place: Place): string[] {
  const names = environmentsAt(rotation, place);
  return [...rotation.production, ...rotation.preProduction].filter((name) => names.includes(name));
}

/** The rotation's record that a place goes by. */
export function recordOf(work: Work, place: Place): RotationSecret {
  return work.rotation.record(place.secret.base, keepers(work, place)[0]!)!;
}

export function servicesOf({ services, sleep, vault, guide }: Work): Asking['services'] {
  return { ...services, sleep, now: () => vault.now(), warn: (code, text) => guide.warn(code, text) };
}

/** A new value from the source. The attempt is written down before it is asked. @returns null where there is no source */
export async function askSource(work: Work, place: Place): Promise<(Created & { readonly kind: string }) | null> {
  const { vault, rotation, guide, answers } = work;
  const { secret, environment } = place;
  const found = await vault.read(async (view) => {
    const at = await sourceAt(view, secret.base, environment, { services: servicesOf(work), guards: answers.guards });
    return at === null ? null : { ...at, old: await credentialAt(view, secret.from, environment) };
  });
  if (found === null) return null;
  const { kind, source, old } = found;
  const ask = (attempt: string) => ({ ...found.request, rotation: rotation.id, attempt });
  const where = `${secret.base} for ${environment}`;
  let { attempt } = recordOf(work, place);
  if (attempt !== null) {
    const lost = await source.find(ask(attempt));
    if (lost !== null && lost !== UNSUPPORTED) {
      guide.note(`Found the new value of ${where} that an earlier attempt made`);
      return { ...lost, kind };
    }
    if (lost === UNSUPPORTED) {
      if (source.isSpending?.(found.request) === true) await requireSecondTry(work, place);
      guide.warn(
        'attempt_lost',
        `an attempt to make a value of ${where} failed (${attempt}), and its source cannot tell what happened: look there for an unused credential`,
      );
      attempt = null;
    }
  }
  attempt ??= await writeAttempt(work, place, kind);
  guide.note(`Asking the source (${kind}) for the new value of ${where}`);
  try {
    const created = await source.create(ask(attempt), old);
    for (const note of created.notes) guide.note(note);
    return { ...created, kind };
  } catch (error) {
    if (!(error instanceof NothingMade)) throw error;
    await putAttempt(work, place, { source: kind, refused: attempt }, () => null);
    throw error.reason;
  }
}

/** Whether a person wants what may cost the old value its life. @throws source_failed */
async function requireSecondTry({ rotation, answers, guide }: Work, { secret, environment }: Place): Promise<void> {
  if (answers.confirm.has('generate')) return;
  const lines = [
    `The answer to the last attempt was lost: ${secret.from} for ${environment} may be used up.`,
    'A provider that sees a token twice may treat it as stolen and revoke all that came from it, including the one in use.',
    'Many accept the same token again within a few seconds, or never got the first request.',
  ];
  const question = 'Try again with the same token?';
  if ((await guide.vouch({ step: 'generate', question, lines })) === true) return;
  const { base } = rotation.secrets[0]!;
  throw errors.source_failed(
    `the answer to the attempt to renew ${secret.from} for ${environment} was lost: it may be used up. The one in use works until it expires`,
    `sign in again and give the new token: knox rotate ${base} --value-file ${environment}=FILE`,
    `or try once more with the same token, which the provider may treat as stolen: knox rotate ${base} --confirm generate`,
  );
}

async function writeAttempt(work: Work, place: Place, kind: string): Promise<string> {
  const lost = recordOf(work, place).attempt;
  const detail = { source: kind, ...(lost === null ? {} : { lost }) };
  return putAttempt(work, place, detail, (change) => change.newId());
}

async function putAttempt<T extends string | null>(
  work: Work,
  place: Place,
  detail: Record<string, unknown>,
  attemptOf: (change: Change) => T,
): Promise<T> {
  const { rotation } = work;
  const { secret, environment } = place;
  const entry = { action: 'rotation-attempt', environment: environment === SHARED ? null : environment, detail };
  return rotation.change(entry, async (change) => {
    const attempt = attemptOf(change);
    for (const name of keepers(work, place)) await rotation.putSecret(change, name, secret.base, { attempt });
    return attempt;
  });
}

/** Whether its source makes a value right before it is used there, and not in step 2. */
export async function isDeferred({ vault }: Work, { secret, environment }: Place): Promise<boolean> {
  const record = await vault.read((view) => view.get('source', environment, secret.base));
  return record !== null && sourceKind(record.kind).isDeferred === true;
}

/** Whether a value of the rotation is made right before its update. */
export async function hasDeferred(work: Work): Promise<boolean> {
  for (const place of placesOf(work.rotation)) if (await isDeferred(work, place)) return true;
  return false;
}

/** Environments where getting the new value used the old one up: there is no way back to it. */
export async function consumedPlaces({ rotation, vault }: Work): Promise<string[]> {
  return vault.read(async (view) => {
    const consumed: string[] = [];
    for (const { secret, environment } of placesOf(rotation)) {
      const found = await valueAt(view, secret.to, environment);
      if (found?.value.facts.consumesOld === true) consumed.push(environment);
    }
    return consumed;
  });
}

/** The window is never longer than old and new live side by side: what the source of one environment says shortens that one's alone. */
export async function capWindow(work: Work, place: Place, overlap: Overlap | null): Promise<void> {
  if (overlap === null || overlap === 'unlimited') return;
  const { rotation, guide } = work;
  const seconds = overlap === 'none' ? 0 : overlap;
  const isLonger = ({ options }: RotationPart): boolean => options.overlap === undefined || options.overlap > seconds;
  const longer = rotation.parts.filter((part) => keepers(work, place).includes(part.realm) && isLonger(part));
  if (longer.length === 0) return;
  const isWatched = longer.some(({ realm }) => rotation.isProduction(realm));
  if (overlap === 'none' && isWatched)
    guide.warn('no_overlap', 'old and new do not work side by side: production is not watched');
  const window = Math.min(...longer.map((part) => part.window), seconds);
  const environments = longer.map(({ realm }) => realm);
  await rotation.change({ action: 'rotation-options', detail: { window, overlap, environments } }, async (change) => {
    for (const name of environments) {
      const part = rotation.part(name)!;
      const options = { ...part.options, overlap: seconds };
      await change.update(part, { window: Math.min(part.window, seconds), options });
    }
  });
}
