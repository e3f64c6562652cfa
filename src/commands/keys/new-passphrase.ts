/** A passphrase that did not exist before: typed twice, or made by knox and shown once. */
import { randomBytes } from 'node:crypto';
import type { Context } from '../../context.ts';

export interface NewPassphrase {
  readonly text: string;
  readonly isMade: boolean;
}

/** @param what needs it, and which flag does without where nobody can be asked. @throws needs_terminal, cancelled */
export async function askNewPassphrase(context: Context, what: string, flag: string): Promise<NewPassphrase> {
  const { isLongEnough } = await context.passphraseRules();
  const prompts = await context.requirePrompts(what, flag);
  const hidden = async (message: string, allowEmpty: boolean): Promise<string> =>
    Buffer.from(await prompts.hidden({ message, singleLine: true, allowEmpty })).toString('utf8');
  for (;;) {
    const text = await hidden('New passphrase (at least 10 characters; empty: knox makes one)', true);
    if (text === '') return { text: randomBytes(15).toString('base64url'), isMade: true };
    if (!isLongEnough(text)) {
      context.say('Too short: use at least 10 characters.');
      continue;
    }
    if ((await hidden('Repeat it', false)) === text) return { text, isMade: false };
    context.say('The passphrases differ.');
  }
}

/** Shows it once where knox made it. Under --json too: nobody would know it else. */
export function showMade(context: Context, passphrase: NewPassphrase | null): void {
  if (passphrase?.isMade !== true) return;
  if (context.isJson) context.warn('passphrase_made', `the passphrase, shown only once: ${passphrase.text}`);
  else context.say(`The passphrase, shown only once:\n\n  ${passphrase.text}\n`);
}
