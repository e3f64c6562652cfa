/** A rotation as `--json` shows it, for every command that shows one. Needs no key. */
import { exactText } from '../domain/duration.ts';
import { UTC } from '../domain/moments.ts';
import type { Moments } from '../domain/moments.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { latestOf, secondsBetween } from '../domain/time.ts';
import type { View } from '../vault/core/view.ts';
import { allRotations } from './find-rotation.ts';
import { howToEnd, leftValues, leftValuesText } from './left-values.ts';
import { factWords } from './fact-words.ts';
import { needsText } from './needs-text.ts';
import { proofsOf } from './proof.ts';
import type { ReadRotation } from './read-rotation.ts';
import type { Needs, NeedsKind, RotationState } from '../domain/rotation-record.ts';

export interface RotationView {
  readonly id: string;
  readonly base: string;
  readonly from: string;
  readonly to: string;
  readonly secrets: readonly { readonly base: string; readonly from: string; readonly to: string }[];
  readonly state: RotationState;
  readonly step: StepId | null;
  readonly startedAt: string;
  readonly waitUntil: string | null;
  readonly needs: {
    readonly kind: NeedsKind;
    readonly step: StepId;
    readonly until: string | null;
    readonly environments: readonly string[];
  } | null;
  readonly next: string;
  readonly incident: {
    readonly reason: string;
    readonly startedAt: string;
    readonly revokedAt: string | null;
  } | null;
  readonly steps: readonly {
    readonly id: StepId;
    readonly state: 'done' | 'current' | 'todo' | 'skipped' | 'failed';
    readonly at: string | null;
    readonly by: string | null;
    readonly detail: string | null;
  }[];
  readonly routes: readonly {
    readonly path: string;
    readonly environments: readonly string[];
    readonly rewritten: boolean;
  }[];
}

/** A leak in one sentence: what, when it was reported, and the exact time that it took to revoke. */
export function incidentText(
  { reason, startedAt, revokedAt }: NonNullable<RotationView['incident']>,
  moments: Moments,
): string {
  const took =
    revokedAt === null
      ? 'not revoked yet'
      : `revoked ${moments.exact(revokedAt)}, ${exactText(secondsBetween(startedAt, revokedAt))} later`;
  return `Compromised: ${reason}; reported ${moments.exact(startedAt)}, ${took}`;
}

/** Rotations that have not ended, oldest first. */
export async function activeRotations(view: View): Promise<ReadRotation[]> {
  return (await allRotations(view)).filter((rotation) => rotation.isUnderWay);
}

/** @param moments how its sentences write times: in UTC, where they are data */
export async function describeRotation(
  view: View,
  rotation: ReadRotation,
  moments: Moments = UTC,
): Promise<RotationView> {
  const alive = isTakenBack(rotation.state) ? await leftValues(view, rotation.parts) : [];
  return { ...viewOf(rotation, { now: view.now, moments }, alive), incident: await incidentOf(view, rotation) };
}

/** A leak has one record in each environment. */
async function incidentOf(
  view: View,
  { incident: id, parts, production }: ReadRotation,
): Promise<RotationView['incident']> {
  const own = parts.map(({ realm }) => realm);
  const records =
    id === null
      ? []
      : await view.getAcross(
          'incident',
          id,
          // What there is to say of it, production says where it is concerned.
          [...own.filter((realm) => production.includes(realm)), ...own.filter((realm) => !production.includes(realm))],
        );
  const [first] = records;
  if (first === undefined) return null;
  const revokedAt = latestOf(records.map((record) => record.revokedAt));
  return { reason: first.reason, startedAt: first.startedAt, revokedAt };
}

function isTakenBack(state: RotationState): boolean {
  return state === 'rolled-back' || state === 'aborted';
}

/** What a rotation waits for; one that is being taken back always needs somebody. Null where it can go on, or has ended. */
export function needsOf(rotation: ReadRotation): Needs | null {
  const { needs, state, environments } = rotation;
  if (!rotation.isUnderWay) return null;
  if (state !== 'rolling-back' || needs?.why.of === 'rollback') return needs;
  const step = rotation.current ?? 'schedule-next';
  // Nothing says what is left of it: it was cut off.
  return { kind: 'fix', step, until: null, environments, why: { of: 'rollback', left: [], projects: [] } };
}

/** @param alive environments whose new value lives on, after it was taken back */
function viewOf(
  rotation: ReadRotation,
  { now, moments }: { readonly now: Date; readonly moments: Moments },
  alive: readonly string[],
): Omit<RotationView, 'incident'> {
  const { state, steps, current, secrets, environments } = rotation;
  const isOver = !rotation.isUnderWay;
  const needs = needsOf(rotation);
  const proofs = proofsOf(rotation.parts);
  const { base = '', from = '', to = '' } = secrets[0] ?? {};
  const routes = rotation.routes();
  const paths = [...new Set(routes.map(({ path }) => path))].toSorted();
  return {
    id: rotation.id,
    base,
    from,
    to,
    secrets: secrets.map((one) => ({ base: one.base, from: one.from, to: one.to })),
    state,
    step: current,
    startedAt: rotation.startedAt,
    waitUntil: isOver ? null : rotation.waitUntil,
    needs:
      needs === null
        ? null
        : { kind: needs.kind, step: needs.step, until: needs.until, environments: needs.environments },
    next:
      needs === null
        ? nextOf({ state, base, from, to, source: rotation.source, step: current, alive })
        : needsText(needs, { base, now }, moments),
    steps: steps.map(({ id, state: kept, at, by, facts }) => ({
      id,
      state:
        kept !== 'todo' || id !== current || isOver || state === 'rolling-back'
          ? kept
          : state === 'failed'
            ? 'failed'
            : 'current',
      at,
      by,
      detail: facts === null ? null : factWords(facts, proofs, moments),
    })),
    routes: paths.map((path) => {
      const own = routes.filter((route) => route.path === path);
      return {
        path,
        environments: environments.filter((name) => own.some(({ environment }) => environment === name)),
        rewritten: own.some(({ writtenAt, originals }) => writtenAt !== null && originals !== null),
      };
    }),
  };
}

/** What comes next where nothing is waited for. */
function nextOf(at: {
  readonly state: RotationState;
  readonly base: string;
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly step: StepId | null;
  readonly alive: readonly string[];
}): string {
  const { state, base, from, to, source, step, alive } = at;
  if (state === 'done') return `Done: ${to} replaced ${from}.`;
  if (state === 'rolled-back' || state === 'aborted') {
    const left = alive.length === 0 ? [] : [leftValuesText(to, alive, howToEnd(base, source))];
    return [ENDED[state](from), ...left].join(' ');
  }
  const title = step === null ? 'the end' : STEP_TEXTS[step].title;
  return `Continue with "${title}": knox rotate ${base}`;
}

const ENDED = {
  'rolled-back': (from: string) => `Rolled back: ${from} is in use again.`,
  aborted: (from: string) => `Ended before any file changed: ${from} is as it was.`,
} as const;
