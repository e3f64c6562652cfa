/**
 * Signals while a question is open. A program that is asked to end must first give the terminal back, so for that time the
 * signal ends the question instead of the process; the caller then fails with `cancelled` and ends as after Ctrl-C.
 */

/** The part of `process` that prompts need. */
export interface ProcessSignals {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT'];

/** Runs `ask` with an `AbortController` that is aborted when the process is asked to end. */
export async function whileAsking<Answer>(
  signals: ProcessSignals | undefined,
  ask: (controller: AbortController) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  for (const name of ENDING) {
    signals?.on(name, end);
  }
  try {
    return await ask(controller);
  } finally {
    for (const name of ENDING) {
      signals?.off(name, end);
    }
  }
}

/**
 * Ctrl-Z in raw mode: stops what the terminal itself would stop, which is the whole process group. A wrapper such as `npx` or `sh -c`
 * that went on waiting would keep the terminal. When it goes on, SIGCONT says so to whoever listens; `resume` is called only where
 * nothing could stop it: in a container without a shell that knows jobs the signal is not obeyed.
 */
export function stopWithGroup(signals: ProcessSignals, resume: () => void): void {
  let hasGoneOn = false;
  const note = (): void => {
    hasGoneOn = true;
  };
  signals.on('SIGCONT', note);
  signals.kill(OWN_GROUP, 'SIGTSTP');
  setTimeout(() => {
    signals.off('SIGCONT', note);
    if (!hasGoneOn) resume();
  }, NOT_STOPPED_MS);
}

const OWN_GROUP = 0;
/** After a stop the signal that it goes on comes at once. */
const NOT_STOPPED_MS = 250;
