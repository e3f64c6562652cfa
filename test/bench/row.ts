import type { Command } from './measure.ts';

/** One line of the table. */
export type Row = {
  /** What is compared; time where it is left out. */
  measure?: 'time' | 'memory';
  /** What `--only` takes. */
  name: string;
  work: string;
  against: string;
  /** The ratio to reach, or less. */
  target: number;
  /** Makes what both sides need in an empty folder. `missing` names a peer that is not on this machine. */
  prepare: (folder: string) => Promise<{ work: Command; against: Command } | { missing: string }>;
};
