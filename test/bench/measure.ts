/**
 * Times two programs against each other. Times on most machines drift, so only the ratio of two sides that took turns in one run
 * is worth anything: that of their medians, after a warm-up.
 */
import { spawnSync } from 'node:child_process';

export type Command = { argv: readonly string[]; cwd: string; env: Record<string, string> };

/** Milliseconds, and `work` over `against`. */
export type Measured = { workMs: number; againstMs: number; ratio: number; rounds: number };

/** Rounds that are run and not counted: they fill the compile cache and the system's own. */
const WARM_UP = 4;

/** @param rounds how often each side is timed. @throws where a side does not exit with 0 */
export function measure(work: Command, against: Command, rounds: number): Measured {
  const times = { work: [] as number[], against: [] as number[] };
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const workTime = timeOf(work);
    const againstTime = timeOf(against);
    if (round < 0) continue;
    times.work.push(workTime);
    times.against.push(againstTime);
  }
  const workMs = median(times.work);
  const againstMs = median(times.against);
  return { workMs, againstMs, ratio: workMs / againstMs, rounds };
}

function timeOf({ argv, cwd, env }: Command): number {
  const start = process.hrtime.bigint();
  const child = spawnSync(argv[0]!, argv.slice(1), { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = process.hrtime.bigint();
  if (child.status !== 0) throw new Error(`${argv.join(' ')} ended with ${child.status}: ${child.stderr}`);
  return Number(end - start) / 1e6;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
