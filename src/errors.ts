/**
 * Every failure that a user can meet, in one place: its stable code, its exit status, and the functions that build it.
 * A message says what happened and where; a hint is something to type or do next. Neither ever holds a secret value.
 */

/** Exit status by `error.code`. */
const EXIT = {
  io: 1,
  hook_failed: 1,
  probe_failed: 1,
  source_failed: 1,
  incomplete: 1,
  no_keyring: 1,
  usage: 2,
  invalid_name: 2,
  invalid_value: 2,
  template_invalid: 2,
  needs_terminal: 2,
  vault_locked: 4,
  wrong_key: 4,
  not_granted: 4,
  vault_not_found: 5,
  secret_not_found: 5,
  value_missing: 5,
  environment_not_found: 5,
  route_not_found: 5,
  rotation_not_found: 5,
  key_not_found: 5,
  notification_not_found: 5,
  vault_exists: 6,
  secret_exists: 6,
  value_exists: 6,
  environment_exists: 6,
  environment_in_use: 6,
  rotation_in_progress: 6,
  file_exists: 6,
  file_changed: 6,
  vault_busy: 6,
  last_key: 6,
  too_early: 7,
  still_referenced: 7,
  still_used: 7,
  untested: 7,
  unreleased: 7,
  wrong_environment: 7,
  same_value: 7,
  untrusted_vault: 7,
  untrusted_command: 7,
  no_way_back: 7,
  vault_damaged: 8,
  vault_rolled_back: 8,
  vault_newer: 8,
  audit_broken: 8,
  bug: 70,
  cancelled: 130,
} as const;

export type ErrorCode = keyof typeof EXIT;
/** With those that are no error: done, and findings. */
export type ExitStatus = (typeof EXIT)[ErrorCode] | 0 | 3;
export const ERROR_CODES = Object.keys(EXIT) as ErrorCode[];

/** Guards that `--force GUARD` may name (exit 7). `vault_exists` is the one conflict that is forced too. */
export const FORCEABLE_GUARDS = [
  'too_early',
  'still_referenced',
  'still_used',
  'untested',
  'unreleased',
  'wrong_environment',
  'same_value',
] as const;
export type Guard = (typeof FORCEABLE_GUARDS)[number];

/** Guards that nothing overrides. */
export const FIXED_GUARDS = ['untrusted_vault', 'untrusted_command', 'no_way_back'] as const;
export type FixedGuard = (typeof FIXED_GUARDS)[number];

const BRAND = Symbol.for('knox.error');

export class KnoxError extends Error {
  readonly code: ErrorCode;
  readonly hints: readonly string[];
  readonly exit: number;
  /** Whether it means "this can be read but not written". */
  readonly isReadOnly: boolean;
  /** Marks the error across copies of this module, where `instanceof` would fail. */
  readonly [BRAND] = true;
  #kept: Kept | null = null;

  constructor(code: ErrorCode, message: string, hints: readonly string[], cause?: unknown, isReadOnly = false) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KnoxError';
    this.code = code;
    this.hints = hints;
    this.exit = EXIT[code];
    this.isReadOnly = isReadOnly;
  }

  /** What of it may be kept in the vault: what a program printed comes after the first line of a message. */
  get kept(): Kept {
    return this.#kept ?? { said: this.message.split('\n')[0]!, hint: this.hints[0] ?? null };
  }

  /** For a message that holds what a server said: says what is kept of it instead. */
  keeping(said: string, hint: string | null = null): this {
    this.#kept = { said, hint };
    return this;
  }
}

/** One line each, in knox's own words. */
interface Kept {
  readonly said: string;
  /** What to do about it. */
  readonly hint: string | null;
}

export function isKnoxError(error: unknown): error is KnoxError {
  return typeof error === 'object' && error !== null && (error as { [BRAND]?: boolean })[BRAND] === true;
}

type Build = (message: string, ...hints: string[]) => KnoxError;

function of(code: ErrorCode): Build {
  return (message, ...hints) => new KnoxError(code, message, hints);
}

/** The catalogue: `throw errors.usage('…', 'hint')`. One builder a code, so that no code can be misspelt. */
export const errors = Object.fromEntries(ERROR_CODES.map((code) => [code, of(code)])) as unknown as {
  readonly [Code in ErrorCode]: Build;
};

/** The exit status that belongs to a code. */
export function exitOf(code: ErrorCode): number {
  return EXIT[code];
}

/** The file of the vault is damaged, and knox cannot repair it. */
export function damagedVault(message: string): KnoxError {
  return errors.vault_damaged(message, RESTORE_A_COPY);
}
export const RESTORE_A_COPY = 'restore an intact copy of the vault';

/** Something in the vault was changed by another program: `audit verify` says what. */
export function alteredVault(message: string): KnoxError {
  return errors.vault_damaged(message, VERIFY_THE_LOG);
}

/** The same of the log. */
export function brokenAudit(message: string): KnoxError {
  return errors.audit_broken(message, VERIFY_THE_LOG);
}
const VERIFY_THE_LOG = 'see what changed: knox audit verify';

/** @param hint how to see those that there are */
export function unknownEnvironment(name: string, hint = 'see them: knox env list'): KnoxError {
  return errors.environment_not_found(`this vault has no environment "${name}"`, hint);
}

export function needsKey(): KnoxError {
  return errors.vault_locked('this needs a key of the vault', 'give one: --key-file FILE, or set KNOX_KEY_FILE');
}

/** @param hint how to add a value */
export function noLiveVersion(name: string, hint: string): KnoxError {
  return errors.secret_not_found(`no version of ${name} is live`, hint);
}

/** The name belongs to a rotation that has not stored it yet. */
export function versionInRotation(name: string): KnoxError {
  return errors.rotation_in_progress(
    `${name} is the version that a rotation is making`,
    `continue it, or give it its values: knox rotate ${name}`,
  );
}

/** @param places routes, with their environments @param hints what to do instead of forcing it */
export function stillNamed(name: string, places: readonly string[], ...hints: string[]): KnoxError {
  return errors.still_referenced(
    `${name} is still named by ${places.join(', ')}`,
    ...hints,
    forceHint('still_referenced'),
  );
}

/** @param hint what to do about it */
export function notRegistered(path: string, environment: string, hint: string): KnoxError {
  return errors.route_not_found(`${path} is not registered for ${environment}`, hint);
}

export function vaultExists(file: string): KnoxError {
  return errors.vault_exists(`a vault already exists at ${file}`, 'use another place: knox --vault FILE init');
}

/** @param path as it is shown */
export function brokenLink(path: string, hint: string): KnoxError {
  return errors.io(`cannot write ${path}: it is a broken link`, hint);
}

/** Two options, or an argument and an option, of which a command takes one. */
export function cannotCombine(one: string, other: string, ...hints: string[]): KnoxError {
  return errors.usage(`${one} and ${other} can't be combined`, ...(hints.length === 0 ? ['use one of them'] : hints));
}

/** An option that is recorded with a reason, without one. */
export function needsReason(flag: string): KnoxError {
  return errors.usage(`${flag} needs a reason (it is recorded)`, 'add --reason TEXT');
}

/** The hint that names the way past a guard. */
export function forceHint(guard: Guard): string {
  return `or: --force ${guard} --reason TEXT`;
}

/** A failed system call, without its stack: what was tried, on which path, and the system's own word for it. */
export function systemError(what: string, error: unknown, ...hints: string[]): KnoxError {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error';
  return new KnoxError('io', `${what}: ${SYSTEM_WORDS[code] ?? code}`, hints, error);
}

/** Something that can be read but not written. */
export function readOnlyError(what: string, ...hints: string[]): KnoxError {
  return new KnoxError('io', what, hints, undefined, true);
}

const SYSTEM_WORDS: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'read-only file system',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'too many symbolic links',
  EBUSY: 'the file is in use (a mount point cannot be replaced)',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'name too long',
  EEXIST: 'already exists',
  EIO: 'input/output error',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host not found',
  ETIMEDOUT: 'timed out',
};
