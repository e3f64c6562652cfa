/** What is due or expires: by each secret's own interval, its kind's, or the date that its provider set. Needs no key. */
import { shortDuration } from '../domain/duration.ts';
import { addSeconds, relativeTime } from '../domain/time.ts';
import type { ListedSecret } from '../vault/secrets/describe-secret.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const DAY = 86_400;
/** Said ahead by the lesser of this and a fifth of the interval. */
const AHEAD_SECONDS = 14 * DAY;

/**
 * Findings for the versions that are in use. A rotation under way takes nothing away: until an environment is moved, what it is on grows older.
 * @param served names of those that an environment is on
 */
export function scheduleFindings(secrets: readonly ListedSecret[], served: ReadonlySet<string>, now: Date): Finding[] {
  return secrets
    .filter(({ state, name }) => state === 'live' && served.has(name))
    .flatMap((secret) => [...dueFindings(secret, now), ...expiryFindings(secret, now)]);
}

function dueFindings({ name, base, every, dueAt }: ListedSecret, now: Date): Finding[] {
  if (dueAt === null) return [];
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
