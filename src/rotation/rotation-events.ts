/** What became of a rotation while somebody worked on it, as the events that receivers are notified of. */
import type { Rotation } from './rotation.ts';

export type RotationEvent = 'needs-person' | 'window-over' | 'failed' | 'rolled-back' | 'done' | 'incident';

/** What of a rotation decides whether something happened. */
export interface Snapshot {
  readonly state: string;
  readonly step: string | null;
  /** What it waits for, other than time. */
  readonly needs: string | null;
  /** What failed, where it cannot go on, forward or back. */
  readonly failure: string | null;
  readonly isWindowOver: boolean;
  readonly isIncident: boolean;
}

export function snapshotOf(rotation: Rotation): Snapshot {
  const { needs, state, current } = rotation;
  const isBack = state === 'rolling-back';
  const isWaiting = needs !== null && needs.kind !== 'time' && needs.kind !== 'fix' && (state === 'waiting' || isBack);
  const isFailed = state === 'failed' || (isBack && needs?.kind === 'fix');
  return {
    state,
    step: current,
    needs: isWaiting ? `${needs.kind} ${isBack ? state : needs.step}` : null,
    failure: isFailed ? `${state} ${current}` : null,
    isWindowOver: rotation.step('monitor').state === 'done',
    isIncident: rotation.incident !== null,
  };
}

/** In the order in which they happened. What was so before is not an event: a timer that comes every hour tells nothing twice. */
export function eventsBetween(before: Snapshot, after: Snapshot): RotationEvent[] {
  const became = (state: string) => after.state === state && (before.state !== state || before.step !== after.step);
  return [
    ...(after.isIncident && !before.isIncident ? ['incident' as const] : []),
    ...(after.isWindowOver && !before.isWindowOver ? ['window-over' as const] : []),
    ...(after.needs !== null && after.needs !== before.needs ? ['needs-person' as const] : []),
    ...(after.failure !== null && after.failure !== before.failure ? ['failed' as const] : []),
    ...(became('rolled-back') ? ['rolled-back' as const] : []),
    ...(became('done') ? ['done' as const] : []),
  ];
}
