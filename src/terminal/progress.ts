/**
 * One line that says what knox is busy with, for work that a person would otherwise wonder about. It appears only after a
 * second, on a terminal, and leaves nothing behind; in a pipe nothing is ever written. Where text is read out it is said once, as a line
 * that stays.
 */
import { printable } from '../domain/printable.ts';
import type { Style } from './style.ts';
import { clip } from './text-width.ts';

const APPEARS_AFTER_MS = 1000;
const DRAWN_EVERY_MS = 100;

/** Calls `run` once after `ms` milliseconds; the returned function prevents that. It must not keep the process alive. */
export type Schedule = (run: () => void, ms: number) => () => void;

export interface ProgressLine {
  /** Says what is being done now; shown once the line has appeared. */
  update(text: string): void;
  /** Takes the line away. Calling it again does nothing. */
  done(): void;
}

/** The schedule of the real clock. */
const realSchedule: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Starts the wait for a second. `columns` is asked at each write, so that a resized window is followed. */
export function createProgress(options: {
  output: { write(text: string): unknown };
  isTerminal: boolean;
  columns: () => number;
  style: Style;
  schedule?: Schedule;
  /** Milliseconds of a clock that only goes on. */
  clock?: () => number;
}): ProgressLine {
  if (!options.isTerminal) {
    return { update: () => undefined, done: () => undefined };
  }
  const { output, style } = options;
  let text = '';
  let isShown = false;
  let isDone = false;
  const draw = (): void => {
    if (style.isReadOut) {
      isDone = text !== '';
      if (isDone) output.write(`${printable(text)}\n`);
      return;
    }
    // One column stays free: a full last column would wrap, and leave a line behind.
    const line = clip(printable(text), Math.max(1, options.columns() - 1), style.symbols.ellipsis);
    output.write(`\r${style.dim(line)}\x1b[K`);
  };
  const clock = options.clock ?? (() => performance.now());
  const startedAt = clock();
  let drawnAt = startedAt;
  const cancel = (options.schedule ?? realSchedule)(() => {
    if (!isDone) {
      isShown = true;
      drawnAt = clock();
      draw();
    }
  }, APPEARS_AFTER_MS);
  return {
    update(next) {
      text = next;
      if (isDone) return;
      // Work that leaves no room for a timer is told by the clock.
      const now = clock();
      if (!isShown && now - startedAt < APPEARS_AFTER_MS) return;
      if (isShown && now - drawnAt < DRAWN_EVERY_MS) return;
      isShown = true;
      drawnAt = now;
      draw();
    },
    done() {
      if (isDone) {
        return;
      }
      isDone = true;
      cancel();
      if (isShown) {
        output.write('\r\x1b[K');
      }
    },
  };
}
