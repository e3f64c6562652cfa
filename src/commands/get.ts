/**
 * `knox get`: one value's exact bytes. Its use is recorded durably before it is given out, but for a vault that knox may not write to:
 * one of unknown identity, or one that was turned back.
 */
import type { Handler } from '../command-table.ts';
import { reveal, revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { printableLines } from '../domain/printable.ts';
import { requireReference } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { requireSecret, requireValue, versionAt } from '../vault/find-secret.ts';
import { SHARED } from '../vault/manifest.ts';
import { recordUses } from '../vault/record-use.ts';
import type { View } from '../vault/view.ts';

export const get: Handler = async (context, args, options) => {
  if (args[0] === undefined) throw errors.usage('which secret?', 'knox get NAME -e ENV');
  const reference = requireReference(args[0]);
  const environment = options['shared'] === true ? SHARED : (options['env'] as string | undefined);
  if (environment === undefined) throw errors.usage('which environment?', 'give -e ENV, or --shared');
  const vault = await context.vault('key');
  const resolve = async (view: View): Promise<{ name: string; secret: string; where: string; value: Plaintext }> => {
    if (environment !== SHARED) {
      view.requireEnvironment(environment);
      vault.requireKeys();
    }
    await view.requireIntactWhereGiven();
    const secret =
      reference.at === null
        ? await requireSecret(view, reference.name)
        : await versionAt(view, reference.name, reference.at, environment);
    const row = await requireValue(view, secret, environment);
    return { name: secret.name, secret: secret.id, where: row.environment, value: await view.decrypt(secret, row) };
  };
  const found =
    vault.isRolledBack || !vault.isTrusted
      ? await vault.read(resolve)
      : await vault.recordUse(async (change) => {
          const result = await resolve(change);
          await recordUses(change, [{ secret: result.secret, name: result.name, environment: result.where }], 'get');
          return result;
        });
  const text = revealText(found.value);
  if (context.isJson) {
    const encoded = text ?? Buffer.from(reveal(found.value)).toString('base64');
    return {
      json: {
        name: found.name,
        environment: found.where === SHARED ? null : environment,
        value: encoded,
        encoding: text === null ? 'base64' : 'utf8',
      },
    };
  }
  if (context.io.stdout.isTTY !== true) return { bytes: reveal(found.value) };
  const shown = printableLines(text ?? Buffer.from(reveal(found.value)).toString('latin1'));
  if (shown !== text) context.say('note: control characters of the value are shown escaped');
  return { text: shown };
};
