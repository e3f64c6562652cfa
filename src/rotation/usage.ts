/** Uses of the versions that a rotation leaves behind: each environment's along its own chain of the log, since its own part says that a step was done. */
import type { Sighting, UseCount } from '../domain/step-facts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import { lastingUses, loggedUses } from '../vault/uses/logged-uses.ts';
import type { LoggedUse, Since } from '../vault/uses/logged-uses.ts';
import type { View } from '../vault/core/view.ts';
import { stepOf } from './merge-parts.ts';
import type { ReadRotation } from './read-rotation.ts';
import type { Work } from './types.ts';

/** Uses since a step was done of any version that the rotation leaves behind. @throws audit_broken */
export async function oldUsesSince(view: View, rotation: ReadRotation, step: StepId): Promise<LoggedUse[]> {
  const found: LoggedUse[] = [];
  for (const realm of realmsOf(rotation)) {
    const old = await oldNames(view, rotation, realm);
    for await (const use of loggedUses(view, realm, sinceOf(rotation, realm, step)))
      if (old.has(use.secret)) found.push(use);
  }
  return found;
}

/** Commands of this machine that still have a version which the rotation leaves behind. */
export async function oldUsesNow({ vault, rotation, running }: Work): Promise<LoggedUse[]> {
  const old = await vault.read(async (view) => {
    const names = new Map<string, ReadonlySet<string>>();
    for (const realm of realmsOf(rotation)) names.set(realm, await oldNames(view, rotation, realm));
    return names;
  });
  return lastingUses(running(), vault.now()).filter(
    ({ secret, environment }) => old.get(environment)?.has(secret) === true,
  );
}

/** Names of the versions that it leaves behind, as one realm has them. @param realm an environment, or `shared` */
async function oldNames(view: View, rotation: ReadRotation, realm: string): Promise<Set<string>> {
  const old = new Set<string>();
  for (const merged of rotation.secrets) {
    const own = rotation.record(merged.base, realm);
    // Which secrets are rotated in an environment, its own part says.
    if (own === null && rotation.part(realm) !== null) continue;
    const { base, to } = own ?? merged;
    for (const name of (await view.get('lineage', realm, base))?.names ?? []) if (name !== to) old.add(name);
  }
  return old;
}

/** Those whose uses count: a shared value that was asked for without an environment is recorded in `shared`. */
function realmsOf(rotation: ReadRotation): string[] {
  const isShared = rotation.secrets.some((secret) => rotation.placesOf(secret).includes(SHARED));
  return isShared ? [...rotation.environments, SHARED] : rotation.environments;
}

function sinceOf(rotation: ReadRotation, realm: string, step: StepId): Since {
  const part = rotation.part(realm);
  const { entry, at } = part === null ? rotation.step(step) : stepOf(part, step);
  return { entry: entry ?? 0, at: at ?? rotation.startedAt };
}

/** How often each consumer came, the most frequent first. */
export function countsOf(uses: readonly LoggedUse[]): UseCount[] {
  const groups = Map.groupBy(uses, keyOf);
  const counts = [...groups.values()].map((group) => {
    const { secret, environment, consumer } = group[0]!;
    return { secret, environment, consumer, count: group.reduce((sum, { count }) => sum + count, 0) };
  });
  return counts.toSorted((left, right) => right.count - left.count);
}

/** The latest of each consumer. */
export function latestOf(uses: readonly LoggedUse[]): Extract<Sighting, { of: 'use' }>[] {
  return [...Map.groupBy(uses, keyOf).values()].map((group) => {
    const { secret, environment, consumer, actor, at } = group.reduce((one, two) => (two.at > one.at ? two : one));
    return { of: 'use', secret, environment, consumer, actor, at };
  });
}

function keyOf({ secret, environment, consumer }: LoggedUse): string {
  return JSON.stringify([secret, environment, consumer]);
}
