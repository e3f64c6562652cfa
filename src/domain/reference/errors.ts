/** What each exit status and each error code means, and what to do: read by docs/reference, the manual page and `knox schema error`. */
import type { ErrorCode, ExitStatus } from '../../errors.ts';

export const EXITS: Readonly<Record<ExitStatus, string>> = {
  0: 'done; also an empty list',
  1: 'failed for another reason: the disk, the network, a command that knox ran, something that could not be read',
  2: 'wrong usage, invalid input, or an answer was needed and there was no terminal',
  3: 'findings at or above --fail-on; the report is the output, and there is no error',
  4: 'locked: no key, a wrong one, or one that was not given this environment or right',
  5: 'not found',
  6: 'conflict with what is there',
  7: 'refused by a guard; --force GUARD --reason TEXT overrides most of them',
  8: 'the vault is damaged, was tampered with or turned back, or its log does not verify',
  70: 'a bug in knox',
  130: 'cancelled at a prompt or by Ctrl-C',
};

/** How `knox run` exits where it is not as the command did. */
export const RUN_EXITS = {
  '125': 'knox failed before the command started, wrong usage included',
  '126': 'the command cannot be executed',
  '127': 'the command was not found',
  '128+N': 'the command was ended by signal N',
} as const;

export interface ErrorMeaning {
  readonly means: string;
  /** What to do about it, in Markdown. */
  readonly next: string;
}

export const ERRORS: Readonly<Record<ErrorCode, ErrorMeaning>> = {
  io: {
    means: 'a file, a stream or the network failed, or a notification was not delivered',
    next: 'look at the path or address in the message: permissions, free space, the connection',
  },
  hook_failed: {
    means: 'a test or deploy command of a route failed',
    next: 'fix what the command says, then run the same again',
  },
  probe_failed: {
    means: 'a probe did not get the status that it expects',
    next: '`knox route test ROUTE -e ENV` shows the answer; a refused value has to be replaced',
  },
  source_failed: {
    means: 'the source of a secret failed, or answered in a way that cannot be used',
    next: '`knox source test NAME` shows which action fails',
  },
  incomplete: {
    means: 'nothing was found, but something could not be read or was not believed',
    next: 'look at the warnings, make it readable, then run the same again',
  },
  no_keyring: {
    means: 'no keyring of this system can keep the key',
    next: 'give the key each time: `--key-file FILE`, or a passphrase',
  },
  usage: {
    means: 'the command line is wrong, or options cannot be combined',
    next: '`--help` behind the command says what it takes',
  },
  invalid_name: {
    means: 'a name has characters that it cannot have',
    next: 'take letters, digits, "_", "." and "-", beginning with a letter or "_"',
  },
  invalid_value: {
    means: 'a value or an option cannot be taken: empty, too long, or a credential where none belongs',
    next: 'the message names it; a credential is stored as a secret, and named by a placeholder',
  },
  template_invalid: {
    means: 'a placeholder is misspelt, or its value cannot stand where it is',
    next: 'go to the place that the message names',
  },
  needs_terminal: {
    means: 'a question has to be answered and there is no terminal; what was done is kept',
    next: 'give the option in the hint, or run it on a terminal',
  },
  vault_locked: {
    means: 'the vault needs a key and none was given',
    next: 'give `--key-file FILE`, set `KNOX_KEY_FILE`, or on a terminal: `knox unlock`',
  },
  wrong_key: {
    means: 'the key or passphrase does not open this vault, or cannot be read',
    next: 'check which key it is: `knox key list` shows those that open the vault',
  },
  not_granted: {
    means: 'the key was not given this environment, or may not administer the vault',
    next: 'ask somebody whose key has it: `knox key list`',
  },
  vault_not_found: {
    means: 'there is no vault here, or the file named is none',
    next: 'name it with `--vault FILE`, go to its folder, or make one: `knox init`',
  },
  secret_not_found: { means: 'no secret has this name', next: '`knox list` shows those that there are' },
  value_missing: {
    means: 'the secret has no value for this environment',
    next: '`knox add NAME -e ENV` stores one',
  },
  environment_not_found: { means: 'no environment has this name', next: '`knox env list` shows those that there are' },
  route_not_found: { means: 'no route has this name, or not for this environment', next: '`knox route list`' },
  rotation_not_found: { means: 'no such rotation is under way', next: '`knox rotations --all`' },
  key_not_found: { means: 'no key has this id or label', next: '`knox key list`' },
  notification_not_found: { means: 'no receiver of notifications has this id', next: '`knox notify list`' },
  vault_exists: {
    means: 'there is a vault in this place already',
    next: 'use it, choose another place, or for restore: `--force vault_exists --reason TEXT`',
  },
  secret_exists: {
    means: 'the name is taken, or by a secret that is shared where this one is not',
    next: 'choose another name, or add the value to the secret that is there',
  },
  value_exists: {
    means: 'the environment has a value, which never changes',
    next: '`knox rotate NAME` makes a new version; for a slip: `knox delete NAME -e ENV`',
  },
  environment_exists: { means: 'there is an environment of this name', next: 'choose another name' },
  environment_in_use: {
    means: 'the environment still has values or routes, or is the only one',
    next: 'remove what the message names first',
  },
  rotation_in_progress: {
    means: 'a rotation of the secret is under way, maybe in another process',
    next: 'finish it or take it back: `knox rotate NAME`, `knox rotate NAME --rollback`',
  },
  file_exists: { means: 'a file is there already and is not overwritten', next: 'name another file' },
  file_changed: {
    means: 'a file changed while knox worked on it, and was left alone',
    next: 'run the command again: it reads the file again',
  },
  vault_busy: { means: 'another process is writing to the vault', next: 'run the same again in a moment' },
  last_key: {
    means: 'it is the last key that administers the vault',
    next: 'add another first: `knox key add --key-file FILE --admin`',
  },
  too_early: { means: 'the time to watch production has not passed', next: 'wait until the time in the message' },
  still_referenced: { means: 'a file or route still names the secret', next: 'replace it: `knox rotate NAME`' },
  still_used: { means: 'the value was used lately', next: 'find who uses it: `knox audit NAME`' },
  untested: {
    means: 'a probe refused the value, or a placeholder was added since its route was registered',
    next: 'look at the value, or register the route again: `knox route add FILE -e ENV`',
  },
  unreleased: {
    means: 'the rotation has not moved production to this version yet',
    next: 'continue the rotation: `knox rotate NAME`',
  },
  wrong_environment: {
    means: 'a live credential for pre-production, or a test one for production',
    next: 'give the value that belongs there',
  },
  same_value: {
    means: 'another environment or an earlier version has the same value',
    next: 'make a value of its own; a plain setting is `--kind config`',
  },
  untrusted_vault: {
    means: 'this machine has never seen this vault, so it may be a forged one',
    next: 'compare the identity with a colleague, then: `knox trust IDENTITY`, or `KNOX_TRUST=IDENTITY`',
  },
  untrusted_command: {
    means: 'a command or address that a key with fewer rights registered was not allowed here',
    next: 'read it, then: `knox trust --commands-of LABEL`, or `KNOX_TRUST_COMMANDS=LABEL`',
  },
  no_way_back: {
    means: 'it is too late to roll back or abort: the old value is revoked or files were rewritten',
    next: 'continue the rotation, or start another one',
  },
  vault_damaged: {
    means: 'the vault was changed by something other than knox, or its file is broken',
    next: '`knox doctor` says what is wrong; restore a copy: `knox restore FILE`',
  },
  vault_rolled_back: {
    means: 'the vault is older than this machine, or KNOX_HEAD, has seen it',
    next: 'get the newest file; if it was meant: `knox doctor --accept-rollback --reason TEXT`',
  },
  vault_newer: { means: 'a newer version of knox wrote this vault', next: 'install that version' },
  audit_broken: {
    means: 'an entry of the log was changed, removed or moved',
    next: '`knox audit verify` names it; restore a copy: `knox restore FILE`',
  },
  bug: {
    means: 'knox failed in a way that it should not; nothing is left half done',
    next: 'report it with the command, without values',
  },
  cancelled: { means: 'somebody said no, or pressed Ctrl-C', next: 'run it again when you want it' },
};
