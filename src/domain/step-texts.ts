/**
 * The eleven steps of a rotation in words: what the guide, `--status` and `--checklist` say of each. Scripts rely on the
 * ids and their order; what a step needs at a given moment is said by the rotation itself.
 */
import type { STEP_IDS } from './choices.ts';

export interface StepText {
  /** A few words, as a heading. */
  readonly title: string;
  /** One sentence: what happens in this step. */
  readonly does: string;
  /** One sentence: why it is worth the time. */
  readonly why: string;
  /** One sentence: how to get back from here. */
  readonly undo: string;
}

const ABORT = 'Nothing in use has changed yet: `--abort` ends the rotation here.';

export const STEP_TEXTS = {
  document: {
    title: 'Record where it is used',
    does: 'knox records every registered file that uses the secret, and warns about other files in the project that do.',
    why: 'A forgotten place breaks on the day the old value is revoked.',
    undo: ABORT,
  },
  generate: {
    title: 'Get the new values',
    does: 'A new value for each environment is generated or asked for, and tested by the probes. The old one stays in use.',
    why: 'The old and the new value must work side by side, so that no service stops during the change.',
    undo: 'Nothing in use has changed yet: `--abort` ends the rotation here. Revoke a value that a provider made there yourself.',
  },
  create: {
    title: 'Store the new version',
    does: 'knox stores the new values as a new version, next to the old one.',
    why: 'The old value stays as it is, so that going back is always possible.',
    undo: 'Nothing in use has changed yet: `--abort` ends the rotation here and withdraws the new version.',
  },
  'update-staging': {
    title: 'Update staging',
    does: 'The files of each pre-production environment are rewritten to the new version, and deployed.',
    why: 'A bad key fails here, not in production.',
    undo: '`--rollback` puts the old name back into every rewritten file and deploys again.',
  },
  'test-staging': {
    title: 'Test staging',
    does: 'Each pre-production route is probed and tested with the new value.',
    why: 'Production changes only after the new value has been seen to work.',
    undo: '`--rollback` puts pre-production back on the old version; production was never touched.',
  },
  'update-production': {
    title: 'Update production',
    does: 'One environment after the other: its probes are sent with the new value, then its files are rewritten and deployed.',
    why: 'One at a time: a failure stops the rest, and the old version stays in use.',
    undo: '`--rollback` puts the old name back everywhere and deploys again; the old value still works.',
  },
  monitor: {
    title: 'Watch production',
    does: 'knox waits until the window has passed, and probes production again each time it runs.',
    why: 'A nightly job or a forgotten machine only shows up after a while.',
    undo: '`--rollback` still works: the old value is kept for the whole window.',
  },
  verify: {
    title: 'Verify the old value is idle',
    does: 'knox looks for failed logins with the new version and for uses of the old one, and probes once more.',
    why: 'The old value is revoked only when nothing is seen to need it.',
    undo: '`--rollback` still works; after the next step it does not.',
  },
  'delete-old': {
    title: 'Revoke the old value',
    does: 'The old credential is revoked where it was made and proven dead, and its version is deleted.',
    why: 'A rotation protects nothing while the old value still opens the door.',
    undo: '`--rollback` works until the value is revoked. After that, start a new rotation.',
  },
  'update-docs': {
    title: 'Update the documentation',
    does: 'knox writes a Markdown record of this rotation and asks you to update your documentation.',
    why: 'The next person, or an auditor, can see what changed, when and by whom.',
    undo: 'There is nothing to undo: the record states what happened.',
  },
  'schedule-next': {
    title: 'Schedule the next rotation',
    does: 'The kind of the secret sets the next due date.',
    why: 'What is on the calendar gets done before it is overdue.',
    undo: 'The interval can be changed at any time: `knox set NAME --every DURATION`.',
  },
} as const satisfies Record<(typeof STEP_IDS)[number], StepText>;

export type StepId = keyof typeof STEP_TEXTS;

/** A step's title within a sentence: `update staging`. */
export function titleWithin(step: StepId): string {
  const { title } = STEP_TEXTS[step];
  return `${title.charAt(0).toLowerCase()}${title.slice(1)}`;
}
