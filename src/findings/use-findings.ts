/** Secrets that nobody uses, and secrets that no registered file names. Needs no key. */
import { isExempt } from '../domain/kinds.ts';
import { addSeconds, relativeTime } from '../domain/time.ts';
import type { ListedSecret } from '../vault/secrets/describe-secret.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const UNUSED_SECONDS = 30 * 86_400;

/**
 * @param newest of each lineage the newest version that is in use
 * @param expected names of those that are meant to lie unused
 * @param routed bases of the lineages of which a registered route of any project means a version
 */
export function useFindings(
  newest: readonly ListedSecret[],
  expected: ReadonlySet<string>,
  { routed, now }: { readonly routed: ReadonlySet<string>; readonly now: Date },
): Finding[] {
  return newest.flatMap((secret) => [
    ...(expected.has(secret.name) ? [] : unused(secret, routed.has(secret.base), now)),
    ...(routed.has(secret.base) ? [] : [unrouted(secret)]),
  ]);
}

/** @param isRouted a registered file may be deployed without knox, which then sees no use: nothing says that it could go */
function unused(secret: ListedSecret, isRouted: boolean, now: Date): Finding[] {
  const { name, kind, lastUsedAt, createdAt, rotation } = secret;
  if (isExempt(kind, 'unused') || rotation !== null) return [];
  const last = lastUsedAt ?? createdAt;
  const since = addSeconds(last, UNUSED_SECONDS);
  if (since > now.toISOString()) return [];
  const how =
    lastUsedAt === null
      ? `was never used; it was added ${relativeTime(last, now)}`
      : `was last used ${relativeTime(last, now)}`;
  return [
    finding('unused', {
      secret: name,
      since,
      message: `${name} ${how}`,
      hint: isRouted
        ? `if its files are deployed without knox: knox set ${name} --expect-unused`
        : `knox delete ${name}, or if this is intended: knox set ${name} --expect-unused`,
    }),
  ];
}

function unrouted({ name }: ListedSecret): Finding {
  return finding('unrouted', {
    secret: name,
    message: `no registered file names ${name}`,
    hint: 'knox route add FILE -e ENV',
  });
}
