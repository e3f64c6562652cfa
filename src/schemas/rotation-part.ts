/** A rotation, and what stands in several documents beside it. */
import { KINDS } from '../domain/kinds.ts';
import { NEEDS_KINDS, ROTATION_STATES } from '../domain/rotation-record.ts';
import { arrayOf, described, flag, nullable, object, oneOf, ref, text, time } from './schema.ts';
import type { Schema } from './schema.ts';

export const NAMES = (about: string): Schema => described(arrayOf(text()), about);
export const KIND = oneOf(KINDS, 'How often it is rotated where nothing else was said, and what it is exempt from.');
const STEP = ref('step');

export const ROTATION = {
  id: text('Id of the rotation.'),
  base: text('Name of the lineage; of several secrets the first.'),
  from: text('The old version.'),
  to: text('The new version.'),
  secrets: arrayOf(object({ base: text(), from: text(), to: text() })),
  state: oneOf(ROTATION_STATES),
  step: nullable(described(STEP, 'The first step that is not done; null once all are.')),
  startedAt: time('When it was started.'),
  waitUntil: nullable(time('Until when it waits.')),
  needs: nullable(
    object({
      kind: oneOf(NEEDS_KINDS, 'What it waits for.'),
      step: STEP,
      until: nullable(time('For time: until when.')),
      environments: NAMES('Environments that it concerns.'),
    }),
  ),
  next: text('What to do next, in one sentence.'),
  incident: nullable(
    object({
      reason: text('Why the value counts as leaked.'),
      startedAt: time('When it was reported.'),
      revokedAt: nullable(time('When the old value was revoked.')),
    }),
  ),
  steps: arrayOf(
    object({
      id: STEP,
      state: oneOf(['done', 'current', 'todo', 'skipped', 'failed']),
      at: nullable(time('When it was done.')),
      by: nullable(text('Account of whoever did it.')),
      detail: nullable(text('How it went, in words.')),
    }),
  ),
  routes: arrayOf(
    object({ path: text(), environments: NAMES('In the order of the vault.'), rewritten: flag('By this rotation.') }),
  ),
};
