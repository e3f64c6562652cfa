/** The report that an auditor asks for, as `evidence --json` has it. Every number in an `entr…` key is one of the audit log. */
import type { Kind } from '../domain/kinds.ts';
import type { StepId } from '../domain/step-texts.ts';
import type { ProofKind } from '../domain/rotation-record.ts';
import type { EnvironmentProof } from '../rotation/proof.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';

/** ISO times, both ends included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

export interface Evidence extends Period {
  readonly vault: string;
  readonly identity: string;
  /** Hash (hex) of the last audit entry, and its number: together they are KNOX_HEAD. */
  readonly head: string;
  readonly entries: number;
  /** Whether the keys of all environments were at hand, so that the records were checked and not only the log. */
  readonly verified: boolean;
  /** When the report was made. */
  readonly at: string;
  readonly secrets: readonly SecretEvidence[];
  /** Those that belong to no secret, such as an older copy of the vault that was accepted. */
  readonly exceptions: readonly Exception[];
  /** Whose signature covers the entries that the report names. Names of accounts (`by`, `startedBy`) are what each said of himself. */
  readonly keys: readonly SigningKey[];
}

export interface SigningKey {
  /** Of the slot. */
  readonly id: string;
  readonly label: string;
  readonly entries: readonly number[];
}

/**
 * One lineage. What is not a list is said of the version that its policy is about: the newest live one, but while a rotation is under way
 * the one that it leaves; the last one where none lives.
 */
export interface SecretEvidence {
  readonly name: string;
  readonly base: string;
  readonly owner: string | null;
  readonly kind: Kind;
  /** Seconds between two rotations, its own or what its kind says; null where there is no schedule. */
  readonly every: number | null;
  readonly state: 'live' | 'withdrawn' | 'deleted';
  readonly createdAt: string;
  /** Whether it was overdue at no moment of the period; null where it had no schedule. */
  readonly onTime: boolean | null;
  readonly rotations: readonly RotationEvidence[];
  readonly exceptions: readonly Exception[];
  readonly incidents: readonly Incident[];
  /** When it is due next; null where it never is. */
  readonly dueAt: string | null;
  readonly overdue: readonly Overdue[];
  readonly policyChanges: readonly PolicyChange[];
  readonly versions: readonly VersionEvidence[];
}

/** A stretch of time in which the secret was older than its policy allows. `until` is null while it lasts. */
export interface Overdue {
  readonly since: string;
  readonly until: string | null;
}

export interface VersionEvidence {
  readonly name: string;
  readonly version: number;
  readonly state: string;
  readonly createdAt: string;
  readonly withdrawnAt: string | null;
  readonly deletedAt: string | null;
  /** Seconds between two rotations, by the policy as it last was for this version; null for no schedule. */
  readonly interval: number | null;
  /** When the secret was due by the policy while this version was the newest. */
  readonly dueAt: string | null;
  readonly entries: {
    readonly created: number | null;
    readonly withdrawn: number | null;
    readonly deleted: number | null;
  };
}

export interface RotationEvidence extends RotationView {
  readonly startedBy: string;
  readonly endedAt: string | null;
  readonly endReason: string | null;
  /** When the secret had to be rotated; null where it had no schedule. */
  readonly dueAt: string | null;
  /** When the old value was revoked and deleted: what the policy asks for. */
  readonly rotatedAt: string | null;
  /** Null where nothing was due, and for one that is under way in time or was taken back. */
  readonly onTime: boolean | null;
  /** Seconds; 0 where it was not late. */
  readonly lateBy: number;
  /** Null while the old value was not revoked. */
  readonly proof: Proof | null;
  readonly entries: {
    readonly started: number | null;
    readonly steps: Readonly<Partial<Record<StepId, number>>>;
    readonly revoked: number | null;
    readonly ended: number | null;
  };
}

export interface Proof {
  /** The weakest of its environments. */
  readonly kind: ProofKind;
  readonly text: string;
  readonly at: string;
  readonly entry: number | null;
  /** In the vault's order, without those that kept their value. */
  readonly environments: readonly EnvironmentProof[];
}

/** A rule that somebody overrode: guards, with --force, or a step that was left out, which may have taken guards too. */
export interface Exception {
  readonly at: string;
  readonly by: string;
  readonly kind: 'forced' | 'skipped' | 'accepted';
  /** Of the audit entry: what was done. */
  readonly action: string;
  readonly guards: readonly string[];
  readonly step: StepId | null;
  readonly reason: string | null;
  /** Id of the rotation that it was part of. */
  readonly rotation: string | null;
  readonly entries: readonly number[];
}

export interface Incident {
  readonly rotation: string | null;
  readonly reason: string;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly revokedAt: string | null;
  /** From the report to the revocation; null while it is not revoked. */
  readonly seconds: number | null;
  readonly entries: { readonly reported: number | null; readonly revoked: number | null };
}

export interface PolicyChange {
  readonly at: string;
  readonly by: string;
  readonly name: string;
  readonly from: Readonly<Record<string, unknown>>;
  readonly to: Readonly<Record<string, unknown>>;
  readonly entry: number;
}
