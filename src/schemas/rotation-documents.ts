/** Documents about rotations, where new values come from, and who is notified. */
import { EVENTS, SOURCE_KINDS } from '../domain/choices.ts';
import { KIND, ROTATION } from './rotation-part.ts';
import {
  anyOf,
  arrayOf,
  count,
  described,
  flag,
  mapOf,
  nullable,
  object,
  OPEN,
  oneOf,
  ref,
  text,
  time,
} from './schema.ts';
import type { Document } from './schema.ts';

const OVERLAP = nullable(
  text('How long old and new live side by side: a duration, unlimited or none; null for not known.'),
);
const RECEIVER_KIND = oneOf(['webhook', 'command']);
const RECEIVER = {
  id: text('Id of the receiver; KNOX_WEBHOOK for the one of that variable.'),
  kind: RECEIVER_KIND,
  target: text('The secret that holds the address, or the command.'),
  on: described(arrayOf(oneOf(EVENTS)), 'What it is sent.'),
};
const VALUE = anyOf(text(), object({ base64: text('Bytes that are not UTF-8.') }));

export const ROTATION_DOCUMENTS = {
  rotate: {
    about: 'the rotation as it is; with --due or --exposed, all that were started',
    commands: ['rotate'],
    schema: anyOf(
      object(ROTATION, {
        probes: described(
          arrayOf(
            object({
              at: time('When production was looked at.'),
              passed: count('Probes that passed.'),
              failed: count('Probes that did not.'),
            }),
          ),
          'With --status: every look at production since it was moved, oldest first.',
        ),
      }),
      ref('rotations'),
    ),
  },
  rotations: {
    about: 'rotations, oldest first',
    commands: ['rotations', 'rotations continue'],
    schema: ref('rotations'),
  },
  schedule: {
    about: 'what is due when, the earliest first',
    commands: ['schedule'],
    schema: arrayOf(
      object({
        secret: text('The version in use that is due first.'),
        kind: KIND,
        dueAt: nullable(time('When it is to be rotated; null where it has no schedule.')),
        expiresAt: nullable(time('When the provider lets it expire.')),
        overdue: flag('Whether dueAt has passed.'),
        rotation: nullable(text('Id of the rotation under way.')),
      }),
    ),
  },
  'source-show': {
    about: "where a secret's new values come from",
    commands: ['source show', 'source set', 'source remove'],
    schema: object({
      secret: text('Name of the lineage.'),
      kind: oneOf(SOURCE_KINDS),
      options: described(mapOf(text()), 'As they were given, placeholders unfilled.'),
      overlap: OVERLAP,
    }),
  },
  'source-test': {
    about: 'what the source answered to each action, by environment',
    commands: ['source test'],
    schema: arrayOf(
      object({
        environment: text(),
        overlap: OVERLAP,
        actions: arrayOf(
          object({
            action: text('What was tried, such as create.'),
            result: oneOf(['ok', 'unsupported', 'failed']),
            detail: nullable(text('Details.')),
          }),
        ),
      }),
    ),
  },
  'notify-list': {
    about: 'who is notified of what',
    commands: ['notify list'],
    schema: arrayOf(
      object({
        ...RECEIVER,
        createdAt: nullable(time('Null for KNOX_WEBHOOK.')),
        createdBy: nullable(text('Account of whoever added it.')),
      }),
    ),
  },
  'notify-add': {
    about: 'the receiver that was added',
    commands: ['notify add'],
    schema: object(RECEIVER),
  },
  'notify-remove': {
    about: 'the receiver that was removed',
    commands: ['notify remove'],
    schema: object({ id: text() }),
  },
  'notify-test': {
    about: 'whether a notification arrived',
    commands: ['notify test'],
    schema: object({
      id: text(),
      told: flag('Whether it was taken.'),
      why: nullable(text('Why not; null where it was.')),
    }),
  },
  notification: {
    about: 'what a webhook receives, and a notify command gets on stdin',
    commands: [],
    schema: object(
      {
        event: oneOf([...EVENTS, 'test']),
        text: text('One line for a person; chat services show it as it is.'),
      },
      { rotation: ref('rotation'), findings: described(arrayOf(ref('finding')), 'For check.') },
    ),
  },
  'source-request': {
    about: 'what the program of a source of kind command gets on stdin',
    commands: [],
    schema: object({
      action: oneOf(['create', 'test', 'find', 'usage', 'check', 'disable', 'enable', 'revoke']),
      secret: text('Name of the lineage.'),
      environment: text(),
      rotation: nullable(text('Id of the rotation.')),
      attempt: nullable(text('The same when a call is repeated.')),
      handle: nullable(text('What the provider calls the credential.')),
      old: described(nullable(VALUE), 'The value that is asked about, or replaced.'),
      new: described(nullable(VALUE), 'The value that replaces it.'),
      options: described(mapOf(VALUE), 'Options of the source, placeholders filled.'),
    }),
  },
  'source-answer': {
    about: 'what that program answers on stdout; an empty answer is {}',
    commands: [],
    schema: {
      type: 'object',
      properties: {
        value: described(VALUE, 'To create and find: the new value.'),
        handle: described({ type: ['string', 'number', 'null'] }, 'What the provider calls it; kept in the clear.'),
        overlap: nullable(text('To test and create: a duration, unlimited or none.')),
        lastUsedAt: described({ type: ['string', 'number', 'null'] }, 'To usage: a time, or null for never.'),
        state: oneOf(['live', 'dead', 'unknown'], 'To check.'),
      },
      // Whatever else stands there is left alone.
      additionalProperties: OPEN,
    },
  },
} satisfies Record<string, Document>;
