/** Documents about the vault as a whole, its keys, and knox itself. */
import { SHELLS } from '../domain/choices.ts';
import { SETTINGS } from '../domain/settings.ts';
import { IDENTITY, KEY } from './parts.ts';
import { NAMES } from './rotation-part.ts';
import { anyOf, arrayOf, count, described, flag, nullable, object, OPEN, oneOf, ref, text, time } from './schema.ts';
import type { Document } from './schema.ts';

const VAULT = text('File of the vault.');
/** What new keys left as it is. */
const DAMAGED = described(
  arrayOf(
    object({
      kind: text('value, or the kind of record.'),
      id: text('Id of the record.'),
      name: nullable(text('The secret, if known.')),
      environment: nullable(text('Null for a shared value.')),
      entry: described({ type: 'integer' }, 'Number of the audit entry, as the record claims.'),
      key: nullable(text('Label of the key that wrote that entry.')),
    }),
  ),
  'What a key holder damaged, and was left as it is.',
);
const SETTING = oneOf(Object.keys(SETTINGS));

export const VAULT_DOCUMENTS = {
  init: {
    about: 'the vault that was made',
    commands: ['init'],
    schema: object({
      vault: VAULT,
      identity: IDENTITY,
      environments: arrayOf(ref('environment')),
      keyFile: nullable(text('The key file that was made; null for a passphrase.')),
      unlockedUntil: nullable(time('Until when its key is kept on this machine.')),
    }),
  },
  'setting-list': {
    about: 'the settings of the vault',
    commands: ['setting list'],
    schema: arrayOf(object({ name: SETTING, value: nullable(text('Null where it is not set.')), means: text() })),
  },
  setting: {
    about: 'the setting that was set or removed',
    commands: ['setting set', 'setting remove'],
    schema: object({ name: SETTING, value: nullable(text('Null once it is removed.')) }),
  },
  'key-list': {
    about: 'the keys that open the vault',
    commands: ['key list'],
    schema: arrayOf(ref('key')),
  },
  'key-new': {
    about: 'the key that was made',
    commands: ['key new'],
    schema: object({ file: text('The key file.'), publicKey: text('To hand out.') }),
  },
  'key-add': {
    about: 'the key that was added, and what to hand to its holder',
    commands: ['key add'],
    schema: object({ ...KEY, identity: IDENTITY }),
  },
  'key-remove': {
    about: 'the key that was removed',
    commands: ['key remove'],
    schema: object({
      id: text(),
      label: text(),
      rekeyed: flag('Whether the vault has new keys since.'),
      exposed: NAMES('Secrets that it could read: due now.'),
      identity: IDENTITY,
      damaged: DAMAGED,
    }),
  },
  rekey: {
    about: 'the new keys of the vault',
    commands: ['rekey'],
    schema: object({
      identity: IDENTITY,
      generation: count('Grows with each change of keys.'),
      values: count('How many values were encrypted again.'),
      keys: count('How many keys open the vault.'),
      damaged: DAMAGED,
    }),
  },
  unlock: {
    about: 'where the key is kept, and until when',
    commands: ['unlock'],
    schema: object({
      vault: VAULT,
      identity: IDENTITY,
      slot: object({ id: text('Id of the key.'), label: text('Label of the key.') }),
      keyring: text('The keyring that holds it.'),
      expiresAt: time('Until when.'),
    }),
  },
  lock: {
    about: 'what was forgotten',
    commands: ['lock'],
    schema: object({
      vault: VAULT,
      locked: flag('Always true.'),
      wasUnlocked: flag('Whether a keyring held a key of it.'),
      keyrings: NAMES('The keyrings that held one.'),
    }),
  },
  trust: {
    about: 'the vault, or the key, that this machine now trusts',
    commands: ['trust'],
    schema: anyOf(
      object({ identity: IDENTITY }),
      object({
        key: text('Id of the key.'),
        label: text('Label of the key.'),
        commands: arrayOf(object({ of: text('What registered them.'), lines: NAMES('What may run here.') })),
      }),
    ),
  },
  doctor: {
    about: 'the checks; with --accept-rollback or --accept-clock, that it was accepted',
    commands: ['doctor'],
    schema: anyOf(
      arrayOf(
        object({
          check: text('Name of the check.'),
          ok: flag('Whether it passed.'),
          message: text('What was found.'),
          hint: nullable(text('What to type or do; null where it passed.')),
        }),
      ),
      object(
        { accepted: flag('Always true.') },
        { left: NAMES('Environments whose clock was not accepted, since the key does not open them.') },
      ),
    ),
  },
  backup: {
    about: 'the copy that was made',
    commands: ['backup'],
    schema: object({
      file: text('The copy.'),
      identity: IDENTITY,
      entries: count('How many entries its log has.'),
      environments: nullable(NAMES('Whose values it holds; null for all.')),
    }),
  },
  restore: {
    about: 'the vault that was put back',
    commands: ['restore'],
    schema: object({
      vault: VAULT,
      identity: IDENTITY,
      entries: count('How many entries its log has.'),
      from: text('The copy, as it was named.'),
      replaced: nullable(text('Where the file that was there is kept.')),
      removed: arrayOf(object({ id: text(), label: text() })),
    }),
  },
  completion: {
    about: 'the script for a shell',
    commands: ['completion'],
    schema: object({ shell: oneOf(SHELLS), script: text('To be sourced.') }),
  },
  demo: {
    about: 'the result of the demo',
    commands: ['demo'],
    schema: object({
      oldKey: count('Status of the service for the old key, in the end.'),
      newKey: count('Status of the service for the new key.'),
      files: NAMES('Files that name the new version, and only it.'),
      isVerified: flag('Whether its audit log verifies.'),
      folder: nullable(text('The project; null where it was removed.')),
    }),
  },
  schema: {
    about: 'the documents that have a schema; with a name, that schema',
    commands: ['schema'],
    schema: anyOf(
      arrayOf(object({ name: text(), about: text(), commands: NAMES('Commands that print it with --json.') })),
      object(
        { $schema: text(), $id: text(), title: text(), description: text() },
        {
          $defs: OPEN,
          type: OPEN,
          properties: OPEN,
          required: OPEN,
          additionalProperties: OPEN,
          items: OPEN,
          anyOf: OPEN,
          $ref: OPEN,
        },
      ),
    ),
  },
  'use-line': {
    about: 'one line that --use-log writes',
    commands: [],
    schema: object({
      at: time('When it was used.'),
      vault: text('Id of the vault.'),
      secret: text('The version that was used.'),
      environment: text('An environment, or shared.'),
      realm: text('Its id.'),
      consumer: text('The command or route that used it.'),
      actor: text('Account of the user, a claim.'),
      slot: text('Id of the key.'),
      detail: text('More, as JSON; empty for nothing.'),
      signature: described({ type: 'string', pattern: '^[0-9a-f]{128}$' }, 'Of that key, over all of it.'),
    }),
  },
} satisfies Record<string, Document>;
