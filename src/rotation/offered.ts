/** A new value on its way into the vault, and what is kept beside it. */
import type { Plaintext } from '../domain/plaintext.ts';
import type { StoredRow } from '../store/tables.ts';

/** One value to get. */
export interface Place {
  readonly secret: StoredRow<'rotation_secret'>;
  /** An environment, or `shared`. */
  readonly environment: string;
}

export interface Offered {
  readonly place: Place;
  readonly value: Plaintext;
  readonly from: 'file' | 'stdin' | 'typed' | 'generated' | 'source';
  /** Made by knox itself, so that nobody else knows it yet. */
  readonly isGenerated: boolean;
  readonly facts?: OwnFacts;
}

export interface OwnFacts {
  /** What a source calls it. */
  readonly handle?: string;
  /** Getting it used the old value up. */
  readonly consumesOld?: true;
  /** Made by knox, or taken although its probe refused it: no service knows it before it was deployed. */
  readonly isUnknown?: true;
}
