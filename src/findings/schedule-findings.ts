/** What is due or expires: by each secret's own interval, its kind's, or the date that its provider set. Needs no key. */
import { shortDuration } from '../domain/duration.ts';
import { addSeconds, relativeTime } from '../domain/time.ts';
import type { ListedSecret } from '../vault/describe-secret.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const DAY = 86_400;
/** Said ahead by the lesser of this and a fifth of the interval. */
const AHEAD_SECONDS = 14 * DAY;

/** Findings for live secrets; one whose rotation is under way is being taken care of. */
export function scheduleFindings(secrets: readonly ListedSecret[], now: Date): Finding[] {
  const newest = new Map<string, number>();
  for (const { base, version, state } of secrets)
    if (state === 'live') newest.set(base, Math.max(newest.get(base) ?? 0, version));
  return secrets
    .filter(({ state, base, version }) => state === 'live' && newest.get(base) === version)
    .flatMap((secret) => [...dueFindings(secret, now), ...expiryFindings(secret, now)]);
}

function dueFindings({ name, base, every, dueAt, rotation }: ListedSecret, now: Date): Finding[] {
  if (dueAt === null || rotation !== null) return [];
  const hint = `knox rotate ${base}`;
  const said = { secret: name, hint, since: dueAt };
  const isOver = dueAt <= now.toISOString();
  if (isOver) return [finding('overdue', { ...said, message: `${name} was due ${relativeTime(dueAt, now)}` })];
  const ahead = every === null ? AHEAD_SECONDS : Math.min(AHEAD_SECONDS, every / 5);
  if (addSeconds(dueAt, -ahead) > now.toISOString()) return [];
  const rule = every === null ? '' : ` (every ${shortDuration(every)})`;
  const since = addSeconds(dueAt, -ahead);
  return [finding('due-soon', { ...said, since, message: `${name} is due ${relativeTime(dueAt, now)}${rule}` })];
}

function expiryFindings({ name, base, expiresAt }: ListedSecret, now: Date): Finding[] {
  if (expiresAt === null) return [];
  const said = { secret: name, hint: `knox rotate ${base}` };
  if (expiresAt <= now.toISOString())
    return [
      finding('expired', { ...said, since: expiresAt, message: `${name} expired ${relativeTime(expiresAt, now)}` }),
    ];
  const since = addSeconds(expiresAt, -AHEAD_SECONDS);
  if (since > now.toISOString()) return [];
  return [finding('expires-soon', { ...said, since, message: `${name} expires ${relativeTime(expiresAt, now)}` })];
}
