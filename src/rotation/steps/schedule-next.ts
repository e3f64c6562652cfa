/** Step 11: when the secret is due again, by its own interval or its kind's; a value that was kept is due when it was. */
import { dueAt, intervalOf } from '../../domain/kinds.ts';
import type { RotatedSecret } from '../../domain/rotation-record.ts';
import type { StepFacts } from '../../domain/step-facts.ts';
import { addSeconds } from '../../domain/time.ts';
import type { Change } from '../../vault/core/change.ts';
import { SHARED } from '../../vault/documents/manifest.ts';
import type { Rotation } from '../rotation.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const scheduleNext: Step = { id: 'schedule-next', run };

type NextDate = Extract<StepFacts, { of: 'scheduled' }>['dates'][number];

async function run({ rotation }: Work): Promise<Outcome> {
  const dates: NextDate[] = [];
  await rotation.change({ action: 'rotation-schedule' }, async (change) => {
    for (const secret of rotation.secrets) dates.push(await schedule(change, rotation, secret));
  });
  return { kind: 'done', facts: { of: 'scheduled', dates } };
}

/** Each realm has its own date. @returns the first of them, and why it is that one */
async function schedule(change: Change, rotation: Rotation, secret: RotatedSecret): Promise<NextDate> {
  const dates: { readonly due: string; readonly keptBy: string | null }[] = [];
  for (const realm of new Set([...rotation.environmentsOf(secret), ...rotation.placesOf(secret)])) {
    const fresh = await freshDate(change, realm, secret);
    const before = await dateBefore(change, rotation, { realm, secret });
    const isAsBefore = fresh !== null && before !== null && before < fresh;
    const due = isAsBefore ? before : fresh;
    if (due !== null) dates.push({ due, keptBy: isAsBefore ? realm : null });
    await change.update((await change.get('lineage', realm, secret.base))!, { dueAt: due });
  }
  const first = dates.map(({ due }) => due).toSorted()[0] ?? null;
  const kept = dates.flatMap(({ due, keptBy }) => (due === first && keptBy !== null ? [keptBy] : []));
  return { name: secret.to, due: first, kept };
}

async function freshDate(change: Change, realm: string, { to }: RotatedSecret): Promise<string | null> {
  const version = await change.get('name', realm, to);
  const interval = version === null ? null : intervalOf(version);
  return interval === null ? null : addSeconds(change.at, interval);
}

/** When the value that was kept is due; null where it was not kept. */
async function dateBefore(
  change: Change,
  rotation: Rotation,
  { realm, secret }: { readonly realm: string; readonly secret: RotatedSecret },
): Promise<string | null> {
  if (realm === SHARED || rotation.record(secret.base, realm)?.isKept !== true) return null;
  const { dueAt: date } = (await change.get('lineage', realm, secret.base))!;
  const old = await change.get('name', realm, secret.from);
  return old === null ? date : dueAt({ kind: old.kind, every: old.every, createdAt: old.createdAt, dueAt: date });
}
