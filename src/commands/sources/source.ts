/** `knox source`: where a secret's new values come from, and where its old ones are revoked. */
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { errors, isKnoxError } from '../../errors.ts';
import type { Context } from '../../context.ts';
import { baseOf } from '../../rotation/find-rotation.ts';
import { credentialAt, refuseInShell, sourceAt } from '../../rotation/source-at.ts';
import { checkOptions, sourceKind } from '../../sources/kinds.ts';
import { overlapText, parseOverlap } from '../../sources/overlap.ts';
import type { Change } from '../../vault/core/change.ts';
import { SHARED } from '../../vault/documents/manifest.ts';
import type { View } from '../../vault/core/view.ts';
import { isStanding, shownOrder, versionsIn } from '../../vault/secrets/find-secret.ts';
import { vouchFor } from '../../vault/gate/vouch.ts';
import { askSecret } from '../common/ask-name.ts';
import type { SourceOf, SourceSet } from './declared.ts';

export const sourceSet: Run<SourceSet> = async (context, { name: given, kind, options }) => {
  const name = await askSecret(context, given, 'knox source set NAME KIND');
  if (kind === null) throw errors.usage('no kind of source given', 'knox source set NAME generate');
  const settings = settingsOf(options);
  await checkOptions(kind, settings);
  refuseInShell(kind, settings);
  const overlap = settings['overlap'] ?? null;
  const vault = await context.vault('key');
  vault.requireTrust();
  const { base, left } = await vault.change(async (change) => {
    const known = await baseOf(change, name);
    const all = await placesFor(change, known);
    const places = all.filter((place) => change.canRead(place));
    if (places.length === 0) change.requireRealmKeys(all);
    for (const realm of places) {
      const content = {
        base: known,
        kind,
        options: settings,
        overlap: overlap === null ? null : overlapText(parseOverlap(overlap)),
        createdAt: change.at,
      };
      await change.put('source', realm, vouchFor(change, 'source', realm, content));
    }
    await refuseBeside(context, change, known, places);
    change.log({ action: 'source-set', secret: known, detail: { kind, options: settings, environments: places } });
    return { base: known, left: all.filter((place) => !places.includes(place)) };
  });
  if (left.length > 0) context.say(`note: not set for ${left.join(', ')}, which this key was not given`);
  const next = sourceKind(kind).load === null ? null : `knox source test ${base}`;
  return { json: { secret: base, kind, options: settings, overlap }, text: `The source of ${base} is ${kind}.`, next };
};

export const sourceShow: Run<SourceOf> = async (context, given) => {
  const name = await askSecret(context, given.name, 'knox source show NAME');
  const vault = await context.vault('look');
  const { base, row } = await vault.look(async (view) => {
    const known = await baseOf(view, name);
    return { base: known, row: (await view.getAcross('source', known, shownOrder(view)))[0] };
  });
  const options = row?.options ?? {};
  const json = { secret: base, kind: row?.kind ?? 'manual', options, overlap: row?.overlap ?? null };
  const rows = [
    ['secret', base],
    ['kind', json.kind],
    ...Object.entries(options).map(([key, text]) => [`option ${key}`, printable(text)]),
    ['overlap', json.overlap ?? 'not known'],
  ];
  return { json, table: { head: ['Source', ''], rows, names: [1] } };
};

export const sourceRemove: Run<SourceOf> = async (context, given) => {
  const name = await askSecret(context, given.name, 'knox source remove NAME');
  const vault = await context.vault('key');
  vault.requireTrust();
  const { base, count, left } = await vault.change(async (change) => {
    const known = await baseOf(change, name);
    const all = await change.getAcross('source', known);
    const own = all.filter(({ realm }) => change.canRead(realm));
    if (own.length === 0) change.requireRealmKeys(all.map(({ realm }) => realm));
    for (const row of own) await change.remove(row);
    change.log({ action: 'source-remove', secret: known, detail: { kind: own[0]?.kind ?? 'manual' } });
    const others = all.flatMap(({ realm }) => (change.canRead(realm) ? [] : [realm]));
    return { base: known, count: own.length, left: others };
  });
  if (left.length > 0)
    context.warn('not_granted', `${base} keeps its source for ${left.join(', ')}, which this key was not given`);
  const said = count === 0 ? 'had no source' : 'has no source now: a person makes its values';
  return { json: { secret: base, kind: 'manual', options: {}, overlap: null }, text: `${base} ${said}.` };
};

/** What the options and the values that are there say of each other already. What cannot be filled yet is for `source test` to tell. @throws usage */
async function refuseBeside(context: Context, change: Change, base: string, places: readonly string[]): Promise<void> {
  const { root } = await context.place();
  const services = { ...context.routeServices(root), sleep: context.io.sleep, now: () => new Date(change.at) };
  for (const place of places) {
    try {
      const lineage = await change.get('lineage', place, base);
      const versions = lineage === null ? [] : await versionsIn(change, lineage);
      const newest = versions.find(({ state }) => state === 'live');
      if (newest === undefined) continue;
      const at = await sourceAt(change, base, place, { services, guards: context.guards() });
      const old = at?.source.check === undefined ? null : await credentialAt(change, newest.name, place);
      if (old !== null) at!.source.check!(at!.request, old);
    } catch (error) {
      if (!isKnoxError(error) || error.code === 'usage') throw error;
    }
  }
}

/** Where the lineage may have values: `shared` where it is shared wherever it stands, else every environment that does not share it. */
async function placesFor(view: View, base: string): Promise<string[]> {
  const sharing = new Set<string>();
  let isOwn = false;
  for (const realm of view.realmNames()) {
    const lineage = await view.get('lineage', realm, base);
    const standing = lineage === null ? [] : (await versionsIn(view, lineage)).filter(isStanding);
    if (standing[0] === undefined) continue;
    if (realm === SHARED || standing[0].shared !== null) sharing.add(realm);
    else isOwn = true;
  }
  if (sharing.size > 0 && !isOwn) return [SHARED];
  return view.environmentNames().filter((name) => !sharing.has(name));
}

/** @throws usage for one that is given twice */
function settingsOf(options: SourceSet['options']): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [key, value] of options) {
    if (Object.hasOwn(settings, key)) throw errors.usage(`duplicate option ${key}`, 'give it once');
    settings[key] = value;
  }
  return settings;
}
