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
    means: 'hours that rotations change production in, local time',
    example: '09:00-16:00',
    check: (text) => void parseBetween(text),
  },
  on: {
    means: 'days that rotations change production on',
    example: 'mon-thu',
    check: (text) => void parseOn(text),
  },
  records: {
    means: "folder for the rotations' records, from the project's root; docs/rotations where it is left out",
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
    throw errors.usage('records is a folder in the project', 'for example docs/rotations');
}

/** @throws usage */
export function settingName(text: string): SettingName {
  if (Object.hasOwn(SETTINGS, text)) return text as SettingName;
  throw errors.usage(`${quoted(text)} is no setting`, `settings: ${Object.keys(SETTINGS).join(', ')}`);
}
