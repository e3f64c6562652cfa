/** Whether a process lives, told from what it left: a killed one cannot clean up. */
export function isRunning(pid: number): boolean {
  try {
    // oxlint-disable-next-line no-restricted-globals -- the only way to ask for a process
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
