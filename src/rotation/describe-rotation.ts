/** A rotation as `--json` shows it (contract, section 6), for every command that shows one. Needs no key. */
import { exactText } from '../domain/duration.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { secondsBetween } from '../domain/time.ts';
import type { StoredRow } from '../store/tables.ts';
import type { View } from '../vault/view.ts';
import { readRows } from './rotation.ts';
import type { RotationRows } from './rotation.ts';
import { UNDER_WAY } from './types.ts';
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
  return rows
    .filter(({ state }) => UNDER_WAY.includes(state as RotationState))
    .toSorted((left, right) => (left.started_at < right.started_at ? -1 : 1));
}

export async function describeRotation(view: View, row: StoredRow<'rotation'>): Promise<RotationView> {
  return describeRows(view, await readRows(view, row));
}

/** The same of rows that were read before. */
export async function describeRows(view: View, rows: RotationRows): Promise<RotationView> {
  const { incident: id } = rows.row;
  const incident = id === null ? null : await view.get('incident', id);
  return {
    ...viewOf(rows, view.environmentNames()),
    incident:
      incident === null
        ? null
        : { reason: incident.reason, startedAt: incident.started_at, revokedAt: incident.revoked_at },
  };
}

/** @param order the vault's environments */
function viewOf({ row, secrets, routes }: RotationRows, order: readonly string[]): Omit<RotationView, 'incident'> {
  const state = row.state as RotationState;
  const steps = JSON.parse(row.steps) as StepRecord[];
  const current = steps.find((step) => step.state === 'todo')?.id ?? null;
  const isOver = !UNDER_WAY.includes(state);
  const needs = row.needs === null || isOver ? null : (JSON.parse(row.needs) as Needs);
  const first = secrets[0];
  const paths = [...new Set(routes.map(({ path }) => path))].toSorted();
  return {
    id: row.id,
    base: first?.base ?? '',
    from: first?.from_name ?? '',
    to: first?.to_name ?? '',
    secrets: secrets.map(({ base, from_name: from, to_name: to }) => ({ base, from, to })),
    state,
    step: current,
    startedAt: row.started_at,
    waitUntil: isOver ? null : row.wait_until,
    needs:
      needs === null
        ? null
        : { kind: needs.kind, step: needs.step, until: needs.until, environments: needs.environments },
    next: nextOf(state, first?.base ?? '', current, needs),
    steps: steps.map(({ id, state: kept, at, by, detail }) => ({
      id,
      state: kept !== 'todo' || id !== current || isOver ? kept : state === 'failed' ? 'failed' : 'current',
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

function nextOf(state: RotationState, base: string, step: StepId | null, needs: Needs | null): string {
  if (state === 'done') return 'It is done.';
  if (state === 'aborted') return 'It was ended before anything was rewritten.';
  if (state === 'rolled-back') return 'It was rolled back: the old version serves.';
  if (needs !== null) return needs.next;
  const title = step === null ? 'the end' : STEP_TEXTS[step].title;
  return `Go on with "${title}": knox rotate ${base}`;
}
