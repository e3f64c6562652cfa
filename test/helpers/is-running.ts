/** Whether a process runs. One that has ended and that nobody has waited for does not. */
import { readFileSync } from 'node:fs';

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // proc_pid_stat(5): the state comes after the name, which may hold blanks and brackets. There is no ps in a small container.
    return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return process.platform !== 'linux';
  }
}
