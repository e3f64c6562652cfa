/**
 * Which name each placeholder of a file gets, when the rotation moves and when it goes back. A file may serve several environments: each that it
 * is registered for has to say the same by its own records, and no production takes one of the names for another secret than it is taken for.
 */
import type { View } from '../vault/core/view.ts';
import type { Concerned } from './concerned.ts';
import type { Rotation } from './rotation.ts';

/** One text as one environment takes it. */
export type Taken = Pick<Concerned, 'path' | 'environment' | 'mine'>;

/** What is said elsewhere of files and of names that stand in them. */
export interface Elsewhere {
  /** By path: for how many environments of the project a file is registered. */
  readonly registered: ReadonlyMap<string, number>;
  /** By name: the lineages that it belongs to in production. */
  readonly lineages: ReadonlyMap<string, ReadonlySet<string>>;
}

/** @param texts whose placeholders may get another name */
export async function elsewhereOf(
  view: View,
  rotation: Rotation,
  { project, texts }: { readonly project: string; readonly texts: readonly Taken[] },
): Promise<Elsewhere> {
  const registered = new Map<string, number>();
  for (const environment of view.environmentNames())
    for (const { project: own, path, template } of await view.all('route', environment))
      if (own === project && template === null) registered.set(path, (registered.get(path) ?? 0) + 1);
  const names = new Set([
    ...texts.flatMap(({ mine }) =>
      mine.flatMap(({ placeholder, secret }) => [placeholder.name, secret.from, secret.to]),
    ),
    ...rotation.routes().flatMap(({ originals }) => (originals ?? []).filter((name) => name !== null)),
  ]);
  const production = view.environmentNames().filter((name) => view.isProduction(name) && view.canRead(name));
  const lineages = new Map<string, ReadonlySet<string>>();
  for (const name of names) {
    const records = await view.getAcross('name', name, production);
    lineages.set(name, new Set(records.filter(({ state }) => state !== 'deleted').map(({ base }) => base)));
  }
  return { registered, lineages };
}

function isOneSecret({ lineages }: Elsewhere, base: string, ...names: readonly string[]): boolean {
  return names.every((name) => [...(lineages.get(name) ?? [])].every((known) => known === base));
}

/**
 * Names of the new version, by the placeholders' place in the template.
 * @param texts the same one as each environment takes it: of an inline route there is one
 */
export function newNamesIn(texts: readonly Taken[], elsewhere: Elsewhere, isFile: boolean): Map<number, string> {
  const [first, ...others] = texts.map(({ mine }) => oldIn(mine)) as [Map<number, Old>, ...Map<number, Old>[]];
  // For an environment that has nothing to do with the rotation a placeholder of it is none of its secrets.
  const isAlone = isFile && elsewhere.registered.get(texts[0]!.path) !== texts.length;
  if (isAlone) return new Map();
  const agreed = [...first].filter(
    ([index, { base, name, to }]) =>
      others.every((own) => own.get(index)?.to === to) && (!isFile || isOneSecret(elsewhere, base, name, to)),
  );
  return new Map(agreed.map(([index, { to }]) => [index, to]));
}

interface Old {
  readonly base: string;
  readonly name: string;
  readonly to: string;
}

function oldIn(mine: Taken['mine']): Map<number, Old> {
  const old = mine.filter(
    ({ placeholder: { at, name }, secret, version }) => at === null && name !== secret.to && version !== null,
  );
  return new Map(
    old.map(({ index, placeholder: { name }, secret: { base, to } }) => [index, { base, name, to }] as const),
  );
}

/**
 * Names to put back. Where the file is production's too, production decides; a name that it had counts where all that decide say it, else the
 * version that is left.
 * @returns null where the rotation wrote nothing there
 */
export function oldNamesIn(
  rotation: Rotation,
  project: string,
  texts: readonly Taken[],
  elsewhere: Elsewhere,
): Map<number, string> | null {
  const originalsOf = ({ path, environment }: Taken) => rotation.route(project, path, environment)?.originals ?? null;
  if (texts.every((text) => originalsOf(text) === null)) return null;
  const production = new Set(rotation.production);
  const own = texts.filter(({ environment }) => production.has(environment));
  const deciding = (own.length > 0 ? own : texts).map((text) => newIn(text, originalsOf(text)));
  const [first, ...others] = deciding as [Map<number, New>, ...Map<number, New>[]];
  const names = new Map<number, string>();
  for (const [index, { base, to, from, had }] of first) {
    const said = others.map((one) => one.get(index));
    if (!said.every((one) => one?.to === to && one.from === from)) continue;
    const isSaid = had !== null && said.every((one) => one!.had === had) && isOneSecret(elsewhere, base, had);
    const name = isSaid ? had : from;
    if (isOneSecret(elsewhere, base, name, to)) names.set(index, name);
  }
  return names;
}

interface New {
  readonly base: string;
  readonly to: string;
  readonly from: string;
  /** Null where it is not known any more: a person may have added or taken away a placeholder since. */
  readonly had: string | null;
}

function newIn({ mine }: Taken, originals: readonly (string | null)[] | null): Map<number, New> {
  const isAsWritten = originals?.length === mine.length;
  return new Map(
    mine.flatMap(({ index, placeholder, secret: { base, to, from } }, order) => {
      if (placeholder.name !== to || placeholder.at !== null) return [];
      return [[index, { base, to, from, had: isAsWritten ? originals[order]! : null }] as const];
    }),
  );
}
