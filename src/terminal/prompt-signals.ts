/**
 * Signals while a question is open. A program that is told to end must first give the terminal back, so for that time the
 * signal ends the question instead of the process; the caller then fails with `cancelled` and ends as after Ctrl-C.
 */

/** The part of `process` that prompts need. */
export interface ProcessSignals {
  readonly pid: number;
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT'];

/** Runs `ask` with an `AbortController` that is aborted when the process is told to end. */
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
