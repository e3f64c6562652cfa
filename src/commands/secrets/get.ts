/**
 * `knox get`: one value's exact bytes. Its use is recorded durably before it is given out, but for a vault that knox may not write to:
 * one of unknown identity, or one that was turned back.
 */
import type { Run } from '../../command-line/command.ts';
import { SHARED } from '../../domain/environment-name.ts';
import { reveal, revealText } from '../../domain/plaintext.ts';
import { printableLines } from '../../domain/printable.ts';
import { requireReference } from '../../domain/secret-name.ts';
import { resolveReference } from '../../routes/resolve.ts';
import { askEnvironment, askSecret } from '../common/ask-name.ts';
import { useValues } from '../common/use-values.ts';
import type { Get } from './declared.ts';

export const get: Run<Get> = async (context, { name: given, env, shared, useLog }) => {
  const usage = 'knox get NAME -e ENV';
  const reference = requireReference(await askSecret(context, given, usage, 'key'));
  const environment = shared ? SHARED : await askEnvironment(context, env, usage);
  const guards = context.guards();
  const vault = await context.vault('key');
  const found = await useValues(context, vault, { consumer: 'get', log: useLog }, async (view) => {
    if (environment !== SHARED) view.requireEnvironment(environment);
    vault.requireKeys();
    const { record, value, note, usedIn } = await resolveReference(view, reference, environment, null, guards);
    const uses = [{ name: record.name, realm: usedIn }];
    return { name: record.name, where: value.realm, value: await view.decrypt(value), note, uses };
  });
  if (found.note !== null) context.say(`note: ${found.note}`);
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
  if (shown !== text) context.say('note: control characters are shown escaped');
  return { text: shown };
};
