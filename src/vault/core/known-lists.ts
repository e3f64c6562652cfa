/** Lists of the tree that were checked before, in other transactions of this process. */
import type { ByteList, RootList } from '../documents/tree.ts';

/** Some 8 MB of node lists. */
const MOST_LISTS = 1000;

/** Lists that were found to have a digest, by that digest (hex): the bytes of nodes and roots, the ids and digests of what they lead to. */
export class Known {
  readonly roots = new Map<string, RootList>();
  readonly nodes = new Map<string, ByteList>();
  /** Seals that were checked, as text. */
  readonly seals = new Set<string>();

  /** A process that runs long sees many: what is let go is checked again. */
  trim(): void {
    if (this.nodes.size > MOST_LISTS) this.nodes.clear();
    if (this.roots.size > MOST_LISTS) this.roots.clear();
    if (this.seals.size > MOST_LISTS) this.seals.clear();
  }
}
