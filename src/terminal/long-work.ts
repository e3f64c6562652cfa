/**
 * Work that may take longer than a person likes to wait: it says how far it is, and ends where somebody asks for its end. A program
 * that computes hears no signal; so it pauses now and then, and a signal that came ends it at the next step.
 */
import { setImmediate as pause } from 'node:timers/promises';
import { errors } from '../errors.ts';
import { createProgress } from './progress.ts';
import type { ProgressLine } from './progress.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PAUSE_EVERY_MS = 50;

export interface LongWork {
  /**
   * Says how far it is.
   * @throws cancelled where the end was asked for
   */
  readonly step: (text: string) => Promise<void>;
  /** Takes the line away and gives the signals back. */
  readonly done: () => void;
}

/** @param left what is true of the work when it was cancelled, such as `nothing was imported` */
export function startLongWork(
  progress: ProgressLine,
  signals: NodeJS.EventEmitter | null,
  left: string,
  clock: () => number = () => performance.now(),
): LongWork {
  let isCancelled = false;
  let pausedAt = clock();
  const cancel = (): void => {
    isCancelled = true;
  };
  for (const signal of ENDING) signals?.on(signal, cancel);
  return {
    step: async (text) => {
      progress.update(text);
      if (clock() - pausedAt >= PAUSE_EVERY_MS) {
        await pause();
        pausedAt = clock();
      }
      if (isCancelled) throw errors.cancelled(`cancelled; ${left}`);
    },
    done: () => {
      progress.done();
      for (const signal of ENDING) signals?.off(signal, cancel);
    },
  };
}

/** Does the work, with a line on the terminal that says how far it is. @throws cancelled, and what `work` throws */
export async function runLongWork<T>(
  { signals, ...line }: Parameters<typeof createProgress>[0] & { readonly signals: NodeJS.EventEmitter | null },
  left: string,
  work: (step: LongWork['step']) => Promise<T>,
): Promise<T> {
  const long = startLongWork(createProgress(line), signals, left);
  try {
    return await work(long.step);
  } finally {
    long.done();
  }
}
