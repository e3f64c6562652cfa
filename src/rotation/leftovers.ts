/**
 * Where the old value is still held or named outside of what a rotation rewrites: told when it begins, when production is moved and
 * verified, and in the way of deleting it.
 */
import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { Guards } from '../domain/guards.ts';
import { reveal } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { isKnoxError } from '../errors.ts';
import { targetInRoot } from '../files/root-file.ts';
import { renderRoute } from '../routes/render-route.ts';
import type { View } from '../vault/core/view.ts';
import { allNamesOf, concernedRoutes, otherProjects, pathsOf } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { findMentions, LARGEST_BYTES, MOST_FILES } from './mentions.ts';
import type { Mention } from './mentions.ts';
import { oldPlaintexts } from './old-values.ts';
import type { Work } from './types.ts';
import { recordsFolder } from './write-record.ts';

export interface Leftover extends Pick<Mention, 'path' | 'line' | 'kind' | 'isPlain' | 'isRegistered'> {
  /** Of a `value`: the name of the secret's old version. */
  readonly secret: string | null;
  /** Of a `value`: environments that it is the value of. */
  readonly environments: readonly string[];
}

export interface Leftovers {
  /** By weight: values, placeholders, commands, names. */
  readonly files: readonly Leftover[];
  readonly isComplete: boolean;
  /** Paths of files that are too large to be looked at. */
  readonly unsearched: readonly string[];
}

const RANK = { value: 0, placeholder: 1, command: 2, name: 3 } as const;

/** Every file that holds an old value or names the secret in any version. */
export async function allMentions(work: Work): Promise<Leftovers> {
  return search(work, async (view) => [...(await allNamesOf(view, work.rotation)).keys()]);
}

/** Files that hold an old value, or that name the version which is about to go: the names of variables that routes give are none. */
export async function leftovers(work: Work): Promise<Leftovers> {
  const { rotation } = work;
  return search(work, async () => rotation.secrets.map(({ from }) => from), true);
}

/** What a registered link leads to is rewritten through it: it is the same file. */
function withTargets(root: string, paths: readonly string[]): ReadonlySet<string> {
  const targets = paths.flatMap((path) => targetInRoot(root, path) ?? []);
  const top = realpathSync.native(root);
  return new Set([...paths, ...targets.map((target) => relative(top, target).replaceAll(sep, '/'))]);
}

async function search(
  work: Work,
  namesIn: (view: View) => Promise<readonly string[]>,
  isLeaving = false,
): Promise<Leftovers> {
  const { rotation, vault, root, project } = work;
  const { names, routes, registered } = await vault.read(async (view) => ({
    names: await namesIn(view),
    routes: await concernedRoutes(view, rotation, root, project),
    registered: withTargets(root, await pathsOf(view, project)),
  }));
  const old = await oldPlaintexts(work);
  const values = old.map(({ bytes }) => bytes);
  const outputs = await outputsOf(work, routes);
  const wanted = { names, values, outputs, registered, records: recordsFolder(work) };
  const { found, isComplete, unsearched } = findMentions(root, wanted);
  for (const bytes of [...values, ...outputs]) bytes.fill(0);
  const isVariable = isLeaving && names.every((name) => routes.some((route) => isVariableIn(route, name)));
  const files = found
    .filter(({ kind }) => kind !== 'name' || !isVariable)
    .map(({ values: own, ...mention }): Leftover => {
      const holders = own.map((index) => old[index]!);
      const environments = rotation.environments.filter((name) =>
        holders.some((holder) => holder.environments.includes(name)),
      );
      return { ...mention, secret: holders[0]?.secret.from ?? null, environments };
    })
    .toSorted((left, right) => RANK[left.kind] - RANK[right.kind]);
  return { files, isComplete, unsearched };
}

/** What the routes render to now; one that does not render has no output. */
async function outputsOf({ vault, root }: Work, routes: readonly Concerned[]): Promise<Buffer[]> {
  return vault.read(async (view) => {
    const outputs: Buffer[] = [];
    for (const { record } of routes) {
      try {
        const { output } = await renderRoute(view, root, record, new Guards());
        outputs.push(Buffer.from(reveal(output)));
        output.wipe();
      } catch (error) {
        if (!isKnoxError(error)) throw error;
      }
    }
    return outputs;
  });
}

/** `NAME={{secret:NAME_V2}}`: elsewhere the name is the variable's, which the route goes on giving. */
function isVariableIn({ file, template }: Concerned, name: string): boolean {
  if (file === null || template.placeholders.length === 0) return false;
  const text = file.bytes.toString('utf8').replace(/\{\{[^{}]*\}\}/g, '');
  return new RegExp(`(?<![A-Za-z0-9_-])${name.replace(/[.-]/g, '\\$&')}(?![A-Za-z0-9_-])`).test(text);
}

/** `.env:4 holds the old value`. */
export function leftoverText({ path: file, line, kind, secret, environments }: Leftover, name: string): string {
  const path = printable(file);
  if (kind === 'value') return `${path}:${line} holds the value of ${secret ?? name} for ${environments.join(', ')}`;
  if (kind === 'command') return `${path}:${line} runs knox with ${name}`;
  return kind === 'placeholder' ? `${path}:${line} holds a placeholder of ${name}` : `${path}:${line} names ${name}`;
}

/** Says what was not looked at. */
export function warnOfRest({ guide, root }: Work, { isComplete, unsearched }: Leftovers): void {
  if (!isComplete)
    guide.warn(
      'search_incomplete',
      `only the first ${MOST_FILES} files in ${root} were searched for the value and the name`,
    );
  for (const path of unsearched)
    guide.warn(
      'search_incomplete',
      `${printable(path)} is larger than ${LARGEST_BYTES / 1_048_576} MiB and was not searched`,
    );
}

/** Whether any registered file of these environments, here or in another project, names the secret. */
export async function hasRoute(work: Work, environments: readonly string[]): Promise<boolean> {
  const { rotation, vault, root, project } = work;
  return vault.read(async (view) => {
    const routes = await concernedRoutes(view, rotation, root, project);
    if (routes.some(({ environment }) => environments.includes(environment))) return true;
    return (await otherProjects(view, rotation, project, environments)).length > 0;
  });
}
