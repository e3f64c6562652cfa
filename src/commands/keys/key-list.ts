/** `knox key list`: the keys that open the vault, and what each of them opens. */
import type { Run } from '../../command-line/command.ts';
import { relativeTime } from '../../domain/time.ts';
import type { Style } from '../../terminal/style.ts';
import type { Cell, TableContent } from '../../terminal/table.ts';
import { realmNamesOf } from '../../vault/documents/manifest.ts';
import type { ManifestSlot } from '../../vault/documents/manifest.ts';
import { reportedUses } from '../../vault/uses/logged-uses.ts';
import type { View } from '../../vault/core/view.ts';

export const keyList: Run<object> = async (context) => {
  const vault = await context.vault('look');
  const keys = await vault.look(async (view) => {
    await view.requireGrantsIntact();
    const lastUsed = await lastUses(view);
    return view.manifest.slots.map((slot) => {
      const { id, label, kind, publicKey, admin, createdAt } = slot;
      const environments = realmNamesOf(view.manifest, slot) ?? view.realmNames();
      return { id, label, kind, publicKey, environments, admin, createdAt, lastUsedAt: lastUsed.get(id) ?? null };
    });
  });
  const names = vault.manifest.realms.map(({ name }) => name);
  const isTerminal = context.io.stdout.isTTY === true;
  return {
    json: keys,
    table: isTerminal ? matrix(keys, names, vault.now(), await context.style(context.io.stdout)) : rowsOf(keys),
  };
};

interface Key extends Pick<ManifestSlot, 'id' | 'label' | 'kind' | 'publicKey' | 'admin' | 'createdAt'> {
  readonly environments: readonly string[];
  readonly lastUsedAt: string | null;
}

/** For a program: exact times, names separated by commas. */
function rowsOf(keys: readonly Key[]): TableContent {
  return {
    head: [],
    rows: keys.map(({ id, label, kind, admin, environments, lastUsedAt }) => [
      id,
      label,
      kind,
      admin ? 'yes' : 'no',
      environments.join(','),
      lastUsedAt ?? 'never',
    ]),
  };
}

const KIND_COLUMN = 2;

/** Who opens what: a column for each environment. */
function matrix(keys: readonly Key[], names: readonly string[], now: Date, style: Style): TableContent {
  const mark = (isSet: boolean): Cell =>
    isSet ? { text: style.symbols.yes, tone: 'ok' } : { text: style.symbols.no, tone: 'dim' };
  return {
    head: ['Key', 'Id', 'Kind', ...names, 'admin', 'Last used'],
    prose: [0],
    least: [KIND_COLUMN, names.length + KIND_COLUMN + 2],
    rows: keys.map(({ id, label, kind, admin, environments, lastUsedAt }) => [
      { text: label, tone: 'name' },
      id,
      kind,
      ...names.map((name) => mark(environments.includes(name))),
      mark(admin),
      lastUsedAt === null ? 'never' : relativeTime(lastUsedAt, now),
    ]),
  };
}

/** The time of the newest audit entry by each key, or of its newest use elsewhere that was reported. */
async function lastUses(view: View): Promise<Map<string, string>> {
  const last = new Map<string, string>();
  const note = (key: string | null, at: string): void => {
    if (key !== null && (last.get(key) ?? '') < at) last.set(key, at);
  };
  for await (const entry of view.entriesDown()) {
    if (view.manifest.slots.every(({ id }) => (last.get(id) ?? '') > entry.at)) break;
    note(entry.slot, entry.at);
    for (const { slot, at } of reportedUses(entry)) note(slot, at);
  }
  return last;
}
