/**
 * What the parts of one rotation say together. Each environment has its own part, which only holders of that environment's key can write;
 * where they differ, somebody wrote one of them past knox. So they are read carefully: what lets a rotation go on must be said by every part
 * that it concerns, and what production is watched with is said by production's own parts alone.
 */
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { UNDER_WAY } from '../domain/rotation-record.ts';
import type { RotatedSecret, RotationOptions, RotationState, StepRecord } from '../domain/rotation-record.ts';
import { SHARED } from '../domain/environment-name.ts';
import type { RotationPart } from '../vault/records/kinds.ts';

/** What a rotation goes by: its times, where its values come from, whether a timer may do all of it, and what it must not forget. */
export type Terms = Pick<RotationPart, 'window' | 'quarantine' | 'source' | 'isUnattended' | 'options'>;

export function isUnderWay({ state }: { readonly state: string }): boolean {
  return UNDER_WAY.includes(state as RotationState);
}

/**
 * The parts that decide: those in which it has not ended; where it has ended in all of them, all. An environment in which it has ended is
 * done with it, whatever others say; where production is, nobody begins it again.
 */
export function deciding(parts: readonly RotationPart[], production: ReadonlySet<string>): readonly RotationPart[] {
  const ended = parts.filter((part) => !isUnderWay(part));
  if (leading(parts, production).every((part) => !isUnderWay(part))) return ended;
  const open = parts.filter((part) => isUnderWay(part));
  return open.length > 0 ? open : parts;
}

/** Which of them it goes by where they cannot all be right: production's, else all. */
export function leading(parts: readonly RotationPart[], production: ReadonlySet<string>): readonly RotationPart[] {
  const own = parts.filter(({ realm }) => production.has(realm));
  return own.length > 0 ? own : parts;
}

const PRE_PRODUCTION: ReadonlySet<StepId> = new Set(['update-staging', 'test-staging']);
const PRODUCTION: ReadonlySet<StepId> = new Set(['update-production', 'monitor', 'verify']);

/** The parts whose environments a step is about. */
function concernedBy(
  step: StepId,
  parts: readonly RotationPart[],
  production: ReadonlySet<string>,
): readonly RotationPart[] {
  if (PRODUCTION.has(step)) return leading(parts, production);
  if (!PRE_PRODUCTION.has(step)) return parts;
  const own = parts.filter(({ realm }) => !production.has(realm));
  return own.length > 0 ? own : parts;
}

/** A step is done where every part that it concerns says so; it was done when the last one says. */
export function mergedSteps(parts: readonly RotationPart[], production: ReadonlySet<string>): StepRecord[] {
  return (Object.keys(STEP_TEXTS) as StepId[]).map((id) => {
    const said = concernedBy(id, parts, production).map((part) => stepOf(part, id));
    const open = said.find(({ state }) => state === 'todo');
    if (open !== undefined) return open;
    const latest = said.toSorted((left, right) => (left.entry ?? 0) - (right.entry ?? 0)).at(-1)!;
    const at = said.reduce((last, step) => ((step.at ?? '') > (last ?? '') ? step.at : last), latest.at);
    return { ...latest, at };
  });
}

export function stepOf({ steps }: Pick<RotationPart, 'steps'>, id: StepId): StepRecord {
  return steps.find((step) => step.id === id) ?? freshStep(id);
}

export function freshStep(id: StepId): StepRecord {
  return { id, state: 'todo', at: null, entry: null, by: null, facts: null };
}

/** @param leads the parts that it goes by; they agree */
export function mergedTerms(leads: readonly RotationPart[], parts: readonly RotationPart[]): Terms {
  const [first] = leads as readonly [RotationPart, ...RotationPart[]];
  const { accepted: _accepted, revokedNew: _revoked, overlap: _overlap, ...options } = first.options;
  const accepted = (first.options.accepted ?? []).filter((place) =>
    parts.every((part) => part.options.accepted?.includes(place) === true),
  );
  const revoked = (part: RotationPart, place: string): boolean => part.options.revokedNew?.includes(place) === true;
  const revokedNew = [
    ...parts.flatMap((part) => (revoked(part, part.realm) ? [part.realm] : [])),
    ...(parts.every((part) => revoked(part, SHARED)) ? [SHARED] : []),
  ];
  const overlaps = leads.map((part) => part.options.overlap ?? Infinity);
  const overlap = Math.max(...overlaps);
  const merged: RotationOptions = {
    ...options,
    ...(accepted.length === 0 ? {} : { accepted }),
    ...(revokedNew.length === 0 ? {} : { revokedNew }),
    ...(overlap === Infinity ? {} : { overlap }),
  };
  return {
    window: Math.max(...leads.map(({ window }) => window)),
    quarantine: Math.max(...leads.map(({ quarantine }) => quarantine)),
    source: first.source,
    isUnattended: parts.every((part) => part.isUnattended),
    options: merged,
  };
}

/** The secrets, in the order in which the rotation was started with them. */
export function mergedSecrets(parts: readonly RotationPart[]): RotatedSecret[] {
  const found: RotatedSecret[] = [];
  for (const { secrets } of parts) {
    for (const [index, { base, from, to }] of secrets.entries()) {
      if (found.some((one) => one.base === base)) continue;
      const after = secrets.slice(index + 1).map((one) => found.findIndex((other) => other.base === one.base));
      const place = after.find((at) => at !== -1) ?? found.length;
      found.splice(place, 0, { base, from, to });
    }
  }
  return found;
}

/**
 * Those that can be one rotation: they name the same versions, and those that it goes by say the same of what can be said in one way only.
 * Where some cannot, production's are right, of several the first.
 */
export function agreeing(parts: readonly RotationPart[], production: ReadonlySet<string>): readonly RotationPart[] {
  const isProduction = ({ realm }: RotationPart): boolean => production.has(realm);
  const first = [...parts.filter(isProduction), ...parts.filter((part) => !isProduction(part))];
  const agreed: RotationPart[] = [];
  for (const part of first) if (agreed.every((other) => isOneRotation(part, other, production))) agreed.push(part);
  return parts.filter((part) => agreed.includes(part));
}

function isOneRotation(one: RotationPart, other: RotationPart, production: ReadonlySet<string>): boolean {
  const versions = new Map(other.secrets.map(({ base, from, to }) => [base, `${from} ${to}`]));
  const isSame = one.secrets.every(({ base, from, to }) => [undefined, `${from} ${to}`].includes(versions.get(base)));
  return isSame && (production.has(one.realm) !== production.has(other.realm) || termsText(one) === termsText(other));
}

function termsText({ project, incident, options }: RotationPart): string {
  const { between = null, on = null, rollback = null, compromised = null } = options;
  return JSON.stringify({ project, incident, between, on, rollback, compromised });
}
