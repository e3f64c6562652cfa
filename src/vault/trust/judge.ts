/**
 * Whom to trust: one pure function over what was seen of a vault, what was given, and what this machine remembers. One case is one row of the
 * table in test/unit/judge.test.ts.
 */
import type { WarningCode } from '../../domain/reference/warnings.ts';
import { errors } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';

/** What this machine remembers of the vault, at this place or at another. */
export interface SeenBefore {
  readonly location: string;
  readonly identity: string;
  readonly generation: number;
  readonly seq: number;
  readonly realms: Readonly<Record<string, number>>;
  readonly earlier?: readonly string[];
}

export interface Facts {
  readonly identity: string;
  readonly generation: number;
  /** Number of the newest entry. */
  readonly seq: number;
  /** Ids of the realms, and the newest entry of each. */
  readonly realms: Readonly<Record<string, number>>;
  /** Whether the links lead from an identity to the vault's own. */
  readonly leads: (identity: string) => boolean;
  /** The identity that the key at hand names: its file's own line, or what a passphrase's slot wraps. */
  readonly keyIdentity: string | null;
  readonly keyKind: 'file' | 'kept' | 'passphrase' | null;
  /** `KNOX_TRUST`. */
  readonly trusted: string | null;
  /** What was seen in this place, and whether the log holds the entry that was the newest then. */
  readonly known: SeenBefore | null;
  readonly isKnownHeld: boolean;
  /** What was seen at other places, newest first. */
  readonly others: readonly SeenBefore[];
  /** `KNOX_HEAD`: whether the vault holds it; null where it was not given. */
  readonly isExpectedHeadHeld: boolean | null;
  readonly expectedHead: number | null;
  /** The command takes the vault as it is: what it is older than is not a refusal. */
  readonly isAccepting: boolean;
}

/**
 * `turned-back`: the log is older than what was here. `behind`: its keys, or the records of an environment, are. `older-manifest`: its keys are
 * older than those seen at another place.
 */
export type Standing = 'newest' | 'turned-back' | 'behind' | 'older-manifest';

export interface Verdict {
  /** Whether the identity is one that was expected. */
  readonly isTrusted: boolean;
  readonly standing: Standing;
  readonly warning: { readonly code: WarningCode; readonly text: string } | null;
}

/** @returns an error where the vault is not to be used at all */
export function judge(facts: Facts): Verdict | KnoxError {
  const { identity, generation, known, others, leads, isAccepting } = facts;
  if (facts.isExpectedHeadHeld === false) {
    return errors.vault_rolled_back(
      `this vault does not contain audit entry ${facts.expectedHead} of KNOX_HEAD and all before it`,
      'it is an older copy, or another history',
    );
  }
  const elsewhere = known === null ? (others.find((seen) => leads(seen.identity)) ?? null) : null;
  const expected = expectedIdentity(facts, elsewhere);
  if (expected !== null && !leads(expected)) return notExpected(identity, expected);
  // What a keyring holds makes no vault trusted by itself, but it does tell that this is another one.
  const { keyKind, keyIdentity } = facts;
  if (expected === null && keyKind === 'kept' && keyIdentity !== null && !leads(keyIdentity))
    return notExpected(identity, keyIdentity);
  const behind = known === null ? null : behindWhy(facts, known);
  if (known !== null && !isAccepting) {
    if (behind !== null) return behind;
    if (facts.isKnownHeld && !leads(known.identity)) return notExpected(identity, known.identity);
  }
  // A root that went can sign a link to a vault of somebody's own making. Where this machine has seen what really followed, only that counts,
  // unless the very identity was named; what came before it is an older copy.
  const isOnTheLine = (seen: SeenBefore): boolean => leads(seen.identity) || seen.earlier?.includes(identity) === true;
  const seen = known === null || isAccepting ? others : [known, ...others];
  const contradiction = expected === null || expected === identity ? undefined : seen.find((one) => !isOnTheLine(one));
  if (contradiction !== undefined) {
    return errors.vault_damaged(
      `this vault is not the one that followed ${expected}: its identity is ${identity}, this machine has seen ${contradiction.identity}`,
      'somebody with an earlier key made it; if not, ask who made the new keys, and put the identity into the key file',
    );
  }
  const isTrusted = expected !== null;
  if (known !== null && (!facts.isKnownHeld || behind !== null)) {
    const text =
      'this vault is older than the one last seen here: uses are not recorded, and nothing in it can be changed';
    const standing = behind === null ? 'turned-back' : 'behind';
    return { isTrusted, standing, warning: { code: 'vault_rolled_back', text } };
  }
  if (known === null) {
    const older = others.find((one) => one.generation > generation || one.earlier?.includes(identity) === true);
    if (older !== undefined) {
      const text = `this copy of the vault has older keys than the one seen at ${older.location}: uses are not recorded, and nothing in it can be changed`;
      return { isTrusted, standing: 'older-manifest', warning: { code: 'older_copy', text } };
    }
    const newer = others.find((one) => one.seq > facts.seq);
    if (newer !== undefined) {
      const text = `this copy of the vault is older than the one seen at ${newer.location}`;
      return { isTrusted, standing: 'newest', warning: { code: 'older_copy', text } };
    }
  }
  return { isTrusted, standing: 'newest', warning: null };
}

/** The first that is there decides: the key file's own line, KNOX_TRUST, the passphrase's slot, what this machine remembers. */
function expectedIdentity(facts: Facts, elsewhere: SeenBefore | null): string | null {
  const { keyIdentity, keyKind, trusted, known } = facts;
  const wasHere = known !== null && known.earlier?.includes(facts.identity) === true;
  const remembered = wasHere ? facts.identity : (known?.identity ?? elsewhere?.identity ?? null);
  // What a keyring holds may be another's doing: it counts only together with what was seen here.
  const own = keyKind === 'kept' && remembered === null ? null : keyIdentity;
  if (keyKind === 'file' || keyKind === 'kept') return own ?? trusted ?? remembered;
  return trusted ?? own ?? remembered;
}

function notExpected(identity: string, expected: string): KnoxError {
  return errors.vault_damaged(
    `this is not the expected vault: its identity is ${identity}, not ${expected}`,
    'it was replaced, or another vault is in its place',
  );
}

/** Older keys, or an environment that is behind although the log is not: nobody comes to that by putting back a copy of a whole vault. */
function behindWhy({ identity, generation, realms, isKnownHeld }: Facts, known: SeenBefore): KnoxError | null {
  const hints = ['restore the vault that was here', 'to use this one: knox doctor --accept-rollback --reason TEXT'];
  if (known.earlier?.includes(identity) === true)
    return errors.vault_rolled_back('the keys of this vault are older than those last seen here', ...hints);
  if (generation < known.generation)
    return errors.vault_rolled_back(
      `the list of keys of this vault is older than the one last seen here: generation ${generation}, not ${known.generation}`,
      ...hints,
    );
  const behind = Object.entries(known.realms).some(
    ([realm, seq]) => realms[realm] !== undefined && realms[realm] < seq,
  );
  if (isKnownHeld && behind)
    return errors.vault_rolled_back('the records of an environment are older than those last seen here', ...hints);
  return null;
}
