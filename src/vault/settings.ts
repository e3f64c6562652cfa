/** The settings of a vault that were set. */
import { SETTINGS } from '../domain/settings.ts';
import type { SettingName } from '../domain/settings.ts';
import type { View } from './view.ts';

export async function settingsOf(view: View): Promise<Map<SettingName, string>> {
  const found = new Map<SettingName, string>();
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const row = await view.get('setting', name);
    if (row !== null) found.set(name, JSON.parse(row.value) as string);
  }
  return found;
}
