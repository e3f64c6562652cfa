/**
 * Words of which an option or argument takes one, or some: the lists that its parser checks against, the help says and the shell
 * completes. A set that users see is listed here and nowhere else, but for what carries more than words (kinds of secrets: kinds.ts). Nothing but words, since every start loads them.
 */

export const SEVERITIES = ['info', 'warning', 'error'] as const;
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export const SOURCE_KINDS = ['manual', 'generate', 'command', 'postgres', 'oauth'] as const;

/** Days that production may be changed on; the number of a day is its place, as `Date` counts them. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** What a receiver of notifications can ask for. */
export const EVENTS = ['check', 'needs-person', 'window-over', 'failed', 'rolled-back', 'done', 'incident'] as const;

export const AUDIT_FORMATS = ['jsonl'] as const;
export const CHECK_FORMATS = ['text', 'json', 'github', 'sarif'] as const;
export const SCAN_FORMATS = ['sarif', 'github'] as const;
export const IMPORT_FORMATS = ['dotenv', 'json', 'yaml'] as const;
export const EXPORT_FORMATS = [
  'dotenv',
  'docker-env',
  'systemd-env',
  'json',
  'yaml',
  'shell',
  'github',
  'github-env',
  'kubernetes',
] as const;
/** Of files with placeholders. */
export const FILE_FORMATS = [
  'json',
  'jsonc',
  'yaml',
  'toml',
  'dotenv',
  'docker-env',
  'systemd-env',
  'properties',
  'xml',
  'ini',
  'conf',
  'text',
] as const;

/** The steps of a rotation, in their order. */
export const STEP_IDS = [
  'document',
  'generate',
  'create',
  'update-staging',
  'test-staging',
  'update-production',
  'monitor',
  'verify',
  'delete-old',
  'update-docs',
  'schedule-next',
] as const;
type Step = (typeof STEP_IDS)[number];

/** Steps that `--confirm` may vouch for. */
export const CONFIRMABLE_STEPS: readonly Step[] = [
  'generate',
  'test-staging',
  'update-production',
  'verify',
  'delete-old',
  'update-docs',
];

/** Steps that `--skip` may leave out, with a reason. */
export const SKIPPABLE_STEPS: readonly Step[] = ['test-staging', 'monitor', 'verify', 'update-docs', 'schedule-next'];

/** What a declaration says of an option that takes such words. */
export interface Choices {
  readonly words: readonly string[];
  /** What stands between several; null where it takes one. */
  readonly separator: ',' | null;
}

export function oneOf(words: readonly string[]): Choices {
  return { words, separator: null };
}

/** Separated by commas. */
export function someOf(words: readonly string[]): Choices {
  return { words, separator: ',' };
}

/** In a sentence: `text, json or sarif`. */
export function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
