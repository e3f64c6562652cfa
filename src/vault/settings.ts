/** The settings of a vault that were set. They are checked here as where they are set: a row may be of somebody else's program. */
import { SETTINGS } from '../domain/settings.ts';
import type { SettingName } from '../domain/settings.ts';
import { errors } from '../errors.ts';
import type { View } from './view.ts';

export async function settingsOf(view: View): Promise<Map<SettingName, string>> {
  const found = new Map<SettingName, string>();
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const row = await view.get('setting', name);
    if (row !== null) found.set(name, checked(name, row.value));
  }
  return found;
}

/** @throws vault_damaged for what no command stores */
function checked(name: SettingName, stored: string): string {
  try {
    const value = JSON.parse(stored) as unknown;
    if (typeof value === 'string') {
      SETTINGS[name].check(value);
      return value;
    }
  } catch {
    // Told below.
  }
  throw errors.vault_damaged(
    `the setting ${name} of this vault holds what knox never stores`,
    `take it away: knox setting remove ${name}`,
  );
}
