/** Waiting for other processes that hold a vault: asynchronous, with random pauses, so that many that start at once all get their turn. */
import { setTimeout as pause } from 'node:timers/promises';

function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY');
}

/** Tries again while another process holds the vault. @throws what the last attempt threw */
export async function patiently(seconds: number, attempt: () => void): Promise<void> {
  // Asked for the time only where it has to wait: Node takes milliseconds to make that clock.
  let deadline: number | null = null;
  for (;;) {
    try {
      attempt();
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      deadline ??= performance.now() + seconds * 1000;
      if (performance.now() >= deadline) throw error;
    }
    await pause(2 + Math.random() * 20);
  }
}
