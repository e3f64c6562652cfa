/**
 * What was typed before a question was shown answers nothing: an Enter during a long deployment must not be a yes to whatever comes next.
 * Both what this process has read already and what still waits in the terminal's own queue is read and forgotten, until the keys are
 * still for a moment.
 */
import { errors } from '../errors.ts';

/** A key that is held down repeats faster. */
const STILL_MS = 80;
/** Longer than anybody holds a key for. */
const MOST_MS = 5000;
const CONTROL_C = 3;

/**
 * Leaves the terminal in raw mode and the input paused: whoever asks takes over from there, and gives it back.
 * @throws cancelled for a Ctrl-C meanwhile, which raw mode makes a key like any other, and at the end of input
 */
export function dropTyped(input: NodeJS.ReadStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let still: NodeJS.Timeout | undefined;
    const finish = (settle: () => void): void => {
      clearTimeout(still);
      clearTimeout(most);
      input.off('data', drop).off('end', cancel).off('close', cancel).off('error', cancel);
      signal.removeEventListener('abort', cancel);
      input.pause();
      settle();
    };
    const cancel = (): void => finish(() => reject(errors.cancelled('cancelled')));
    const done = (): void => finish(resolve);
    const wait = (): void => {
      clearTimeout(still);
      still = setTimeout(done, STILL_MS);
    };
    const drop = (chunk: Buffer | string): void => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      const isCancelled = bytes.includes(CONTROL_C);
      // It may have been meant for a hidden question.
      bytes.fill(0);
      if (isCancelled) cancel();
      else wait();
    };
    const most = setTimeout(done, MOST_MS);
    if (signal.aborted || input.destroyed) {
      cancel();
      return;
    }
    input.setRawMode(true);
    input.on('data', drop).on('end', cancel).on('close', cancel).on('error', cancel);
    signal.addEventListener('abort', cancel);
    wait();
    input.resume();
  });
}
