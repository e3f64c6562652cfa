/** What is not a secret's value, as `add` and `set` are given it. */
import { errors } from '../../errors.ts';
import type { NameContent } from '../../vault/records/name.ts';
import type { Add, Set } from './declared.ts';

export type Settings = Partial<Pick<NameContent, 'kind' | 'every' | 'expiresAt' | 'note' | 'owner' | 'expectUnused'>>;

/** Only what was given. An empty note or owner takes it away. */
export function settingsOf(given: Pick<Add, 'kind' | 'every' | 'expires' | 'note' | 'owner'> & Partial<Set>): Settings {
  const { kind, every, expires, note, owner, expectUnused = null } = given;
  return {
    ...(kind === null ? {} : { kind }),
    ...(every === null ? {} : { every }),
    ...(expires === null ? {} : { expiresAt: expires === 'never' ? null : expires }),
    ...(note === null ? {} : { note: note || null }),
    ...(owner === null ? {} : { owner: owner || null }),
    ...(expectUnused === null ? {} : { expectUnused }),
  };
}

/** `knox set` either takes a shared value up or changes settings. @throws usage */
export function requireChange(given: Set): void {
  const isEmpty = Object.keys(settingsOf(given)).length === 0;
  if (given.shared && !isEmpty)
    throw errors.usage('--shared cannot be used with other settings', 'knox set NAME --shared -e ENV');
  if (!given.shared && (given.env !== null || given.base !== null))
    throw errors.usage(
      '-e and --base need --shared: other settings apply to all environments',
      'knox set NAME --every 90d',
    );
  if (!given.shared && isEmpty)
    throw errors.usage('nothing to change', 'knox set NAME --every 90d, or --kind, --expires, --note, --owner');
}
