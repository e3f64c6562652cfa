/** `knox setting set|list|remove`: what holds for the vault as a whole. */
import type { Run } from '../../command-line/command.ts';
import { refuseLiteral } from '../../domain/refuse-literal.ts';
import { printable } from '../../domain/printable.ts';
import { SETTINGS, settingName } from '../../domain/settings.ts';
import type { SettingName } from '../../domain/settings.ts';
import { errors } from '../../errors.ts';
import { putSetting, settingsOf } from '../../vault/keys/settings.ts';
import type { SettingRemove, SettingSet } from './declared.ts';

export const settingSet: Run<SettingSet> = async (context, { name: given, value }) => {
  const name = settingName(given);
  if (value === null) throw errors.usage('no value given', `knox setting set ${name} ${SETTINGS[name].example}`);
  refuseLiteral(name, value);
  SETTINGS[name].check(value);
  const vault = await context.vault('key');
  vault.requireTrust();
  await vault.change((change) => putSetting(change, name, value));
  return { json: { name, value }, text: `Set ${name} to ${printable(value)}: ${SETTINGS[name].means}.` };
};

export const settingList: Run<object> = async (context) => {
  const vault = await context.vault('look');
  const set = await vault.look(async (view) => settingsOf(view));
  const all = (Object.keys(SETTINGS) as SettingName[]).map((name) => ({
    name,
    value: set.get(name) ?? null,
    means: SETTINGS[name].means,
  }));
  const rows = all.map(({ name, value, means }) => [name, value === null ? '' : printable(value), means]);
  return { json: all, table: { head: ['Setting', 'Value', 'Means'], rows, prose: [2] } };
};

export const settingRemove: Run<SettingRemove> = async (context, { name: given }) => {
  const name = settingName(given);
  const vault = await context.vault('key');
  vault.requireTrust();
  await vault.change((change) => putSetting(change, name, null));
  return { json: { name, value: null }, text: `Removed the setting ${name}.` };
};
