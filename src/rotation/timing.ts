/** How long a rotation waits, and in which hours it changes production: said when it is started, and changed on the way. */
import type { RotationOptions, Work } from './types.ts';

const HOUR = 3600;
/** Seconds. */
export const SHORTEST_WINDOW = 24 * HOUR;
export const LONGEST_WINDOW = 30 * 24 * HOUR;
export const DEFAULT_WINDOW = 48 * HOUR;

/** Null where it is not said. */
export interface Timing {
  /** Seconds. */
  readonly window: number | null;
  readonly quarantine: number | null;
  readonly between: string | null;
  readonly on: string | null;
}

export function hoursOf({ between, on }: Timing): Pick<RotationOptions, 'between' | 'on'> {
  return { ...(between === null ? {} : { between }), ...(on === null ? {} : { on }) };
}

/** A window or quarantine that is given again counts from now on; so does --generate, while no value is there yet. */
export async function changeTiming({ rotation, answers }: Work, timing: Timing): Promise<void> {
  const { row } = rotation;
  const window = Math.min(timing.window ?? row.window, rotation.options.overlap ?? LONGEST_WINDOW);
  const quarantine = timing.quarantine ?? row.quarantine;
  const source = answers.generate !== null && !rotation.isDone('generate') ? 'generate' : row.source;
  const hours = hoursOf(timing);
  const options = JSON.stringify({ ...rotation.options, ...hours });
  const terms = { window, quarantine, source, options };
  if (Object.entries(terms).every(([name, value]) => row[name as keyof typeof terms] === value)) return;
  const detail = { window, quarantine, source, ...hours, ...answers.guards.record() };
  await rotation.change({ action: 'rotation-options', detail }, (change) => rotation.putTerms(change, terms));
}
