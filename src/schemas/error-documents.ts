/** What --json puts on stderr: one JSON document a line. */
import { ERRORS } from '../domain/reference/errors.ts';
import { WARNINGS } from '../domain/reference/warnings.ts';
import type { Document } from './schema.ts';
import { anyOf, arrayOf, described, meanings, object, text } from './schema.ts';

const ERROR_CODE = meanings(Object.fromEntries(Object.entries(ERRORS).map(([code, { means }]) => [code, means])));

export const ERROR_DOCUMENTS = {
  error: {
    about: 'a failure, on one line of stderr with --json',
    commands: [],
    schema: object({
      error: object({
        code: ERROR_CODE,
        message: text('What happened, and where.'),
        hints: described(arrayOf(text()), 'What to type or do next.'),
      }),
    }),
  },
  warning: {
    about: 'a warning, on one line of stderr with --json',
    commands: [],
    schema: object({
      warning: object({
        code: described(anyOf(meanings(WARNINGS), ERROR_CODE), 'A warning, or an error that did not end the command.'),
        message: text('What to look at.'),
      }),
    }),
  },
} satisfies Record<string, Document>;
