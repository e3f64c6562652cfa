/** What a copy of a vault that holds some realms alone says of itself. */
import type { Head } from '../documents/head.ts';

export interface PartialCopy {
  /** What it holds; `shared` may be among them. */
  readonly environments: readonly string[];
  /** The last entry that it has in common with the vault that it is a copy of. `hash` is hex. */
  readonly basis: Pick<Head, 'seq' | 'hash'>;
}
