/** `knox source`: where a secret's new values come from, and where its old ones are revoked. */
import type { Handler, OptionValues } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { errors, isKnoxError } from '../errors.ts';
import type { Context } from '../context.ts';
import { lineageOf } from '../rotation/find-rotation.ts';
import { credentialAt, refuseInShell, sourceAt } from '../rotation/sources.ts';
import { checkOptions, sourceKind } from '../sources/kinds.ts';
import { overlapText, parseOverlap } from '../sources/overlap.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Change } from '../vault/change.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import { askSecret } from './ask-name.ts';
import { refuseLiteral } from './literals.ts';

export const sourceSet: Handler = async (context, [given, kind], options) => {
  const name = await askSecret(context, given, 'knox source set NAME KIND');
  if (kind === undefined) throw errors.usage('which kind of source?', 'knox source set NAME generate');
  const settings = parseSettings(options);
  await checkOptions(kind, settings);
  refuseInShell(kind, settings);
  const overlap = settings['overlap'] ?? null;
  const vault = await context.vault('key');
  vault.requireTrust();
  const base = await vault.change(async (change) => {
    const lineage = await lineageOf(change, name);
    const places = (await placesFor(change, lineage.id)).filter((place) => change.ring?.hasEnvironment(place) === true);
    if (places.length === 0) change.ring?.environmentKey((await placesFor(change, lineage.id))[0]!);
    for (const environment of places) {
      const known = await change.findOne('source', { lineage: lineage.id, environment });
      await change.put('source', {
        id: known?.id ?? change.newId(),
        lineage: lineage.id,
        environment,
        kind,
        options: JSON.stringify(settings),
        overlap: overlap === null ? null : overlapText(parseOverlap(overlap)),
        created_at: change.at,
      });
    }
    await refuseBeside(context, change, lineage, places);
    change.log({
      action: 'source-set',
      secret: lineage.base,
      detail: { kind, options: settings, environments: places },
    });
    return lineage.base;
  });
  const next = sourceKind(kind).load === null ? '' : ` Try it: knox source test ${base}`;
  return { json: { secret: base, kind, options: settings, overlap }, text: `The source of ${base} is ${kind}.${next}` };
};

export const sourceShow: Handler = async (context, [given]) => {
  const name = await askSecret(context, given, 'knox source show NAME');
  const vault = await context.vault('look');
  const { base, row } = await vault.look(async (view) => {
    const lineage = await lineageOf(view, name);
    return { base: lineage.base, row: (await view.find('source', { lineage: lineage.id }))[0] };
  });
  const options = row === undefined ? {} : (JSON.parse(row.options) as Record<string, string>);
  const json = { secret: base, kind: row?.kind ?? 'manual', options, overlap: row?.overlap ?? null };
  const rows = [
    ['secret', base],
    ['kind', json.kind],
    ...Object.entries(options).map(([key, text]) => [`option ${key}`, printable(text)]),
    ['overlap', json.overlap ?? 'not known'],
  ];
  return { json, table: { head: ['Source', ''], rows, names: [1] } };
};

export const sourceRemove: Handler = async (context, [given]) => {
  const name = await askSecret(context, given, 'knox source remove NAME');
  const vault = await context.vault('key');
  vault.requireTrust();
  const { base, count } = await vault.change(async (change) => {
    const lineage = await lineageOf(change, name);
    await change.requireIntactWhereGiven();
    const rows = await change.find('source', { lineage: lineage.id });
    for (const row of rows) await change.remove('source', row);
    change.log({ action: 'source-remove', secret: lineage.base, detail: { kind: rows[0]?.kind ?? 'manual' } });
    return { base: lineage.base, count: rows.length };
  });
  const said = count === 0 ? 'had no source' : 'has no source any more: a person makes its values';
  return { json: { secret: base, kind: 'manual', options: {}, overlap: null }, text: `${base} ${said}.` };
};

/** What the options and the values that are there say of each other already. What can not be filled yet is for `source test` to tell. @throws usage */
async function refuseBeside(
  context: Context,
  change: Change,
  { id, base }: StoredRow<'lineage'>,
  places: readonly string[],
): Promise<void> {
  const { root } = await context.place();
  const services = { ...context.routeServices(root), sleep: context.io.sleep, now: () => new Date(change.at) };
  const live = await change.find('secret', { lineage: id, state: 'live' });
  const newest = live.toSorted((left, right) => right.version - left.version)[0];
  for (const place of newest === undefined ? [] : places) {
    try {
      const at = await sourceAt(change, { lineage: id, base }, place, { services, guards: context.guards() });
      const old = at?.source.check === undefined ? null : await credentialAt(change, newest!.id, place);
      if (old !== null) at!.source.check!(at!.request, old);
    } catch (error) {
      if (!isKnoxError(error) || error.code === 'usage') throw error;
    }
  }
}

/** Where the lineage may have values: `shared`, or every environment of the vault. */
async function placesFor(view: View, lineage: string): Promise<string[]> {
  const versions: StoredRow<'secret'>[] = await view.find('secret', { lineage });
  const isShared = versions.filter(({ state }) => state !== 'deleted').every(({ scope }) => scope === 'shared');
  return isShared ? [SHARED] : view.environmentNames();
}

/** An option of such a name holds a credential, whatever it looks like. */
const SECRET_NAME = /(secret|password|passphrase|token|credential|api_?key|private_?key)$/i;

/** @throws usage, invalid_value for a credential that would be stored in the clear */
function parseSettings(options: OptionValues): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const text of (options['option'] as string[] | undefined) ?? []) {
    const [, key, value] = /^([A-Za-z][A-Za-z0-9_-]*)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined)
      throw errors.usage('--option takes KEY=VALUE', 'for example --option length=40');
    if (Object.hasOwn(settings, key)) throw errors.usage(`the option ${key} is given twice`, 'give it once');
    refuseLiteral(`--option ${key}`, value);
    if (SECRET_NAME.test(key) && !value.includes('{{secret:'))
      throw errors.invalid_value(
        `the option ${key} would be stored in the clear`,
        'store it as a secret: knox add NAME -e ENV',
        `and give a placeholder: --option ${key}='{{secret:NAME}}'`,
      );
    settings[key] = value;
  }
  return settings;
}
