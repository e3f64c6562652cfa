/** What several documents have in common. A document names a part by `ref`, and is printed with every part that it needs. */
import { FILE_FORMATS, SEVERITIES, STEP_IDS } from '../domain/choices.ts';
import { FINDING_CODES } from '../findings/finding.ts';
import { EXCEPTION, ROTATION_EVIDENCE, SECRET_EVIDENCE } from './evidence-parts.ts';
import { KIND, NAMES, ROTATION } from './rotation-part.ts';
import { arrayOf, count, described, flag, mapOf, nullable, object, oneOf, ref, text, time } from './schema.ts';
import type { Schema } from './schema.ts';

export const IDENTITY: Schema = {
  type: 'string',
  pattern: '^knox_vault_1_',
  description: 'Identity of the vault.',
};
export const HASH: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const SECRET_STATE = oneOf(['live', 'withdrawn', 'deleted'], 'Withdrawn: rolled back, and kept.');

const LISTED = {
  name: text('With its version suffix.'),
  base: text('Name of the lineage: its first version.'),
  version: { type: 'integer', minimum: 1, description: 'Number of the version.' },
  state: SECRET_STATE,
  scope: oneOf(['environments', 'shared'], 'One value for each environment, or one for all.'),
  kind: KIND,
  environments: NAMES('Where it has a value, in the order of the vault; empty for a shared secret.'),
  note: nullable(text('What it is for.')),
  owner: nullable(text('Who answers for it.')),
  every: nullable(count('Seconds between two rotations; null where it has no schedule.')),
  expiresAt: nullable(time('When the provider lets it expire.')),
  createdAt: time('When it was stored.'),
  lastUsedAt: nullable(time('When it was used last, as far as knox knows.')),
  routes: count('How many registered routes name it.'),
  dueAt: nullable(time('When it is to be rotated.')),
  rotation: nullable(text('Id of the rotation under way.')),
};

const SHOWN = {
  ...LISTED,
  expectUnused: flag('Whether it is meant to lie unused.'),
  values: arrayOf(
    object({
      environment: nullable(text('Null for a shared value.')),
      createdAt: time('When the value was stored.'),
      lastUsedAt: nullable(time('When the value was used last.')),
    }),
  ),
  routePaths: NAMES('Registered routes that name it.'),
  current: described(mapOf(text()), 'By environment: the version that it is on.'),
  versions: arrayOf(
    object({
      name: text(),
      version: count('Number of the version.'),
      state: SECRET_STATE,
      createdAt: time('When it was made.'),
      deletedAt: nullable(time('When it was deleted.')),
    }),
  ),
};

const ROUTE = {
  path: text('Relative to the folder of the project; @LABEL for an inline route.'),
  project: text('The project; empty for the only one.'),
  format: oneOf(FILE_FORMATS, 'How values are escaped.'),
  environments: arrayOf(
    object({
      environment: text(),
      probe: nullable(text('Address of the probe, with placeholders.')),
      method: nullable(text('HTTP method of the probe.')),
      headers: NAMES("The probe's headers, with placeholders."),
      expect: nullable(text('Status that passes, such as 200-399.')),
      testCommand: nullable(text('The command that tests it.')),
      deployCommand: nullable(text('The command that deploys it.')),
    }),
  ),
  secrets: NAMES('Secrets that it names.'),
};

export const FINDING = {
  code: oneOf(FINDING_CODES),
  severity: oneOf(SEVERITIES),
  secret: nullable(text('The secret that it is about.')),
  environment: nullable(text('The environment that it is about.')),
  route: nullable(text('The route that it is about.')),
  message: text('What is wrong, in words.'),
  hint: text('What to type.'),
  since: nullable(time('Since when it is so, where that is known.')),
};

export const ENVIRONMENT = {
  name: text(),
  production: flag('Whether it is a production environment.'),
  values: count('How many values it holds.'),
};

export const KEY = {
  id: text('Id of the key.'),
  label: text('Whose it is.'),
  kind: oneOf(['passphrase', 'key-file']),
  publicKey: { type: 'string', pattern: '^knox_pub_1_', description: 'Its public half.' },
  environments: NAMES('What it opens, "shared" among them.'),
  admin: flag('Whether it may add and remove keys and environments.'),
  createdAt: time('When it was added.'),
  lastUsedAt: nullable(time('When it last wrote to the log.')),
};

/** By the name that `ref` gives. */
export const PARTS = {
  'listed-secret': object(LISTED),
  secret: object(SHOWN),
  route: object(ROUTE),
  rotation: object(ROTATION),
  step: oneOf(STEP_IDS, 'Id of a step of a rotation.'),
  finding: object(FINDING),
  environment: object(ENVIRONMENT),
  key: object(KEY),
  rotations: arrayOf(ref('rotation')),
  exception: EXCEPTION,
  'rotation-evidence': ROTATION_EVIDENCE,
  'secret-evidence': SECRET_EVIDENCE,
} satisfies Record<string, Schema>;
