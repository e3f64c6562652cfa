/** `knox key add`: gives a key access, by passphrase, by key file, or by the public key of somebody who keeps the key to himself. */
import { existsSync, unlinkSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { errors } from '../../errors.ts';
import { appendIdentity, readKeyText, writeNewKeyFile } from '../../files/key-file.ts';
import { requireFileName } from '../../files/file-name.ts';
import { makeKey, passphraseSlot, readPublicHalf } from '../../vault/keys/key-material.ts';
import { environmentNames, SHARED } from '../../vault/documents/manifest.ts';
import type { ManifestSlot } from '../../vault/documents/manifest.ts';
import { addSlot, parsePublicKey, refuseLabel } from '../../vault/keys/slots.ts';
import type { NewSlot } from '../../vault/keys/slots.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { askNewPassphrase, showMade } from './new-passphrase.ts';
import { leaveKeyOut } from '../common/vault-folder.ts';
import type { KeyAdd } from './declared.ts';

/** What is added, and what has to happen around it. */
interface Material extends Pick<NewSlot, 'kind' | 'publicKey' | 'wrapped'> {
  readonly label: string;
  /** Before the key is in the vault, so that none is there whose key is nowhere. */
  readonly before?: () => void;
  readonly failed?: () => void;
  readonly after?: () => void;
}

export const keyAdd: Run<KeyAdd> = async (context, { env: names, admin, label: given, ...asked }) => {
  const way = wayOf(context, asked);
  const vault = await context.vault('key');
  vault.requireTrust();
  const ring = vault.requireKeys();
  // Asked for first, so that nobody types a passphrase, or gets a key file, for nothing.
  void ring.rootSeed;
  for (const name of names ?? []) ring.realmKey(name);
  if (given !== null) refuseLabel(vault.manifest, given);

  const material = await MATERIAL[way.kind](context, vault, way.given);
  const label = given ?? freeLabel(material.label, vault.manifest.slots);
  const { kind, publicKey, wrapped } = material;
  material.before?.();
  let slot: ManifestSlot;
  try {
    slot = await vault.change((change) => addSlot(change, { kind, publicKey, wrapped, label, realms: names, admin }));
  } catch (error) {
    material.failed?.();
    throw error;
  }
  material.after?.();
  const { identity } = vault.manifest;
  const opens = names === null ? 'everything' : names.join(', ');
  context.say(
    `Gave "${printable(label)}" (${slot.id}) ${opens}${admin ? ', and the right to add and remove keys' : ''}.`,
  );
  if (way.kind === 'recipient') context.say(LETTER.replace('OPENS', opens).replace('IDENTITY', identity));
  const { id, createdAt } = slot;
  const environments = names ?? [...environmentNames(vault.manifest), SHARED];
  return {
    json: { id, label, kind, publicKey, environments, admin, createdAt, lastUsedAt: null, identity },
    text: identity,
  };
};

const LETTER = `To send, ready to paste:

  Your key opens OPENS of our vault. Put this line, the vault's identity, under the
  key in your key file, so that knox notices another vault in its place:
    IDENTITY
  Then look: knox --key-file FILE list

The identity alone:`;

type Kind = 'passphrase' | 'key-file' | 'recipient';

/**
 * `--key-file` names the key to add where nothing else does, and what unlocks where it is given besides.
 * @throws usage
 */
function wayOf(
  context: Context,
  { keyFiles: files, recipient, passphrase: isPassphrase }: Pick<KeyAdd, 'keyFiles' | 'recipient' | 'passphrase'>,
): { kind: Kind; given: string } {
  const isOther = recipient !== null || isPassphrase;
  const [unlocking, added] = isOther ? [files[0], undefined] : [files[1], files[0]];
  if ((recipient !== null && isPassphrase) || files.length > (isOther ? 1 : 2) || (!isOther && added === undefined)) {
    throw errors.usage(
      'give one key to add',
      'a colleague or a job: knox key add --recipient PUBLIC_KEY --env NAMES',
      'a key file, created if missing: knox key add --key-file FILE',
      'a passphrase: knox key add --passphrase',
    );
  }
  if (unlocking !== undefined) context.unlockWith(unlocking);
  if (recipient !== null) return { kind: 'recipient', given: recipient };
  return isPassphrase ? { kind: 'passphrase', given: '' } : { kind: 'key-file', given: added! };
}

const MATERIAL: Record<Kind, (context: Context, vault: Vault, given: string) => Promise<Material>> = {
  recipient: async (_context, _vault, given) => {
    const publicKey = parsePublicKey(given);
    return { kind: 'key-file', publicKey, wrapped: null, label: publicKey.slice(0, 'knox_pub_1_'.length + 8) };
  },
  passphrase: async (context, vault) => {
    const passphrase = await askNewPassphrase(context, 'a new passphrase', '--key-file FILE or --recipient PUBLIC_KEY');
    const { vault: id, identity } = vault.manifest;
    const { publicKey, ...wrapped } = await passphraseSlot(passphrase.text, id, identity);
    const after = (): void => showMade(context, passphrase);
    return { kind: 'passphrase', publicKey, wrapped, label: 'passphrase', after };
  },
  'key-file': async (context, vault, given) => {
    requireFileName(given, 'a key');
    const file = resolve(context.io.cwd, given);
    const label = basename(file, extname(file));
    const { identity } = vault.manifest;
    if (!existsSync(file)) {
      const made = await makeKey(identity);
      return {
        kind: 'key-file',
        publicKey: made.publicKey,
        wrapped: null,
        label,
        before: () => writeNewKeyFile(file, made.text),
        failed: () => unlinkSync(file),
        after: () => {
          context.say(`Created the key file ${printable(file)}.`);
          leaveKeyOut(context, file);
        },
      };
    }
    const text = readKeyText(given, context.io.cwd, (message) => context.warn('key_file_open', message));
    const { publicKey, identity: named } = readPublicHalf(text, given);
    if (named !== null && !(await vault.read((view) => view.isIdentity(named)))) {
      throw errors.usage(
        `${printable(given)} is the key of another vault: ${named}`,
        'create one for this vault: knox key new FILE',
      );
    }
    const after = (): void => {
      if (named !== null) return;
      appendIdentity(file, text, identity);
      context.say(`Added the vault's identity to ${printable(given)}.`);
    };
    return { kind: 'key-file', publicKey, wrapped: null, label, after };
  },
};

function freeLabel(wanted: string, slots: readonly ManifestSlot[]): string {
  const isTaken = (label: string) => slots.some((slot) => slot.label === label);
  for (let number = 1; ; number += 1) {
    const label = number === 1 ? wanted : `${wanted} ${number}`;
    if (!isTaken(label)) return label;
  }
}
