/** Parts of the report that an auditor asks for. */
import { FORCEABLE } from '../domain/guards.ts';
import { WEAKEST_FIRST } from '../domain/rotation-record.ts';
import { KIND, ROTATION } from './rotation-part.ts';
import { arrayOf, count, described, flag, mapOf, nullable, object, OPEN, oneOf, ref, text, time } from './schema.ts';

const ENTRY = nullable(count('Number of the audit entry that proves it.'));
const PROOF_KIND = oneOf(WEAKEST_FIRST, 'How it is known that the old value is dead; the weakest first.');
const STATE = oneOf(['live', 'withdrawn', 'deleted']);

export const EXCEPTION = object({
  at: time('When it was forced or skipped.'),
  by: text('Account of whoever did it.'),
  kind: oneOf(['forced', 'skipped', 'accepted']),
  action: text('What was done.'),
  guards: described(arrayOf(oneOf(FORCEABLE)), 'Guards that were overridden.'),
  step: nullable(ref('step')),
  reason: nullable(text()),
  rotation: nullable(text('Id of the rotation that it was part of.')),
  entries: described(arrayOf(count('Number of an audit entry.')), 'Audit entries that prove it.'),
});

const PROOF = object({
  kind: PROOF_KIND,
  text: text('In words.'),
  at: time('When it was known.'),
  entry: ENTRY,
  environments: arrayOf(
    object({
      environment: text(),
      kind: PROOF_KIND,
      route: nullable(text('Whose probe was refused.')),
      status: nullable(count('HTTP status of that probe.')),
      through: nullable(text('For a shared value: the environment that was asked.')),
      source: nullable(text('Kind of the source that revoked it.')),
      at: time('When it was known.'),
    }),
  ),
});

export const ROTATION_EVIDENCE = object({
  ...ROTATION,
  startedBy: text('Account of whoever started it.'),
  endedAt: nullable(time('When it ended.')),
  endReason: nullable(text('Why it was taken back.')),
  dueAt: nullable(time('When the secret had to be rotated.')),
  rotatedAt: nullable(time('When the old value was revoked and deleted.')),
  onTime: nullable(flag('Null where nothing was due, or it is under way in time.')),
  lateBy: count('Seconds; 0 where it was not late.'),
  proof: nullable(PROOF),
  entries: object({
    started: ENTRY,
    steps: described(mapOf(count('Number of the audit entry.')), 'By the id of the step.'),
    revoked: ENTRY,
    ended: ENTRY,
  }),
});

const INCIDENT = object({
  rotation: nullable(text('Id of the rotation.')),
  reason: text(),
  startedAt: time('When it was reported.'),
  startedBy: text('Account of whoever reported it.'),
  revokedAt: nullable(time('When the old value was revoked.')),
  seconds: nullable(count('From the report to the revocation.')),
  entries: object({ reported: ENTRY, revoked: ENTRY }),
});

export const SECRET_EVIDENCE = object({
  name: text('The version that the policy is about.'),
  base: text('Name of the lineage.'),
  owner: nullable(text()),
  kind: KIND,
  every: nullable(count('Seconds between two rotations.')),
  state: STATE,
  createdAt: time('When that version was made.'),
  onTime: nullable(flag('Whether it was overdue at no moment of the period.')),
  rotations: arrayOf(ref('rotation-evidence')),
  exceptions: arrayOf(ref('exception')),
  incidents: arrayOf(INCIDENT),
  dueAt: nullable(time('When it is due next.')),
  overdue: arrayOf(object({ since: time('From.'), until: nullable(time('To; null while it lasts.')) })),
  policyChanges: arrayOf(
    object({
      at: time('When.'),
      by: text('Account of whoever changed it.'),
      name: text('The version whose policy was changed.'),
      from: mapOf(OPEN),
      to: mapOf(OPEN),
      entry: count('Number of the audit entry.'),
    }),
  ),
  versions: arrayOf(
    object({
      name: text(),
      version: count('Number of the version.'),
      state: STATE,
      createdAt: time('When it was made.'),
      withdrawnAt: nullable(time('When it was rolled back.')),
      deletedAt: nullable(time('When it was deleted.')),
      interval: nullable(count('Seconds between two rotations, by its policy.')),
      dueAt: nullable(time('When the secret was due while this version was the newest.')),
      entries: object({ created: ENTRY, withdrawn: ENTRY, deleted: ENTRY }),
    }),
  ),
});
