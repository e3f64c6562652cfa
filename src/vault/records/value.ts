/** A value, encrypted, and what was found when it was written. A value never changes: it is stored, and it is destroyed. */
import { flag, id, listOf, object, optional, text, time } from './codec.ts';
import type { Of } from './codec.ts';
import { secretName } from './name.ts';

/** What was found when it was written. Nothing that could be guessed against. */
const facts = object({
  /** Places whose value was the same. */
  sameAs: listOf(object({ name: secretName, realm: text })),
  wrongEnvironment: flag,
  /** What its source calls it. */
  handle: optional(text),
  /** Getting it used the old value up. */
  consumesOld: optional(flag),
  /** Made by knox, or taken although its probe refused it: no service knows it before it was deployed. */
  isUnknown: optional(flag),
});

export const valueCodec = object({
  id,
  name: secretName,
  /** Id of the realm's key that it is encrypted with. */
  key: id,
  facts,
  createdAt: time,
  createdBy: text,
});
export type ValueFacts = Of<typeof facts>;
