/**
 * Times two programs against each other. Times on most machines drift, so only the ratio of two sides that took turns in one run
 * is worth anything: that of their medians, after a warm-up.
 */
import { spawnSync } from 'node:child_process';
import { peakOf } from './peak.ts';

export type Command = { argv: readonly string[]; cwd: string; env: Record<string, string> };

/** Medians, in milliseconds or in MB, and `work` over `against`. */
export type Measured = { unit: 'ms' | 'MB'; workFigure: number; againstFigure: number; ratio: number; rounds: number };

/** Rounds that are run and not counted: they fill the compile cache and the system's own. */
const WARM_UP = 4;

/** @param rounds how often each side is timed. @throws where a side does not exit with 0 */
export function measure(work: Command, against: Command, rounds: number): Measured {
  return inTurns(work, against, { rounds, warmUp: WARM_UP, unit: 'ms', figureOf: timeOf });
}

/** The same for the most memory that each side holds. */
export function measurePeak(work: Command, against: Command, rounds: number): Measured {
  return inTurns(work, against, { rounds, warmUp: 1, unit: 'MB', figureOf: peakOf });
}

interface Way {
  readonly rounds: number;
  readonly warmUp: number;
  readonly unit: Measured['unit'];
  readonly figureOf: (command: Command) => number;
}

function inTurns(work: Command, against: Command, { rounds, warmUp, unit, figureOf }: Way): Measured {
  const figures = { work: [] as number[], against: [] as number[] };
  for (let round = -warmUp; round < rounds; round += 1) {
    const workFigure = figureOf(work);
    const againstFigure = figureOf(against);
    if (round < 0) continue;
    figures.work.push(workFigure);
    figures.against.push(againstFigure);
  }
  const workFigure = median(figures.work);
  const againstFigure = median(figures.against);
  return { unit, workFigure, againstFigure, ratio: workFigure / againstFigure, rounds };
}

function timeOf({ argv, cwd, env }: Command): number {
  const start = process.hrtime.bigint();
  const child = spawnSync(argv[0]!, argv.slice(1), { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = process.hrtime.bigint();
  if (child.status !== 0) throw new Error(`${argv.join(' ')} ended with ${child.status}: ${child.stderr.toString()}`);
  return Number(end - start) / 1e6;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
