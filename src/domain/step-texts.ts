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

const ABORT = 'Nothing that runs has changed yet: `--abort` ends the rotation here.';

export const STEP_TEXTS = {
  document: {
    title: 'Record where it is used',
    does: 'knox records each registered file that names the secret, and warns of other files of the project that do.',
    why: 'A place that nobody remembers is what breaks on the day the old value dies.',
    undo: ABORT,
  },
  generate: {
    title: 'Get the new values',
    does: 'A new value for each environment is made or asked for, and tried by the probes, while the old one stays in use.',
    why: 'Old and new have to work side by side, so that no service stops while the change is under way.',
    undo: 'Nothing that runs has changed yet: `--abort` ends the rotation here; a value that a provider made is then yours to revoke there.',
  },
  create: {
    title: 'Store the new version',
    does: 'knox stores the new values as a version of its own, beside the old one.',
    why: 'The old value stays as it is, so that going back is always possible.',
    undo: 'Nothing that runs has changed yet: `--abort` ends the rotation here and withdraws the new version.',
  },
  'update-staging': {
    title: 'Update staging',
    does: 'The files of each pre-production environment are rewritten to the new version, and deployed.',
    why: 'A bad key fails here, not in production.',
    undo: '`--rollback` puts the old name back into every file that was rewritten, and deploys them again.',
  },
  'test-staging': {
    title: 'Test staging',
    does: 'Each pre-production route is probed and tested with the new value.',
    why: 'Production is changed only after the new value was seen to work.',
    undo: '`--rollback` puts pre-production back on the old version; production was never touched.',
  },
  'update-production': {
    title: 'Update production',
    does: 'One environment after the other: its probes are sent with the new value, then its files are rewritten and deployed.',
    why: 'One at a time, so that a failure stops after the first and the old version still serves.',
    undo: '`--rollback` puts the old name back everywhere and deploys again; the old value still works.',
  },
  monitor: {
    title: 'Watch production',
    does: 'knox waits until the window has passed, and probes production again each time it runs.',
    why: 'A job that runs once a night, or a forgotten machine, shows only after a while.',
    undo: '`--rollback` still takes everything back: the old value is kept alive for the whole window.',
  },
  verify: {
    title: 'Verify the old value is idle',
    does: 'knox looks for failed logins with the new version and for uses of the old one, and probes once more.',
    why: 'The old value is taken away only when nothing is seen to need it.',
    undo: '`--rollback` still takes everything back; after the next step it cannot.',
  },
  'delete-old': {
    title: 'Revoke the old value',
    does: 'The old credential is revoked where it was made, shown to be dead, and its version deleted.',
    why: 'A rotation protects nothing while the old value still opens the door.',
    undo: 'Up to the moment of revoking `--rollback` works; what is revoked stays revoked, and a new rotation is the way on.',
  },
  'update-docs': {
    title: 'Update the documentation',
    does: 'knox writes the record of this rotation as Markdown, and asks that your documentation is updated.',
    why: 'The next person, or an auditor, finds out what was changed, when and by whom.',
    undo: 'There is nothing to undo: the record states what happened.',
  },
  'schedule-next': {
    title: 'Schedule the next rotation',
    does: 'The date on which the secret is due again is set by its kind.',
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
