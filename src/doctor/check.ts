/** What a check of `knox doctor` is told, and what it says. */
import type { Moments } from '../domain/moments.ts';
import type { KnoxError } from '../errors.ts';
import type { AuditEntry } from '../vault/log/audit-entry.ts';
import type { AuditReport } from '../vault/verifying/verify-audit.ts';

export interface Checked {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  /** What to type or do; null where all is well. */
  readonly hint: string | null;
}

/** What is known of a vault that could be opened. */
export interface Opened {
  /** Time of the newest audit entry. */
  readonly lastEntryAt: string;
  /** The first entry from the future of this machine's clock, since that was accepted last; null where there is none. */
  readonly ahead: AuditEntry | null;
  readonly isTrusted: boolean;
  readonly isRolledBack: boolean;
  readonly identity: string;
  readonly report: AuditReport;
  /** What the database itself finds wrong with its file. */
  readonly damage: readonly string[];
  /** Absolute: where registered files lie, and so where what was left of them would. */
  readonly routeFolders: readonly string[];
  /** How many locks are held by runs under way, or why that is unknown. Those that nobody holds were swept away by asking. */
  readonly heldLocks: number | KnoxError;
}

/** What the checks get; gathered by the command. */
export interface Patient {
  readonly vaultFile: string;
  /** Null where it could not be opened. */
  readonly opened: Opened | null;
  /** Absolute; null where the key was not given as a file. */
  readonly keyFile: string | null;
  readonly stateFolder: string | null;
  readonly now: Date;
  /** How times are written. */
  readonly moments: Moments;
  readonly nodeVersion: string;
  /** Variables for `git`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Null, or nothing, where there is nothing to say. */
export type Check = (patient: Patient) => Checked | null | Promise<Checked | null>;

export const good = (check: string, message: string): Checked => ({ check, ok: true, message, hint: null });
export const bad = (check: string, message: string, hint: string): Checked => ({ check, ok: false, message, hint });
