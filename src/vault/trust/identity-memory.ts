/**
 * What this machine remembers, for a copy that lies somewhere for a moment: whom to trust counts, how new it must be does not, and
 * nothing is remembered of it.
 */
import { HeadMemory } from './head-memory.ts';
import type { Remembered } from './head-memory.ts';

export class IdentityMemory extends HeadMemory {
  override at(): readonly Remembered[] {
    return [];
  }
  override remember(): void {
    // It is about to be moved, or changed once more.
  }
}
