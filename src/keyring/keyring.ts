/**
 * One interface for every place that keeps a key for a while. A kind that this system does not have gives null when it is opened; one
 * that is there and fails throws. None asks a person unless it is told that somebody can answer, and none waits for ever.
 */
import type { Variable } from '../domain/reference/variables.ts';
import type { Plaintext } from '../domain/plaintext.ts';

/** As it stands in JSON. */
export type KeyringName = 'secret-service' | 'keychain' | 'credential-manager' | 'kernel' | 'memory-file';

export interface Keyring {
  readonly name: KeyringName;
  /** In a sentence: "the Secret Service". */
  readonly title: string;
  /** @returns what was written for this account, or null. @throws io */
  read(account: string): Promise<Plaintext | null>;
  /** Takes the place of what was there. @param expiresAt when it is of no use any more: a kind that can forgets it by itself. @throws io */
  write(account: string, text: Plaintext, expiresAt: Date): Promise<void>;
  /** @returns whether there was something. @throws io */
  remove(account: string): Promise<boolean>;
  close(): void;
}

/** What a kind is opened with. */
export interface KeyringSurroundings {
  /** A variable of the environment; null where it is not set or empty. */
  readonly variable: (name: Variable) => string | null;
  /** Null: none that belongs to a system. */
  readonly platform: NodeJS.Platform | null;
  /** The user's number; null where the system has none. */
  readonly uid: number | null;
  readonly now: () => Date;
  readonly patience: Patience;
}

export interface Patience {
  /** How long a keyring may take to answer, in milliseconds. */
  readonly answer: number;
  /** How long a person may take to unlock it; null: nobody is asked. */
  readonly person: number | null;
}

/** @returns null where this system has no such keyring */
export type OpenKeyring = (surroundings: KeyringSurroundings) => Promise<Keyring | null>;
