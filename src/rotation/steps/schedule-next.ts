/** Step 11: when the secret is due again, by its own interval or its kind's. */
import { intervalOf } from '../../domain/kinds.ts';
import { addSeconds } from '../../domain/time.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const scheduleNext: Step = { id: 'schedule-next', run };

async function run({ rotation }: Work): Promise<Outcome> {
  const dates: string[] = [];
  await rotation.change({ action: 'rotation-schedule' }, async (change) => {
    for (const secret of rotation.secrets) {
      const version = (await change.get('secret', secret.to_secret))!;
      const interval = intervalOf(version);
      const due = interval === null ? null : addSeconds(change.at, interval);
      const { entry: _entry, tag: _tag, ...lineage } = (await change.get('lineage', secret.lineage))!;
      await change.put('lineage', { ...lineage, due_at: due });
      dates.push(due === null ? `${version.name} has no schedule` : `${version.name} is due ${due.slice(0, 10)}`);
    }
  });
  return { kind: 'done', detail: dates.join(', ') };
}
