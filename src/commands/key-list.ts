/** `knox key list`: the keys that open the vault, and what each of them opens. */
import type { Handler } from '../declarations/command-spec.ts';
import { relativeTime } from '../domain/time.ts';
import type { Style } from '../terminal/style.ts';
import type { Cell, TableContent } from '../terminal/table.ts';
import { SHARED } from '../vault/manifest.ts';
import type { ManifestSlot } from '../vault/manifest.ts';
import { reportedUses } from '../vault/logged-uses.ts';
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
  const names = [...vault.manifest.environments.map(({ name }) => name), SHARED];
  const isTerminal = context.io.stdout.isTTY === true;
  return {
    json: keys,
    table: isTerminal ? matrix(keys, names, vault.now(), await context.style(context.io.stdout)) : rowsOf(keys),
  };
};

type Key = Omit<ManifestSlot, 'environments'> & { environments: readonly string[]; lastUsedAt: string | null };

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
    isSet ? { text: style.symbols.done, tone: 'ok' } : { text: style.symbols.skipped, tone: 'dim' };
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
    note(entry.key, entry.at);
    for (const { key, at } of reportedUses(entry)) note(key, at);
  }
  return last;
}
