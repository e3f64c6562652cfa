/** How long a rotation waits, and in which hours it changes production: said when it is started, and changed on the way. */
import { isDeepStrictEqual } from 'node:util';
import type { RotationOptions } from '../domain/rotation-record.ts';
import type { Terms } from './merge-parts.ts';
import type { Work } from './types.ts';

const HOUR = 3600;
/** Seconds. */
export const SHORTEST_WINDOW = 24 * HOUR;
export const LONGEST_WINDOW = 30 * 24 * HOUR;
export const DEFAULT_WINDOW = 48 * HOUR;

type Timed = Pick<Terms, 'window' | 'quarantine' | 'source' | 'options'>;

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
  const isGenerating = answers.generate !== null && !rotation.isDone('generate');
  const hours = hoursOf(timing);
  const termsFor = ({ window, quarantine, source, options }: Timed): Timed => ({
    window: Math.min(timing.window ?? window, options.overlap ?? LONGEST_WINDOW),
    quarantine: timing.quarantine ?? quarantine,
    source: isGenerating ? 'generate' : source,
    options: { ...options, ...hours },
  });
  const isSaid = rotation.parts.every((part) => {
    const { window, quarantine, source, options } = part;
    return isDeepStrictEqual(termsFor(part), { window, quarantine, source, options });
  });
  if (isSaid) return;
  const { window, quarantine, source } = termsFor(rotation);
  const detail = { window, quarantine, source, ...hours, ...answers.guards.record() };
  await rotation.change({ action: 'rotation-options', detail }, (change) => rotation.putTerms(change, termsFor));
}
