/** Old versions that are kept too long, and versions that a removed key could read. Needs no key. */
import { addSeconds, relativeTime } from '../domain/time.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord } from '../vault/records/kinds.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const WEEK = 7 * 86_400;
/** Where no rotation says how long old and new live side by side. */
const DEFAULT_WINDOW = 48 * 3600;

/** A live version that is older than the newest one of its lineage in a realm, a week after its window; each once, of the realm that is first. */
export async function staleVersions(view: View, live: readonly NameRecord[]): Promise<Finding[]> {
  const windows = await windowsOf(view);
  const now = view.now.toISOString();
  const found = new Map<string, Finding>();
  for (const versions of Map.groupBy(live, ({ realm, base }) => `${realm} ${base}`).values()) {
    const [newest, ...older] = versions.toSorted((left, right) => right.version - left.version);
    for (const { name, realm } of older) {
      const window = windows.get(`${realm} ${name}`);
      const end = window ?? addSeconds(newest!.createdAt, DEFAULT_WINDOW);
      const since = addSeconds(end, WEEK);
      if (since > now || found.has(name)) continue;
      const message = `${name} is still stored beside ${newest!.name}, whose window ended ${relativeTime(end, view.now)}`;
      const hint = window === undefined ? `knox delete ${name}` : `knox rotate ${name}`;
      found.set(name, finding('stale-version', { secret: name, since, message, hint }));
    }
  }
  return [...found.values()];
}

/** When the window of the rotation under way is over, by realm and the version that it leaves. */
async function windowsOf(view: View): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { realm, endedAt, steps, window, secrets } of await view.across('rotation')) {
    if (endedAt !== null) continue;
    const moved = steps.find(({ id }) => id === 'update-production')?.at ?? null;
    for (const { from } of secrets) found.set(`${realm} ${from}`, addSeconds(moved ?? view.now.toISOString(), window));
  }
  return found;
}

/** A version that a removed key could read, and that lives; each key once. */
export function exposedVersions(view: View, live: readonly NameRecord[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const { name, exposed } of live) {
    for (const { slot, label, at } of exposed) {
      if (found.has(`${slot} ${name}`)) continue;
      const message = `the key "${label}", removed ${relativeTime(at, view.now)}, could read ${name}`;
      found.set(
        `${slot} ${name}`,
        finding('exposed', { secret: name, since: at, message, hint: 'knox rotate --exposed' }),
      );
    }
  }
  return [...found.values()];
}
