/** A rotation as `--json` shows it (contract, section 6), for every command that shows one. Needs no key. */
import { exactText } from '../domain/duration.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { secondsBetween } from '../domain/time.ts';
import type { StoredRow } from '../store/tables.ts';
import type { View } from '../vault/view.ts';
import { isUnderWay, stateOf } from './find-rotation.ts';
import { howToEnd, leftValues, leftValuesText } from './left-values.ts';
import { needsText } from './needs-text.ts';
import { readRows } from './rotation.ts';
import type { RotationRows } from './rotation.ts';
import type { Needs, NeedsKind, RotationState, StepRecord } from './types.ts';

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
export function incidentText({ reason, startedAt, revokedAt }: NonNullable<RotationView['incident']>): string {
  const took =
    revokedAt === null
      ? 'not revoked yet'
      : `revoked ${revokedAt}, ${exactText(secondsBetween(startedAt, revokedAt))} later`;
  return `Compromised: ${reason}; reported ${startedAt}, ${took}`;
}

/** Rotations that have not ended, oldest first. */
export async function activeRotations(view: View): Promise<StoredRow<'rotation'>[]> {
  const rows = await view.find('rotation');
  return rows.filter((row) => isUnderWay(row)).toSorted((left, right) => (left.started_at < right.started_at ? -1 : 1));
}

export async function describeRotation(view: View, row: StoredRow<'rotation'>): Promise<RotationView> {
  return describeRows(view, await readRows(view, row));
}

/** The same of rows that were read before. */
export async function describeRows(view: View, rows: RotationRows): Promise<RotationView> {
  const { incident: id } = rows.row;
  const incident = id === null ? null : await view.get('incident', id);
  const alive = isTakenBack(stateOf(rows.row)) ? await leftValues(view, rows) : [];
  return {
    ...viewOf(rows, { order: view.environmentNames(), now: view.now, alive }),
    incident:
      incident === null
        ? null
        : { reason: incident.reason, startedAt: incident.started_at, revokedAt: incident.revoked_at },
  };
}

function isTakenBack(state: RotationState): boolean {
  return state === 'rolled-back' || state === 'aborted';
}

/** What a rotation waits for; one that is being taken back always needs somebody. Null where it can go on, or has ended. */
export function needsOf(row: StoredRow<'rotation'>, places: readonly string[]): Needs | null {
  if (!isUnderWay(row)) return null;
  const needs = row.needs === null ? null : (JSON.parse(row.needs) as Needs);
  if (stateOf(row) !== 'rolling-back' || needs?.why?.of === 'rollback') return needs;
  const step = (JSON.parse(row.steps) as StepRecord[]).find(({ state }) => state === 'todo')?.id ?? 'schedule-next';
  // Nothing says what is left of it: it was cut off.
  return { kind: 'fix', step, until: null, environments: places, why: { of: 'rollback', left: [], projects: [] } };
}

/** @param order the vault's environments @param alive those whose new value lives on, after it was taken back */
function viewOf(
  { row, secrets, routes, environments }: RotationRows,
  { order, now, alive }: { readonly order: readonly string[]; readonly now: Date; readonly alive: readonly string[] },
): Omit<RotationView, 'incident'> {
  const state = stateOf(row);
  const steps = JSON.parse(row.steps) as StepRecord[];
  const current = steps.find((step) => step.state === 'todo')?.id ?? null;
  const isOver = !isUnderWay(row);
  const needs = needsOf(
    row,
    order.filter((name) => environments.some(({ environment }) => environment === name)),
  );
  const first = secrets[0];
  const base = first?.base ?? '';
  const paths = [...new Set(routes.map(({ path }) => path))].toSorted();
  return {
    id: row.id,
    base,
    from: first?.from_name ?? '',
    to: first?.to_name ?? '',
    secrets: secrets.map((one) => ({ base: one.base, from: one.from_name, to: one.to_name })),
    state,
    step: current,
    startedAt: row.started_at,
    waitUntil: isOver ? null : row.wait_until,
    needs:
      needs === null
        ? null
        : { kind: needs.kind, step: needs.step, until: needs.until, environments: needs.environments },
    next:
      needs === null
        ? nextOf({
            state,
            base,
            from: first?.from_name ?? '',
            to: first?.to_name ?? '',
            source: row.source,
            step: current,
            alive,
          })
        : needsText(needs, { base, now }),
    steps: steps.map(({ id, state: kept, at, by, detail }) => ({
      id,
      state:
        kept !== 'todo' || id !== current || isOver || state === 'rolling-back'
          ? kept
          : state === 'failed'
            ? 'failed'
            : 'current',
      at,
      by,
      detail,
    })),
    routes: paths.map((path) => {
      const own = routes.filter((route) => route.path === path);
      return {
        path,
        environments: order.filter((name) => own.some(({ environment }) => environment === name)),
        rewritten: own.some((route) => route.written_at !== null && route.originals !== null),
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
  return `Go on with "${title}": knox rotate ${base}`;
}

const ENDED = {
  'rolled-back': (from: string) => `Rolled back: ${from} is in use again.`,
  aborted: (from: string) => `Ended before any file changed: ${from} is as it was.`,
} as const;
