/**
 * `knox set`: changes what is not the value, in every realm whose key is at hand; with --shared, takes a shared value up for an environment.
 */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { SHARED } from '../../domain/environment-name.ts';
import { isExempt } from '../../domain/kinds.ts';
import { requireSecretName } from '../../domain/secret-name.ts';
import type { Change } from '../../vault/core/change.ts';
import type { NameRecord } from '../../vault/records/kinds.ts';
import { showSecret } from '../../vault/secrets/describe-secret.ts';
import type { ShownSecret } from '../../vault/secrets/describe-secret.ts';
import { requireName, requireSecret, standingRecords } from '../../vault/secrets/find-secret.ts';
import { takeUp } from '../../vault/secrets/take-up.ts';
import { askEnvironment, askSecret } from '../common/ask-name.ts';
import { warnOfOthers } from '../common/not-given.ts';
import { settingsOf } from './secret-settings.ts';
import type { Settings } from './secret-settings.ts';
import type { Set } from './declared.ts';

export const set: Run<Set> = async (context, given) =>
  given.shared ? takeUpShared(context, given) : changeSettings(context, given.name, settingsOf(given));

async function changeSettings(context: Context, given: string | null, settings: Settings) {
  const name = await askSecret(context, given, 'knox set NAME --every 90d', 'key');
  requireSecretName(name);
  const vault = await context.vault('key');
  vault.requireTrust();
  const { shown, others } = await vault.change(async (change) => {
    const first = await requireSecret(change, name);
    change.requireRealmKeys([first.realm]);
    const before = Object.fromEntries(Object.keys(settings).map((key) => [key, first[key as keyof Settings] ?? null]));
    const left: string[] = [];
    for (const record of await standingRecords(change, name)) {
      if (change.canRead(record.realm)) await changeIn(change, record, settings);
      else left.push(record.realm);
    }
    change.log({ action: 'set', secret: name, detail: { from: before, to: settings } });
    return { shown: await showSecret(change, name), others: left };
  });
  warnOfOthers(context, 'not changed', others);
  const words = Object.keys(settings).map((key) => WORDS[key] ?? key);
  return { json: shown, text: `Changed ${name}: ${words.join(', ')}.` };
}

const WORDS: Record<string, string> = {
  expiresAt: 'the expiry date',
  expectUnused: 'whether it is expected to be unused',
  every: 'the interval',
  kind: 'the kind',
  note: 'the note',
  owner: 'the owner',
};

async function changeIn(change: Change, record: NameRecord, settings: Settings): Promise<void> {
  await change.update(record, settings);
  if (settings.every === undefined && settings.kind === undefined) return;
  // A date that a rotation set goes by the old policy: from now on the new one counts.
  const lineage = await change.get('lineage', record.realm, record.base);
  if (lineage !== null && lineage.dueAt !== null) await change.update(lineage, { dueAt: null });
}

async function takeUpShared(context: Context, { name: given, env, base }: Set) {
  const usage = 'knox set NAME --shared -e ENV';
  const name = await askSecret(context, given, usage, 'key');
  requireSecretName(name);
  const environment = await askEnvironment(context, env, usage);
  if (base !== null) requireSecretName(base);
  const vault = await context.vault('key');
  vault.requireTrust();
  const { record, shown } = await vault.change(async (change): Promise<{ record: NameRecord; shown: ShownSecret }> => {
    change.requireEnvironment(environment);
    await requireSecret(change, name);
    change.requireRealmKeys([environment, SHARED]);
    const taken = await takeUp(change, await requireName(change, name, SHARED), environment, base);
    change.log({ action: 'take-up', secret: name, environment });
    return { record: taken, shown: await showSecret(change, name) };
  });
  if (isExempt(record.kind, 'masking'))
    context.say(
      `note: it is a plain setting there (kind ${record.kind}). If it is a secret: knox set ${name} --kind standard`,
    );
  return { json: shown, text: `${environment} now uses the present shared value of ${name}.` };
}
