/** Whether a command runs, or something is sent, without asking the person here first. */

/** What a slot holds. */
export interface Holding {
  readonly isAdmin: boolean;
  /** Names of realms; null for all. */
  readonly realms: readonly string[] | null;
}

export interface RunFacts {
  /** A command; an address on this machine or in its network counts as one. */
  readonly what: 'command' | 'address';
  /** The slot in the manifest that vouches for it; null for one that was removed, and where none does. */
  readonly voucher: Holding | null;
  /** Every key of this vault that was used on this machine, the one at hand among them. */
  readonly used: readonly Holding[];
  /** Realms whose values go to the address. */
  readonly sent: readonly string[];
  /** Every realm of the vault. */
  readonly all: readonly string[];
  /** Allowed by the person here: this text, or all that this slot vouches for. */
  readonly isAllowed: boolean;
  /** Put by an older entry than what ran here last in its place. */
  readonly isOlder: boolean;
}

/** `unvouched`: nobody with a key vouches for it. `fewer`: whoever does has fewer keys. `older`: it was replaced by an older one. */
export type Why = 'unvouched' | 'fewer' | 'older';

export function mayRun(facts: RunFacts): 'runs' | { readonly asks: Why } {
  if (facts.isOlder) return { asks: 'older' };
  if (facts.isAllowed) return 'runs';
  const { voucher } = facts;
  if (voucher === null) return { asks: 'unvouched' };
  if (voucher.isAdmin) return 'runs';
  const realmsOf = ({ realms }: Holding): readonly string[] => realms ?? facts.all;
  const needed = facts.what === 'address' ? facts.sent : facts.used.flatMap(realmsOf);
  const held = new Set(realmsOf(voucher));
  return needed.every((realm) => held.has(realm)) ? 'runs' : { asks: 'fewer' };
}
