/** `knox set`: changes what is not the value. */
import type { Handler, OptionValues } from '../declarations/command-spec.ts';
import { parseDuration } from '../domain/duration.ts';
import { parseKind } from '../domain/kinds.ts';
import { requireSecretName } from '../domain/secret-name.ts';
import { parseDate } from '../domain/time.ts';
import { errors } from '../errors.ts';
import type { Row } from '../store/tables.ts';
import type { Change } from '../vault/change.ts';
import { showSecret } from '../vault/describe-secret.ts';
import { requireSecret } from '../vault/find-secret.ts';
import { askSecret } from './ask-name.ts';
import { refuseLiterals } from './literals.ts';

type Settings = Partial<Pick<Row<'secret'>, 'kind' | 'every' | 'expires_at' | 'note' | 'owner' | 'expect_unused'>>;

export const set: Handler = async (context, args, options) => {
  refuseLiterals(context, options, ['note', 'owner']);
  const settings = settingsOf(options, context.io.now());
  if (Object.keys(settings).length === 0)
    throw errors.usage(
      'nothing to change was given',
      'knox set NAME --every 90d, or --kind, --expires, --note, --owner',
    );
  const name = await askSecret(context, args[0], 'knox set NAME --every 90d');
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
  return { json: shown, text: `Changed ${words} of ${name}.` };
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

function settingsOf(options: OptionValues, now: Date): Settings {
  const text = (key: string) => options[key] as string | undefined;
  const every = text('every');
  const expires = text('expires');
  return {
    ...(text('kind') === undefined ? {} : { kind: parseKind(text('kind')!) }),
    ...(every === undefined ? {} : { every: every === 'never' ? 0 : requirePositive(parseDuration(every)) }),
    ...(expires === undefined ? {} : { expires_at: expires === 'never' ? null : parseDate(expires, now) }),
    ...(text('note') === undefined ? {} : { note: text('note') || null }),
    ...(text('owner') === undefined ? {} : { owner: text('owner') || null }),
    ...(options['expectUnused'] === true ? { expect_unused: 1 } : {}),
  };
}

/** 0 is how the vault keeps "never". */
function requirePositive(seconds: number): number {
  if (seconds > 0) return seconds;
  throw errors.usage('--every takes a duration above zero, or never', 'for example 90d');
}
