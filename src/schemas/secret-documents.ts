/** Documents about secrets, their values, and files that name them. */
import { EXPORT_FORMATS } from '../domain/choices.ts';
import { ENVIRONMENT } from './parts.ts';
import { NAMES } from './rotation-part.ts';
import { anyOf, arrayOf, count, described, flag, mapOf, nullable, object, oneOf, ref, text, time } from './schema.ts';
import type { Document } from './schema.ts';

const ENCODING = oneOf(['utf8', 'base64'], 'base64 where the bytes are not UTF-8.');

export const SECRET_DOCUMENTS = {
  list: {
    about: 'the secrets, sorted by name',
    commands: ['list'],
    schema: arrayOf(ref('listed-secret')),
  },
  show: {
    about: 'one secret, without its value',
    commands: ['show', 'add', 'set', 'delete'],
    schema: ref('secret'),
  },
  get: {
    about: 'the value of a secret',
    commands: ['get'],
    schema: object({
      name: text('The version that was taken.'),
      environment: nullable(text('Null for a shared value.')),
      value: text('The value itself.'),
      encoding: ENCODING,
    }),
  },
  'env-list': {
    about: 'the environments, in the order of the vault',
    commands: ['env list'],
    schema: arrayOf(ref('environment')),
  },
  environment: {
    about: 'the environment that was added or removed',
    commands: ['env add', 'env remove'],
    schema: object(ENVIRONMENT),
  },
  'env-diff': {
    about: 'secrets that only one of two environments has',
    commands: ['env diff'],
    schema: arrayOf(object({ name: text(), only: text('The environment that has it.') })),
  },
  import: {
    about: 'what happened to each name in the file',
    commands: ['import'],
    schema: object({
      added: NAMES('Stored, or with --dry-run what would be.'),
      unchanged: NAMES('The vault has the same value.'),
      conflicts: NAMES('The vault has another value: nothing was stored.'),
    }),
  },
  export: {
    about: 'values of an environment; with a --format that is not JSON, its text',
    commands: ['export'],
    schema: anyOf(
      object({
        format: oneOf(EXPORT_FORMATS.filter((name) => name !== 'json' && name !== 'github')),
        output: text('What the format prints, values and all.'),
        masks: described(arrayOf(text()), 'For github-env: lines that mask each value in the log of the job.'),
      }),
      described(
        arrayOf(object({ name: text(), encrypted_value: text('A sealed box, in base64.'), key_id: text() })),
        'For github: bodies of its calls that store a secret.',
      ),
      described(mapOf(text()), 'For json: values by name.'),
    ),
  },
  'route-list': {
    about: 'the routes, sorted by path',
    commands: ['route list', 'route add'],
    schema: arrayOf(ref('route')),
  },
  'route-show': {
    about: 'one route, or the part of it that was removed',
    commands: ['route show', 'route remove'],
    schema: ref('route'),
  },
  'route-test': {
    about: 'how the probe and the test command of a route went',
    commands: ['route test'],
    schema: object({
      path: text(),
      environment: text(),
      probe: nullable(text('What the probe got; null where there is none.')),
      testCommand: flag('Whether a test command was run too.'),
    }),
  },
  render: {
    about: 'what was written or resolved; without a target, the text itself',
    commands: ['render'],
    schema: arrayOf(
      anyOf(
        object({ file: text(), output: text('The file with its values.'), encoding: ENCODING }),
        object({ file: text(), written: text('The file that was written.') }),
        object({ file: text(), environment: text('With --check: where all of it resolves.') }),
      ),
    ),
  },
  'report-auth-failure': {
    about: 'the failure that was noted',
    commands: ['report auth-failure'],
    schema: object({
      secret: text('The version that counts as refused.'),
      environment: text(),
      count: count('How often.'),
      source: text('Who saw it.'),
      at: time('When it was noted.'),
    }),
  },
  'report-uses': {
    about: 'what was taken in of uses that were recorded elsewhere',
    commands: ['report uses'],
    schema: object({
      taken: count('How many were taken in.'),
      known: count('How many were known already.'),
      deleted: arrayOf(object({ secret: text(), count: count('How many uses of it were ignored.') })),
      refused: arrayOf(object({ file: text(), line: count('From 1.'), reason: text('Why it is not believed.') })),
    }),
  },
  migrate: {
    about: 'the plan, and whether it was carried out',
    commands: ['migrate'],
    schema: object({
      planned: arrayOf(
        object({
          to: text('The secret that is made.'),
          from: arrayOf(object({ name: text(), environment: text() })),
          routes: NAMES('Routes that are rewritten.'),
        }),
      ),
      left: arrayOf(object({ name: text(), reason: text('Why it stays as it is.') })),
      done: flag('Whether it was carried out.'),
    }),
  },
} satisfies Record<string, Document>;
