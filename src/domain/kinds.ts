/**
 * What a secret's KIND means: how often it is rotated when nothing else was said, and what a plain
 * setting (`config`) is exempt from. When a secret is due is decided here and nowhere else.
 */
import { addSeconds } from './time.ts';

const DAY = 86_400;

export const KINDS = ['critical', 'standard', 'database', 'oauth', 'config'] as const;
export type Kind = (typeof KINDS)[number];

export const DEFAULT_KIND: Kind = 'standard';

/** Seconds between two rotations by kind; `null` where there is no schedule. */
const KIND_INTERVAL: { readonly [K in Kind]: number | null } = {
  critical: 30 * DAY,
  standard: 90 * DAY,
  database: 90 * DAY,
  oauth: null,
  config: null,
};

/** What a kind may be exempt from: two guards, one finding, and two ways of looking for values. */
export type Exemption = 'same_value' | 'wrong_environment' | 'unused' | 'masking' | 'scan';

const CONFIG_EXEMPTIONS: ReadonlySet<Exemption> = new Set<Exemption>([
  'same_value',
  'wrong_environment',
  'unused',
  'masking',
  'scan',
]);

export function isExempt(kind: Kind, from: Exemption): boolean {
  return kind === 'config' && CONFIG_EXEMPTIONS.has(from);
}

export function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

export interface Schedule {
  kind: Kind;
  /** As it is stored: the secret's own interval in seconds, 0 for never, `null` where the kind decides. */
  every: number | null;
  /** ISO time. */
  createdAt: string;
  /** ISO time that a finished rotation or an exposure has set, or `null`: it goes before everything computed. */
  dueAt: string | null;
}

/** Seconds between two rotations, the secret's own or its kind's; `null` where it has no schedule. */
export function intervalOf({ kind, every }: { readonly kind: string; readonly every: number | null }): number | null {
  if (every === 0) return null;
  return every ?? KIND_INTERVAL[kind as Kind] ?? null;
}

/** When the secret is due as an ISO time; `null` where it never is. */
export function dueAt(schedule: Schedule): string | null {
  if (schedule.dueAt !== null) return schedule.dueAt;
  const interval = intervalOf(schedule);
  return interval === null ? null : addSeconds(schedule.createdAt, interval);
}
