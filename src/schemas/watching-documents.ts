/** Documents about what is wrong, what happened, and what an auditor asks for. */
import { FORM_NAMES } from '../domain/value-forms.ts';
import { HASH, IDENTITY } from './parts.ts';
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

const AUDIT_LINE = object({
  seq: { type: 'integer', minimum: 1, description: 'Number of the entry.' },
  at: time('When it was written.'),
  actor: text('Account of the writer, a claim.'),
  key: text('Id of the key whose signature covers it.'),
  label: text('Label of that key.'),
  action: text('What was done.'),
  secret: nullable(text()),
  environment: nullable(text()),
  route: nullable(text()),
  detail: described(nullable(mapOf(OPEN)), 'More, by action; never a value.'),
});

export const WATCHING_DOCUMENTS = {
  status: {
    about: 'what there is to do today',
    commands: ['status'],
    schema: object({
      vault: text('File of the vault.'),
      identity: IDENTITY,
      incidents: ref('rotations'),
      rotations: ref('rotations'),
      due: arrayOf(
        object({ secret: text(), dueAt: time('When it is due.'), overdue: flag('Whether that has passed.') }),
      ),
      findings: object({
        error: count('Findings of this severity.'),
        warning: count('Findings of this severity.'),
        info: count('Findings of this severity.'),
      }),
      audit: object({
        entries: count('How many entries the log has.'),
        head: described(HASH, 'Hash of the last one.'),
        verifiedAt: nullable(time('When this machine verified the log last.')),
      }),
    }),
  },
  check: {
    about: 'what is wrong, or soon will be',
    commands: ['check', 'route check'],
    schema: arrayOf(ref('finding')),
  },
  scan: {
    about: 'places that hold a value or a key of the vault; with --install-hook, what was done to the hook',
    commands: ['scan'],
    schema: anyOf(
      arrayOf(
        object(
          {
            code: { const: 'plaintext' },
            severity: { const: 'error' },
            secret: nullable(text('Null where it is a key of the vault.')),
            environment: nullable(text()),
            form: oneOf(FORM_NAMES, 'How it is written there.'),
            file: text(),
            line: count('From 1.'),
            column: count('From 1, in characters.'),
            commit: nullable(text('The commit that introduced it.')),
            authoredAt: nullable(time('When that commit was made.')),
          },
          { key: text('Id of the key of the vault that is there.') },
        ),
      ),
      object({
        hook: text('File of the hook.'),
        did: oneOf(['made', 'chained', 'unchanged']),
        kept: nullable(text('The hook that was there before.')),
      }),
    ),
  },
  audit: {
    about: 'entries of the log, newest last',
    commands: ['audit'],
    schema: arrayOf(AUDIT_LINE),
  },
  'audit-line': {
    about: 'one line of audit --format jsonl',
    commands: [],
    schema: AUDIT_LINE,
  },
  'audit-verify': {
    about: 'whether the log verifies',
    commands: ['audit verify'],
    schema: object({
      entries: count('How many entries the log has.'),
      head: text('Hash of the last one.'),
      identity: IDENTITY,
      brokenAt: nullable(count('The first entry that does not verify; null where all do.')),
      verifiedRows: count('How many records were verified.'),
    }),
  },
  evidence: {
    about: 'rotations, proof, exceptions and incidents of a period',
    commands: ['evidence'],
    schema: object({
      vault: text(),
      identity: IDENTITY,
      from: time('Start of the period.'),
      to: time('End of the period.'),
      head: described(HASH, 'Hash of the last audit entry.'),
      entries: count('Number of that entry.'),
      verified: flag('Whether the records were checked too, and not only the log.'),
      at: time('When the report was made.'),
      secrets: arrayOf(ref('secret-evidence')),
      exceptions: described(arrayOf(ref('exception')), 'Those that belong to no secret.'),
      keys: arrayOf(
        object({ id: text(), label: text(), entries: arrayOf(count('Number of an entry that it signed.')) }),
      ),
    }),
  },
} satisfies Record<string, Document>;
