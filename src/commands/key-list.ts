/** `knox key list`: the keys that open the vault, and what each of them opens. */
import type { Handler } from '../declarations/command-spec.ts';
import { relativeTime } from '../domain/time.ts';
import type { View } from '../vault/view.ts';

export const keyList: Handler = async (context) => {
  const vault = await context.vault('look');
  const keys = await vault.look(async (view) => {
    await view.requireSlotsIntact();
    const lastUsed = await lastUses(view);
    return view.manifest.slots.map(({ id, label, kind, publicKey, environments, admin, createdAt }) => ({
      id,
      label,
      kind,
      publicKey,
      environments: environments ?? [...view.environmentNames(), 'shared'],
      admin,
      createdAt,
      lastUsedAt: lastUsed.get(id) ?? null,
    }));
  });
  const isTerminal = context.io.stdout.isTTY === true;
  const when = (time: string | null) => (time === null ? 'never' : isTerminal ? relativeTime(time, vault.now()) : time);
  const all = vault.manifest.environments.length + 1;
  const rows = keys.map((key) => [
    { text: key.id, tone: 'name' as const },
    key.label,
    key.kind,
    key.admin ? 'yes' : 'no',
    isTerminal && key.environments.length === all ? 'everything' : key.environments.join(isTerminal ? ', ' : ','),
    when(key.lastUsedAt),
  ]);
  return { json: keys, table: { head: ['Id', 'Label', 'Kind', 'Admin', 'Opens', 'Last used'], rows } };
};

/** The time of the newest audit entry by each key. */
async function lastUses(view: View): Promise<Map<string, string>> {
  const last = new Map<string, string>();
  for await (const { key, at } of view.entriesDown()) {
    if (key !== null && !last.has(key)) last.set(key, at);
    if (last.size === view.manifest.slots.length) break;
  }
  return last;
}
