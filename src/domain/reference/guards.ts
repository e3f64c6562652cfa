/** What each guard prevents, where it refuses, and what else can be done: read by docs/reference. */
import type { FixedGuard } from '../../errors.ts';
import type { Force } from '../guards.ts';

export interface GuardMeaning {
  readonly prevents: string;
  /** Commands that it may refuse. */
  readonly at: readonly string[];
  /** What to do rather than to override it, in Markdown. */
  readonly instead: string;
}

export const GUARDS: Readonly<Record<Force | FixedGuard, GuardMeaning>> = {
  too_early: {
    prevents: 'an outage: revoking the old value before production has run on the new one for long enough',
    at: ['rotate'],
    instead: 'wait; for a leak: `knox rotate NAME --compromised --reason TEXT`',
  },
  still_referenced: {
    prevents: 'an outage: a file or route that names the secret would fail to render once it is gone',
    at: ['delete', 'rotate'],
    instead: '`knox rotate NAME` rewrites the routes; take the name out of other files',
  },
  still_used: {
    prevents: 'an outage: whoever used the value lately may need it again',
    at: ['delete', 'rotate'],
    instead: 'find who it is with `knox audit NAME`, move it to the new version, and wait',
  },
  untested: {
    prevents: 'production running on a value that its probe refused, and a secret slipped into a registered file',
    at: ['rotate', 'render'],
    instead: 'give a value that the probe accepts, or register the file again',
  },
  unreleased: {
    prevents: 'production getting the new version before its step of the rotation',
    at: ['get', 'export', 'render', 'run', 'route test', 'source test'],
    instead: 'name the version that production is on, or NAME@current',
  },
  wrong_environment: {
    prevents: 'tests with a live credential, and production running on a test one',
    at: ['add', 'import', 'migrate', 'rotate'],
    instead: 'give the value that belongs there; for a plain setting: `--kind config`',
  },
  same_value: {
    prevents: 'the leak of one environment opening another, and a rotation that changes nothing',
    at: ['add', 'migrate', 'rotate'],
    instead: 'make a value of its own; for a plain setting: `--kind config`',
  },
  vault_exists: {
    prevents: 'losing the vault that is there; with --force it is kept beside the one that is put back',
    at: ['restore'],
    instead: 'restore to another place: `--vault FILE`',
  },
  untrusted_vault: {
    prevents: 'the use of a forged vault in place of the real one',
    at: ['every command that writes, runs a command or sends a request'],
    instead: 'compare the identity with a colleague, then: `knox trust IDENTITY`',
  },
  untrusted_command: {
    prevents: 'running commands of somebody whose key opens less than yours',
    at: ['rotate', 'rotations continue', 'route test', 'source test', 'check', 'notify test'],
    instead: 'read the command, then: `knox trust --commands-of LABEL`',
  },
  no_way_back: {
    prevents: 'production going back to a value that no longer works',
    at: ['rotate'],
    instead: 'continue the rotation, or start another one',
  },
};
