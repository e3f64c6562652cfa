/** Waiting for other processes that hold a vault: asynchronous, with random pauses, so that many that start at once all get their turn. */
import { setTimeout as pause } from 'node:timers/promises';

function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY');
}

/** Tries again while another process holds the vault. @throws what the last attempt threw */
export async function patiently(seconds: number, attempt: () => void): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    try {
      attempt();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
    await pause(2 + Math.random() * 20);
  }
}
