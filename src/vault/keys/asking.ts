/** Commands and addresses that ask before they run, from a change of keys on: whoever vouches for them opens less than others do. */
import { isGiven } from '../documents/manifest.ts';
import type { ManifestSlot } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import { textOf, voucherOf } from '../gate/vouch.ts';
import type { VouchedRecord } from '../gate/vouch.ts';

async function recordsIn(view: View, realms: readonly string[]): Promise<VouchedRecord[]> {
  const found: VouchedRecord[] = [];
  for (const realm of realms) {
    const own = await view.unlessDamaged(realm, async () => [
      ...(await view.all('route', realm)),
      ...(await view.all('source', realm)),
      ...(await view.all('receiver', realm)),
    ]);
    found.push(...(own ?? []));
  }
  return found.filter((record) => textOf(record) !== null);
}

/** What a slot vouches for, as far as the realms at hand tell: nobody does any more once it is removed. */
export async function vouchedBy(view: View, slot: ManifestSlot): Promise<VouchedRecord[]> {
  const records = await recordsIn(view, view.readableRealms());
  return records.filter((record) => voucherOf(view.manifest, record)?.id === slot.id);
}

/**
 * Where an environment is new: commands of keys that held every other one, and so ran unasked beside everybody's; and what the new one took
 * over of such keys, for which nobody vouches there.
 */
export async function askingSince(view: View, environment: string): Promise<VouchedRecord[]> {
  const { realms, slots } = view.manifest;
  const others = realms.filter(({ name }) => name !== environment);
  const heldAll = (slot: ManifestSlot): boolean =>
    !slot.admin && slot.realms !== null && others.every((realm) => isGiven(slot, realm));
  const ids = new Set(slots.filter(heldAll).map(({ id }) => id));
  const asks = (record: VouchedRecord): boolean => {
    const voucher = voucherOf(view.manifest, record);
    if (record.realm === environment) return voucher === null;
    return voucher !== null && ids.has(voucher.id) && isCommand(record);
  };
  return (await recordsIn(view, view.readableRealms())).filter(asks);
}

/** Something is sent to an address by whoever holds what is sent: that stays as it is. */
function isCommand(record: VouchedRecord): boolean {
  if (record.kindOf !== 'route') return record.kind === 'command';
  return record.testCommand !== null || record.deployCommand !== null;
}
