/** What is not a secret's value, as `add` and `set` take it from the command line. */
import type { OptionValues } from '../../declarations/command-spec.ts';
import { parseDuration } from '../../domain/duration.ts';
import { parseKind } from '../../domain/kinds.ts';
import { parseDate } from '../../domain/time.ts';
import { errors } from '../../errors.ts';
import type { NameContent } from '../../vault/records/name.ts';

export type Settings = Partial<Pick<NameContent, 'kind' | 'every' | 'expiresAt' | 'note' | 'owner' | 'expectUnused'>>;

/** Only what was given. An empty note or owner takes it away. @throws usage */
export function settingsOf(options: OptionValues, now: Date): Settings {
  const text = (key: string) => options[key] as string | undefined;
  const kind = text('kind');
  const every = text('every');
  const expires = text('expires');
  const note = text('note');
  const owner = text('owner');
  const isExpected = options['expectUnused'] as boolean | undefined;
  return {
    ...(kind === undefined ? {} : { kind: parseKind(kind) }),
    ...(every === undefined ? {} : { every: every === 'never' ? 0 : requirePositive(parseDuration(every)) }),
    ...(expires === undefined ? {} : { expiresAt: expires === 'never' ? null : parseDate(expires, now) }),
    ...(note === undefined ? {} : { note: note || null }),
    ...(owner === undefined ? {} : { owner: owner || null }),
    ...(isExpected === undefined ? {} : { expectUnused: isExpected }),
  };
}

/** 0 is how the vault keeps "never". */
function requirePositive(seconds: number): number {
  if (seconds > 0) return seconds;
  throw errors.usage('--every takes a duration above zero, or never', 'for example 90d');
}
