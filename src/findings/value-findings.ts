/** What was found of values when they were written (`value.facts`), and logins that were refused. Needs no key. */
import { isExempt } from '../domain/kinds.ts';
import { MANY_FAILURES } from '../domain/many-failures.ts';
import { addSeconds } from '../domain/time.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord, RefusalRecord } from '../vault/records/kinds.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const DAY = 86_400;

/** @param live names that live, as each realm says */
export async function valueFindings(view: View, live: readonly NameRecord[]): Promise<Finding[]> {
  const values = new Map((await view.across('value')).map((value) => [keyOf(value.realm, value.id), value]));
  const held = live.filter(({ value }) => value !== null);
  const places = new Map(held.map((record) => [keyOf(record.realm, record.name), record]));
  const found: Finding[] = [];
  for (const { name, base, realm, kind, value } of held) {
    const stored = values.get(keyOf(realm, value!));
    if (stored === undefined) continue;
    const hint = `knox rotate ${base}`;
    const { sameAs, wrongEnvironment } = stored.facts;
    const place = { secret: name, environment: realm === SHARED ? null : realm, since: stored.createdAt };
    if (wrongEnvironment && !isExempt(kind, 'wrong_environment')) {
      const message = `the value of ${name} for ${realm} looks like a key for another environment`;
      found.push(finding('wrong-environment', { ...place, message, hint }));
    }
    if (isExempt(kind, 'same_value')) continue;
    for (const twin of sameAs) {
      if (twin.realm === realm || !places.has(keyOf(twin.realm, twin.name))) continue;
      const isGrave = [realm, twin.realm].some((one) => one !== SHARED && view.isProduction(one));
      const message = `${name} for ${realm} has the same value as ${twin.name} for ${twin.realm}`;
      found.push(finding('same-value', { ...place, severity: isGrave ? 'error' : 'warning', message, hint }));
    }
  }
  return found;
}

/** Three or more within a day, of one version in one environment. */
export async function failureFindings(view: View, live: readonly NameRecord[]): Promise<Finding[]> {
  const since = addSeconds(view.now.toISOString(), -DAY);
  const recent = (await view.across('refusal')).filter(({ at }) => at >= since);
  const names = new Map(live.map((record) => [keyOf(record.realm, record.name), record]));
  return [...Map.groupBy(recent, ({ realm, name }) => keyOf(realm, name))].flatMap(([key, refusals]) => {
    const record = names.get(key);
    const count = refusals.reduce((sum, refusal) => sum + refusal.count, 0);
    if (record === undefined || count < MANY_FAILURES) return [];
    const { name, base, realm } = record;
    const sources = [...new Set(refusals.map(({ source }) => source))].join(', ');
    const first = refusals.map(({ at }) => at).toSorted()[0]!;
    return [
      finding('auth-failures', {
        secret: name,
        environment: realm === SHARED ? null : realm,
        since: first,
        message: `${name} for ${realm} was refused ${count} times within a day (${sources})`,
        hint: `${lookAt(refusals, realm)}, then: knox rotate ${base}`,
      }),
    ];
  });
}

const PROBE = 'probe of ';

/** What tells whether it still is so: the route whose probe was refused last, where a probe was. */
function lookAt(refusals: readonly RefusalRecord[], environment: string): string {
  const probes = refusals.filter(({ source }) => source.startsWith(PROBE));
  const last = probes.toSorted((left, right) => (left.at < right.at ? -1 : 1)).at(-1);
  if (last === undefined) return 'check who was refused';
  return `knox route test ${last.source.slice(PROBE.length)} -e ${environment}`;
}

function keyOf(realm: string, name: string): string {
  return `${realm} ${name}`;
}
