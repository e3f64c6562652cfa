/** `knox set`: changes what is not the value. */
import type { Handler } from '../declarations/command-spec.ts';
import { requireSecretName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import type { Change } from '../vault/change.ts';
import { showSecret } from '../vault/describe-secret.ts';
import { requireSecret } from '../vault/find-secret.ts';
import { askSecret } from './ask-name.ts';
import { refuseLiterals } from './literals.ts';
import { settingsOf } from './secret-settings.ts';
import type { Settings } from './secret-settings.ts';

export const set: Handler = async (context, args, options) => {
  refuseLiterals(options, ['note', 'owner']);
  const settings = settingsOf(options, context.io.now());
  if (Object.keys(settings).length === 0)
    throw errors.usage(
      'nothing to change was given',
      'knox set NAME --every 90d, or --kind, --expires, --note, --owner',
    );
  const name = await askSecret(context, args[0], 'knox set NAME --every 90d', 'key');
  requireSecretName(name);
  const vault = await context.vault('key');
  vault.requireTrust();
  const { shown, changed } = await vault.change(async (change) => {
    const { entry: _entry, tag: _tag, ...row } = await requireSecret(change, name);
    const before = Object.fromEntries(Object.keys(settings).map((key) => [key, row[key as keyof Settings]]));
    const secret = await change.put('secret', { ...row, ...settings });
    if (settings.every !== undefined || settings.kind !== undefined) await followPolicy(change, secret.lineage);
    change.log({ action: 'set', secret: name, detail: { from: before, to: settings } });
    return { shown: await showSecret(change, secret), changed: Object.keys(settings) };
  });
  const words = changed.map((key) => WORDS[key] ?? key).join(', ');
  return { json: shown, text: `Changed ${name}: ${words}.` };
};

const WORDS: Record<string, string> = {
  expires_at: 'the expiry date',
  expect_unused: 'whether it may lie unused',
  every: 'the interval',
  kind: 'the kind',
  note: 'the note',
  owner: 'the owner',
};

/** A date that a rotation set goes by the old policy: from now on the new one counts. */
async function followPolicy(change: Change, lineage: string): Promise<void> {
  const { entry: _entry, tag: _tag, ...row } = (await change.get('lineage', lineage))!;
  if (row.due_at !== null) await change.put('lineage', { ...row, due_at: null });
}
