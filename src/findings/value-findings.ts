/** What was found of values when they were written (`value.facts`), and logins that were refused. Needs no key. */
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { MANY_FAILURES } from '../domain/many-failures.ts';
import { addSeconds } from '../domain/time.ts';
import type { StoredRow } from '../store/tables.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const DAY = 86_400;

/** @param secrets live ones, by id */
export async function valueFindings(view: View, secrets: ReadonlyMap<string, StoredRow<'secret'>>): Promise<Finding[]> {
  const rows = (await view.find('value')).filter(({ secret }) => secrets.has(secret));
  const bases = await basesOf(view);
  const places = new Set(rows.map(({ secret, environment }) => `${secrets.get(secret)!.name} for ${environment}`));
  const found: Finding[] = [];
  for (const { secret: id, environment, facts, created_at: since } of rows) {
    const { name, kind, lineage } = secrets.get(id)!;
    const hint = `knox rotate ${bases.get(lineage) ?? name}`;
    const { sameAs = [], wrongEnvironment = false } = JSON.parse(facts) as {
      sameAs?: string[];
      wrongEnvironment?: boolean;
    };
    const place = { secret: name, environment: environment === SHARED ? null : environment, since };
    if (wrongEnvironment && !isExempt(kind as Kind, 'wrong_environment')) {
      const message = `the value of ${name} for ${environment} looks like a key of another environment`;
      found.push(finding('wrong-environment', { ...place, message, hint }));
    }
    if (isExempt(kind as Kind, 'same_value')) continue;
    for (const twin of sameAs.filter((one) => places.has(one) && !one.endsWith(` for ${environment}`))) {
      const other = twin.slice(twin.lastIndexOf(' for ') + 5);
      const isGrave = [environment, other].some(
        (one) => one !== SHARED && view.environmentNames().includes(one) && view.isProduction(one),
      );
      const message = `${name} for ${environment} has the same value as ${twin}`;
      const severity = isGrave ? 'error' : 'warning';
      found.push(finding('same-value', { ...place, severity, message, hint }));
    }
  }
  return found;
}

/** Three or more within a day, of one version in one environment. */
export async function failureFindings(
  view: View,
  secrets: ReadonlyMap<string, StoredRow<'secret'>>,
): Promise<Finding[]> {
  const since = addSeconds(view.now.toISOString(), -DAY);
  const recent = (await view.find('auth_failure')).filter(({ at, secret }) => at >= since && secrets.has(secret));
  const bases = await basesOf(view);
  const groups = Map.groupBy(recent, ({ secret, environment }) => `${secret} ${environment}`);
  return [...groups.values()].flatMap((rows) => {
    const count = rows.reduce((sum, row) => sum + row.count, 0);
    if (count < MANY_FAILURES) return [];
    const { secret, environment } = rows[0]!;
    const { name, lineage } = secrets.get(secret)!;
    const sources = [...new Set(rows.map(({ source }) => source))].join(', ');
    const first = rows.map(({ at }) => at).toSorted()[0]!;
    return [
      finding('auth-failures', {
        secret: name,
        environment: environment === SHARED ? null : environment,
        since: first,
        message: `${name} for ${environment} was refused ${count} times within a day (${sources})`,
        hint: `${lookAt(rows, environment)}, then: knox rotate ${bases.get(lineage) ?? name}`,
      }),
    ];
  });
}

const PROBE = 'probe of ';

/** What tells whether it still is so: the route whose probe was refused last, where a probe was. */
function lookAt(rows: readonly StoredRow<'auth_failure'>[], environment: string): string {
  const probes = rows.filter(({ source }) => source.startsWith(PROBE));
  const last = probes.toSorted((left, right) => (left.at < right.at ? -1 : 1)).at(-1);
  if (last === undefined) return 'look at who was refused';
  return `knox route test ${last.source.slice(PROBE.length)} -e ${environment}`;
}

/** A command is told by the base, whatever version is meant: one secret has one command. By lineage. */
async function basesOf(view: View): Promise<ReadonlyMap<string, string>> {
  return new Map((await view.find('lineage')).map(({ id, base }) => [id, base]));
}
