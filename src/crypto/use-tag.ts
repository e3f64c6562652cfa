/** The tag of a use that is written down outside the vault: nobody claims one for an environment whose key they were not given. */
import { frame } from './frame.ts';
import { rowKey } from './keys.ts';
import { hash } from './sodium.ts';

/** What the tag covers, every field of it. */
export interface TaggedUse {
  readonly vault: string;
  /** Id of the environment's key. */
  readonly under: string;
  readonly at: string;
  /** Id of the secret's row, and its name. */
  readonly id: string;
  readonly secret: string;
  readonly environment: string;
  readonly consumer: string;
  readonly actor: string;
  /** Slot id of the key that opened the vault. */
  readonly key: string;
  /** More for the record, as JSON; empty for nothing. */
  readonly detail: string;
}

/** @param environmentKey of the use's environment, or the shared one @returns 32 bytes */
export function useTag(environmentKey: Uint8Array, use: TaggedUse): Uint8Array {
  const { vault, under, at, id, secret, environment, consumer, actor, key, detail } = use;
  return hash(
    frame('knox/use/1', vault, under, at, id, secret, environment, consumer, actor, key, detail),
    rowKey(environmentKey),
  );
}
