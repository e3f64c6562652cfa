/** `knox init`: a new vault, opened by a new key file or by a passphrase. */
import { existsSync, unlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Run } from '../../command-line/command.ts';
import type { Context } from '../../context.ts';
import { isProductionName } from '../../domain/environment-name.ts';
import { formatDuration } from '../../domain/duration.ts';
import { isMisplacedText } from '../../domain/misplaced-text.ts';
import { printable } from '../../domain/printable.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { errors, isKnoxError, vaultExists } from '../../errors.ts';
import { requireFileName } from '../../files/file-name.ts';
import { requireVaultName, vaultAbove } from '../../files/find-vault.ts';
import { writeNewKeyFile } from '../../files/key-file.ts';
import { placeInside } from '../../files/root-file.ts';
import { KEEP_SECONDS } from '../../vault/trust/kept-key.ts';
import type { MadeVault } from '../../vault/keys/make-vault.ts';
import { keepKey, unlockedText } from '../keys/unlock.ts';
import { askNewPassphrase, showMade } from '../keys/new-passphrase.ts';
import { leaveKeyOut, leaveVaultOut, makeFolder } from '../common/vault-folder.ts';
import type { Init } from './declared.ts';

const DEFAULTS = ['development', 'staging', 'production'];

export const init: Run<Init> = async (context, { env, keyFile: keyGiven, production: productionGiven, unlock }) => {
  const names = env ?? DEFAULTS;
  const production = await productionNames(context, names, productionGiven);
  const given = context.options.vault ?? context.variable('KNOX_VAULT');
  if (given !== null) requireVaultName(given);
  if (keyGiven !== null) requireFileName(keyGiven, 'a key');
  const file = given === null ? join(context.io.cwd, '.knox', 'vault.db') : resolve(context.io.cwd, given);
  if (given === null) placeInside(context.io.cwd, file);
  if (existsSync(file)) throw vaultExists(file);
  if (existsSync(`${file}-wal`))
    throw errors.vault_exists(
      `${file}-wal is left over from an earlier vault`,
      `restore that vault's file beside it, or move it away: mv ${shellWord(`${file}-wal`)} ${shellWord(`${file}-wal.old`)}`,
    );
  const above = given === null ? vaultAbove(context.io.cwd) : null;
  const keyFile = keyGiven === null ? null : resolve(context.io.cwd, keyGiven);
  const passphrase =
    keyFile === null ? await askNewPassphrase(context, 'a passphrase for the new vault', keyFlag(context)) : null;
  let isKeyWritten = false;
  const created = await context.createVault({
    file,
    passphrase: passphrase?.text ?? null,
    environments: names.map((name) => ({ name, production: production.includes(name) })),
    beforeWriting: (keyText) => {
      if (keyFile !== null) writeNewKeyFile(keyFile, keyText);
      isKeyWritten = keyFile !== null;
      makeFolder(dirname(file));
    },
    afterFailure: () => {
      if (isKeyWritten) unlinkSync(keyFile!);
    },
  });
  if (above !== null)
    context.warn(
      'second_vault',
      `this folder already used the vault ${printable(above)}; from now on it uses the new one. To undo this: rm -r .knox`,
    );
  if (given === null) leaveVaultOut(context);
  if (keyFile !== null) leaveKeyOut(context, keyFile);
  showMade(context, passphrase);
  const kept = await offerToKeep(context, created, passphrase !== null, unlock);
  const environments = names.map((name) => ({ name, production: production.includes(name), values: 0 }));
  return {
    json: { vault: file, identity: created.identity, environments, keyFile, unlockedUntil: kept?.expiresAt ?? null },
    text: [
      `Created the vault ${file}`,
      `Identity: ${created.identity}`,
      `Environments: ${names.join(', ')} (production: ${production.join(', ')})`,
      ...(kept === null ? [] : [kept.text]),
      ...nextSteps({ file: given === null ? null : file, keyFile, isUnlocked: kept !== null, environment: names[0]! }),
    ].join('\n'),
  };
};

/** A key file that only a variable names is not made: it may be there, for another vault. */
function keyFlag(context: Context): string {
  const named = context.variable('KNOX_KEY_FILE');
  return `--key-file ${named === null || isMisplacedText(named) ? 'FILE' : shellWord(named)}`;
}

/** @param made.file where it has to be named */
function nextSteps(made: { file: string | null; keyFile: string | null; isUnlocked: boolean; environment: string }) {
  const { file, keyFile, isUnlocked, environment } = made;
  const lost = 'keep a copy elsewhere: without it, nobody can read the values';
  const steps = [
    ...(file === null ? [] : [`export KNOX_VAULT=${shellWord(file)}`]),
    ...(keyFile === null ? [] : [`export KNOX_KEY_FILE=${shellWord(keyFile)}`]),
    ...(keyFile === null && !isUnlocked ? ['knox unlock'] : []),
    `knox add NAME -e ${environment}`,
  ];
  return [
    keyFile === null
      ? 'Without the passphrase, nobody can read the values.'
      : `Key file: ${printable(keyFile)} (${lost})`,
    'Next:',
    ...steps.map((step) => `  ${step}`),
  ];
}

/**
 * A vault with a passphrase would ask for it again at each command: on a terminal its key is offered to be kept. The vault is made by
 * now, so that a keyring that fails is a warning.
 * @param given seconds; false for not at all, null where nobody has said
 */
async function offerToKeep(
  context: Context,
  created: MadeVault,
  hasPassphrase: boolean,
  given: number | false | null,
): Promise<{ expiresAt: string; text: string } | null> {
  const seconds = given === null && hasPassphrase && (await isWanted(context)) ? KEEP_SECONDS.default : given;
  if (seconds === false || seconds === null) return null;
  const key = created.keyToKeep(seconds);
  try {
    const keyring = await keepKey(context, key);
    return { expiresAt: key.expiresAt, text: unlockedText(context, key, keyring.title) };
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    context.warn(error.code, `the vault was created, but not unlocked: ${error.message}`);
    return null;
  }
}

async function isWanted(context: Context): Promise<boolean> {
  if (context.options.yes === true) return true;
  const prompts = await context.prompts();
  if (prompts === null) return false;
  const message = `Keep it unlocked on this machine for ${formatDuration(KEEP_SECONDS.default)}?`;
  return prompts.confirm({ message, default: true });
}

async function productionNames(
  context: Context,
  names: readonly string[],
  given: readonly string[] | null,
): Promise<readonly string[]> {
  if (given !== null) {
    const unknown = given.find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw errors.usage(
        `--production: "${unknown}" is not one of the environments`,
        `environments: ${names.join(', ')}`,
      );
    return given;
  }
  const found = names.filter(isProductionName);
  if (found.length > 0) return found;
  const prompts = await context.requirePrompts('the production environments', '--production NAMES');
  return prompts.checkbox({
    message: 'Which environments are production?',
    choices: names.map((name) => ({ name, value: name })),
  });
}
