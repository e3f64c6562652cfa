/** The settings of a vault: what they are called, what they mean, what they may hold. Adding one is an entry here. */
import { errors } from '../errors.ts';
import { parseBetween, parseOn } from './office-hours.ts';
import { quoted } from './secret-name.ts';

interface Setting {
  readonly means: string;
  readonly example: string;
  /** @throws usage */
  readonly check: (text: string) => void;
}

export const SETTINGS = {
  between: {
    means: 'hours in which rotations change production, local time',
    example: '09:00-16:00',
    check: (text) => void parseBetween(text),
  },
  on: {
    means: 'days on which rotations change production',
    example: 'mon-thu',
    check: (text) => void parseOn(text),
  },
  records: {
    means: 'folder for rotation records, in the project (default docs/rotations)',
    example: 'docs/security/rotations',
    check: checkFolder,
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** A folder outside of the project would be written to by whoever runs the rotation. */
function checkFolder(text: string): void {
  const parts = text.split('/');
  const isInside = !text.startsWith('/') && !text.includes('\\') && !text.includes('\0') && !parts.includes('..');
  if (text.trim() === '' || !isInside)
    throw errors.usage('records must be a folder in the project', 'for example docs/rotations');
}

/** @throws usage */
export function settingName(text: string): SettingName {
  if (Object.hasOwn(SETTINGS, text)) return text as SettingName;
  throw errors.usage(`unknown setting ${quoted(text)}`, `settings: ${Object.keys(SETTINGS).join(', ')}`);
}
