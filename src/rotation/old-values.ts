/** The old values that a rotation replaces, each with the environments that hold it, and the probes that can ask whether it is let in. */
import { timingSafeEqual } from 'node:crypto';
import { isExempt } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { reveal } from '../domain/plaintext.ts';
import type { StoredRow } from '../store/tables.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import { concernedRoutes } from './concerned.ts';
import { probeElsewhere, probesElsewhere, probeWith } from './probe-routes.ts';
import type { Probed } from './probe-routes.ts';
import { credentialAt } from './sources.ts';
import type { Work } from './types.ts';

type RotationSecret = StoredRow<'rotation_secret'>;

/** What one environment holds, or a shared value, which is one for all of them. Equal values of two environments are two: two servers may let them in. */
export interface OldValue {
  readonly secret: RotationSecret;
  /** An environment, or `shared`. */
  readonly place: string;
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
      for (const place of places) {
        const environments = place === SHARED ? rotation.environments : [place];
        values.push({ secret, place, environments, isGenerated: await isGenerated(work, view, secret, place) });
      }
    }
    return values;
  });
}

function isSame(one: Buffer, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** By each place's own source; `--generate` counts where the secret has none anywhere. */
async function isGenerated(
  { rotation }: Work,
  view: View,
  { lineage }: RotationSecret,
  place: string,
): Promise<boolean> {
  const rows = await view.find('source', { lineage });
  if (rows.length === 0) return rotation.row.source === 'generate';
  return rows.find(({ environment }) => environment === place)?.kind === 'generate';
}

/** The bytes of one old value, and the environments that hold it. */
interface OldBytes {
  readonly secret: RotationSecret;
  readonly environments: readonly string[];
  readonly bytes: Buffer;
}

/** What is to be looked for in files, each value once; whoever asks wipes it. Of a plain setting there is none. */
export async function oldPlaintexts(work: Work): Promise<OldBytes[]> {
  const values = await oldValues(work);
  return work.vault.read(async (view) => {
    const found: OldBytes[] = [];
    for (const { secret, environments, place } of values) {
      const version = await view.get('secret', secret.from_secret);
      if (version === null || isExempt(version.kind as Kind, 'scan')) continue;
      const value = (await credentialAt(view, secret.from_secret, place))?.value ?? null;
      if (value === null) continue;
      const plain = reveal(value);
      const at = found.findIndex((known) => known.secret === secret && isSame(known.bytes, plain));
      const known = found[at];
      if (known === undefined) found.push({ secret, environments, bytes: Buffer.from(plain) });
      else found[at] = { ...known, environments: [...known.environments, ...environments] };
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
