/** Old versions that are kept too long, and versions that a removed key could read. Needs no key. */
import { addSeconds, relativeTime } from '../domain/time.ts';
import { activeRotations } from '../rotation/describe-rotation.ts';
import type { StepRecord } from '../rotation/types.ts';
import type { StoredRow } from '../store/tables.ts';
import type { View } from '../vault/view.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const WEEK = 7 * 86_400;
/** Where no rotation says how long old and new live side by side. */
const DEFAULT_WINDOW = 48 * 3600;

type Secrets = ReadonlyMap<string, StoredRow<'secret'>>;

/** A live version that is older than the newest one of its lineage, a week after its window. */
export async function staleVersions(view: View, secrets: Secrets): Promise<Finding[]> {
  const windows = await windowsOf(view);
  const now = view.now.toISOString();
  const found: Finding[] = [];
  for (const versions of Map.groupBy(secrets.values(), ({ lineage }) => lineage).values()) {
    const [newest, ...older] = versions.toSorted((left, right) => right.version - left.version);
    for (const { id, name } of older) {
      const end = windows.get(id) ?? addSeconds(newest!.created_at, DEFAULT_WINDOW);
      const since = addSeconds(end, WEEK);
      if (since > now) continue;
      const message = `${name} is kept beside ${newest!.name}, whose window was over ${relativeTime(end, view.now)}`;
      const hint = windows.has(id) ? `knox rotate ${name}` : `knox delete ${name}`;
      found.push(finding('stale-version', { secret: name, since, message, hint }));
    }
  }
  return found;
}

/** When the window of the rotation under way is over, by the version that it leaves. */
async function windowsOf(view: View): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const row of await activeRotations(view)) {
    const steps = JSON.parse(row.steps) as StepRecord[];
    const moved = steps.find(({ id }) => id === 'update-production')?.at ?? null;
    for (const { from_secret: from } of await view.find('rotation_secret', { rotation: row.id }))
      found.set(from, addSeconds(moved ?? view.now.toISOString(), row.window));
  }
  return found;
}

/** A version that a removed key could read, and that lives. */
export async function exposedVersions(view: View, secrets: Secrets): Promise<Finding[]> {
  const rows = (await view.find('exposure')).filter(({ secret }) => secrets.has(secret));
  return rows.map(({ secret, label, at }) => {
    const { name } = secrets.get(secret)!;
    const message = `the key "${label}", removed ${relativeTime(at, view.now)}, could read ${name}`;
    return finding('exposed', { secret: name, since: at, message, hint: 'knox rotate --exposed' });
  });
}
