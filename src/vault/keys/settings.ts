/** The settings of a vault: in its manifest, so that whoever administers it sets them. */
import { SETTINGS } from '../../domain/settings.ts';
import type { SettingName } from '../../domain/settings.ts';
import { errors } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import type { Manifest } from '../documents/manifest.ts';
import { nextManifest } from './next-manifest.ts';

/** Those that were set. */
export function settingsOf({ manifest }: { readonly manifest: Manifest }): Map<SettingName, string> {
  const names = Object.keys(SETTINGS) as SettingName[];
  return new Map(
    names.flatMap((name): [SettingName, string][] => {
      const value = manifest.settings[name];
      return value === undefined ? [] : [[name, checked(name, value)]];
    }),
  );
}

/** As where it is set: the manifest may be of somebody else's program. @throws vault_damaged for what no command stores */
function checked(name: SettingName, value: string): string {
  try {
    SETTINGS[name].check(value);
    return value;
  } catch {
    throw errors.vault_damaged(
      `the setting ${name} of this vault has an invalid value`,
      `remove it: knox setting remove ${name}`,
    );
  }
}

/** @param value null: it is not set any more @throws not_granted where the key does not administer */
export async function putSetting(change: Change, name: SettingName, value: string | null): Promise<void> {
  const { [name]: _before, ...others } = change.manifest.settings;
  const settings = value === null ? others : { ...others, [name]: value };
  await change.putManifest({
    manifest: nextManifest(change, { settings }),
    grants: new Map(),
    newKeys: new Map(),
  });
  change.log(
    value === null
      ? { action: 'setting-remove', detail: { setting: name } }
      : { action: 'setting-set', detail: { setting: name, value } },
  );
}
