/** Step 11: when the secret is due again, by its own interval or its kind's; a value that was kept is due when it was. */
import { dueAt, intervalOf } from '../../domain/kinds.ts';
import type { Kind } from '../../domain/kinds.ts';
import { addSeconds } from '../../domain/time.ts';
import type { View } from '../../vault/view.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const scheduleNext: Step = { id: 'schedule-next', run };

async function run({ rotation }: Work): Promise<Outcome> {
  const dates: string[] = [];
  await rotation.change({ action: 'rotation-schedule' }, async (change) => {
    for (const secret of rotation.secrets) {
      const version = (await change.get('secret', secret.to_secret))!;
      const interval = intervalOf(version);
      const { entry: _entry, tag: _tag, ...lineage } = (await change.get('lineage', secret.lineage))!;
      const kept = rotation.rows.environments.filter((row) => row.lineage === secret.lineage && row.is_kept === 1);
      const fresh = interval === null ? null : addSeconds(change.at, interval);
      const before = kept.length === 0 ? null : await dueBefore(change, secret.from_secret, lineage.due_at);
      const due = fresh !== null && before !== null && before < fresh ? before : fresh;
      await change.put('lineage', { ...lineage, due_at: due });
      const names = rotation.environments.filter((name) => kept.some((row) => row.environment === name)).join(', ');
      const why = due === fresh ? '' : `, as before: ${names} kept the value`;
      dates.push(due === null ? `${version.name} has no schedule` : `${version.name} is due ${due.slice(0, 10)}${why}`);
    }
  });
  return { kind: 'done', detail: dates.join(', ') };
}

async function dueBefore(view: View, from: string, date: string | null): Promise<string | null> {
  const old = await view.get('secret', from);
  if (old === null) return date;
  return dueAt({ kind: old.kind as Kind, every: old.every, createdAt: old.created_at, dueAt: date });
}
