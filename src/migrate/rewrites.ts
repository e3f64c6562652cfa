/** What a plan makes of the routes: the files, each once, and what the vault holds of them. */
import { diffLines } from '../domain/diff.ts';
import type { Hunk } from '../domain/diff.ts';
import type { RootFile } from '../files/root-file.ts';
import { parseTemplate, rewriteNames } from '../templates/template.ts';
import type { RouteRecord } from '../vault/records/kinds.ts';
import { heldReferences, recordReferences } from '../vault/secrets/held-references.ts';
import { targetOf } from './facts.ts';
import type { Read, RouteText } from './facts.ts';
import type { Planned } from './plan.ts';

/** A file, or the text of an inline route, that names another secret afterwards. */
export interface Rewrite {
  readonly path: string;
  readonly environments: readonly string[];
  /** Null for an inline route. */
  readonly file: RootFile | null;
  readonly after: Uint8Array;
  readonly hunks: readonly Hunk[];
}

export interface Rewrites {
  readonly texts: readonly Rewrite[];
  /** Routes as they are to be, each beside what it is. */
  readonly routes: readonly { readonly before: RouteRecord; readonly after: RouteRecord }[];
}

type NewName = (name: string, at: 'current' | 'previous' | null) => string | null;

export function rewritesFor({ routes, candidates }: Read, planned: readonly Planned[]): Rewrites {
  const renamed = new Map(planned.flatMap(({ to, from }) => from.map(({ name }) => [name, to] as const)));
  const target = targetOf(candidates);
  const newName: NewName = (name, at) => renamed.get(target(name, at) ?? '') ?? null;
  // A probe's accepted hosts are kept by base: the same value goes to the same host as before.
  const bases = new Map(
    [...renamed].flatMap(([name, to]) => {
      const base = candidates.get(name)?.base;
      return base === undefined ? [] : [[base, to] as const];
    }),
  );
  const texts: Rewrite[] = [];
  const seen = new Map<string, Rewrite>();
  const changed: Rewrites['routes'][number][] = [];
  for (const route of routes) {
    const after = textAfter(route, newName);
    if (after !== null) {
      const { path, realm: environment } = route.record;
      const key = route.file?.target ?? `${path} ${environment}`;
      const known = seen.get(key);
      if (known === undefined) {
        const rewrite = rewriteOf(route, after);
        seen.set(key, rewrite);
        texts.push(rewrite);
      } else (known.environments as string[]).push(environment);
    }
    const record = recordAfter(route, after, newName, bases);
    if (record !== null) changed.push({ before: route.record, after: record });
  }
  return { texts, routes: changed };
}

function textAfter({ template }: RouteText, newName: NewName): Uint8Array | null {
  if (template === null) return null;
  const { output, changed } = rewriteNames(template, ({ name, at }) => newName(name, at));
  return changed === 0 ? null : output;
}

function rewriteOf({ record: { path, realm: environment, template }, file }: RouteText, after: Uint8Array): Rewrite {
  const before = file?.bytes ?? Buffer.from(template!, 'utf8');
  const hunks = diffLines(Buffer.from(before).toString('utf8'), Buffer.from(after).toString('utf8'));
  return { path, environments: [environment], file, after, hunks };
}

function recordAfter(
  { record }: RouteText,
  after: Uint8Array | null,
  newName: NewName,
  bases: ReadonlyMap<string, string>,
): RouteRecord | null {
  const rewrite = (text: string): string => {
    const { output } = rewriteNames(parseTemplate(Buffer.from(text)), ({ name, at }) => newName(name, at));
    return Buffer.from(output).toString('utf8');
  };
  const names = heldReferences(record).map(({ name, at }) => ({ name: newName(name, at) ?? name, at }));
  const { template, probe, headers, hosts } = record;
  const changed: RouteRecord = {
    ...record,
    template: template === null || after === null ? template : Buffer.from(after).toString('utf8'),
    probe: probe === null ? null : rewrite(probe),
    headers: headers.map(rewrite),
    names: recordReferences(names),
    hosts: hosts.map(([base, host]) => [bases.get(base) ?? base, host] as const),
  };
  return JSON.stringify(changed) === JSON.stringify(record) ? null : changed;
}
