/** The old values that a rotation replaces, each with the environments that hold it, and the probes that can ask whether it is let in. */
import { timingSafeEqual } from 'node:crypto';
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { reveal } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import type { StoredRow } from '../store/tables.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import { concernedRoutes } from './concerned.ts';
import { probeElsewhere, probesElsewhere, probeWith } from './probe-routes.ts';
import type { Probed } from './probe-routes.ts';
import { credentialAt } from './sources.ts';
import type { Work } from './types.ts';

type RotationSecret = StoredRow<'rotation_secret'>;

/** One value, whatever the number of environments that hold it: a shared one, or the same in several. */
export interface OldValue {
  readonly secret: RotationSecret;
  /** Environments, or `shared`. */
  readonly places: readonly string[];
  /** In the vault's order. */
  readonly environments: readonly string[];
  /** Made by knox, so that nobody but those who were given it knows it. */
  readonly isGenerated: boolean;
}

/** @throws vault_damaged, not_granted */
export async function oldValues(work: Work): Promise<OldValue[]> {
  const { rotation, vault } = work;
  return vault.read(async (view) => {
    const values: OldValue[] = [];
    for (const secret of rotation.secrets) {
      const places = rotation
        .placesOf(secret)
        .filter((place) => place === SHARED || rotation.record(secret.lineage, place)?.is_kept === 0);
      for (const group of await sameValues(view, secret, places)) {
        const environments = group.includes(SHARED) ? rotation.environments : group;
        values.push({ secret, places: group, environments, isGenerated: await isGenerated(work, view, secret, group) });
      }
    }
    return values;
  });
}

/** Places in groups of those that hold the very same value. */
async function sameValues(view: View, { from_secret: from }: RotationSecret, places: readonly string[]) {
  const groups: { value: Plaintext | null; places: string[] }[] = [];
  for (const place of places) {
    const value = (await credentialAt(view, from, place))?.value ?? null;
    const known = groups.find((group) => group.value !== null && value !== null && isSame(group.value, value));
    if (known === undefined) groups.push({ value, places: [place] });
    else {
      known.places.push(place);
      value?.wipe();
    }
  }
  for (const { value } of groups) value?.wipe();
  return groups.map((group) => group.places);
}

function isSame(one: Plaintext, other: Plaintext): boolean {
  return one.length === other.length && timingSafeEqual(reveal(one), reveal(other));
}

/** By each place's own source; `--generate` counts where the secret has none anywhere. */
async function isGenerated(
  { rotation }: Work,
  view: View,
  { lineage }: RotationSecret,
  places: readonly string[],
): Promise<boolean> {
  const rows = await view.find('source', { lineage });
  if (rows.length === 0) return rotation.row.source === 'generate';
  return places.every((place) => rows.find(({ environment }) => environment === place)?.kind === 'generate');
}

/** Their bytes, to be looked for in files; whoever asks wipes them. Of a plain setting there are none. */
export async function oldPlaintexts(
  work: Work,
): Promise<{ secret: RotationSecret; environments: readonly string[]; bytes: Buffer }[]> {
  const values = await oldValues(work);
  return work.vault.read(async (view) => {
    const found: { secret: RotationSecret; environments: readonly string[]; bytes: Buffer }[] = [];
    for (const { secret, environments, places } of values) {
      const version = await view.get('secret', secret.from_secret);
      if (version === null || isExempt(version.kind as Kind, 'scan')) continue;
      const value = (await credentialAt(view, secret.from_secret, places[0]!))?.value ?? null;
      if (value === null) continue;
      found.push({ secret, environments, bytes: Buffer.from(reveal(value)) });
      value.wipe();
    }
    return found;
  });
}

/**
 * Sends each probe that has something of the old values, in the environments that got new ones, with all of them that it names: those of
 * other projects too, where they can be sent from here.
 */
export async function probeOld(work: Work): Promise<Probed[]> {
  const { rotation, vault, root, project } = work;
  const routes = await vault.read((view) => concernedRoutes(view, rotation, root, project));
  const others = await probesElsewhere(work);
  const probed: Probed[] = [];
  for (const route of [...routes, ...others]) {
    const replaced = rotation.secrets.filter(
      ({ lineage }) => rotation.record(lineage, route.environment)?.is_kept === 0,
    );
    if (replaced.length === 0) continue;
    const old = new Map(replaced.map(({ lineage, from_secret: from }) => [lineage, from]));
    const send = route.registration.project === project ? probeWith : probeElsewhere;
    probed.push(...(await send(work, route, old)));
  }
  return probed;
}
