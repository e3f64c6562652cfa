/** The old values that a rotation replaces, each with the environments that hold it, and the probes that can ask whether it is accepted. */
import { timingSafeEqual } from 'node:crypto';
import { isExempt } from '../domain/kinds.ts';
import { reveal } from '../domain/plaintext.ts';
import type { RotatedSecret } from '../domain/rotation-record.ts';
import type { View } from '../vault/core/view.ts';
import { concernedRoutes } from './concerned.ts';
import { environmentsAt, isKeptAt, placesOf, valueAt } from './offered.ts';
import type { Place } from './offered.ts';
import { probeElsewhere, probesElsewhere, probeWith } from './probe-routes.ts';
import type { Probed } from './probe-routes.ts';
import type { Work } from './types.ts';

/** What one environment holds, or a shared value, which is one for all of them. Equal values of two environments are two: two servers may let them in. */
export interface OldValue {
  /** As the place's own record has it. */
  readonly secret: RotatedSecret;
  /** An environment, or `shared`. */
  readonly place: string;
  /** In the vault's order. */
  readonly environments: readonly string[];
  /** Made by knox, so that nobody but those who were given it knows it. */
  readonly isGenerated: boolean;
}

/** @throws vault_damaged, not_granted */
export async function oldValues({ rotation, vault }: Work): Promise<OldValue[]> {
  return vault.read(async (view) => {
    const values: OldValue[] = [];
    for (const place of placesOf(rotation).filter((known) => !isKeptAt(rotation, known))) {
      const { secret, environment } = place;
      const environments = environmentsAt(rotation, place);
      values.push({ secret, place: environment, environments, isGenerated: await isGenerated(view, rotation, place) });
    }
    return values;
  });
}

function isSame(one: Buffer, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** By the place's own source; where it has none, by what the rotation was started with there. */
async function isGenerated(view: View, rotation: Work['rotation'], place: Place): Promise<boolean> {
  const { secret, environment } = place;
  const source = await view.get('source', environment, secret.base);
  if (source !== null) return source.kind === 'generate';
  return environmentsAt(rotation, place).every((name) => rotation.part(name)?.source === 'generate');
}

/** The bytes of one old value, and the environments that hold it. */
interface OldBytes {
  readonly secret: RotatedSecret;
  readonly environments: readonly string[];
  readonly bytes: Buffer;
}

/** What is to be looked for in files, each value once; whoever asks wipes it. Of a plain setting there is none. */
export async function oldPlaintexts(work: Work): Promise<OldBytes[]> {
  const values = await oldValues(work);
  return work.vault.read(async (view) => {
    const found: OldBytes[] = [];
    for (const { secret, environments, place } of values) {
      const old = await valueAt(view, secret.from, place);
      if (old === null || isExempt(old.name.kind, 'scan')) continue;
      const value = await view.decryptIfWhole(old.value);
      if (value === null) continue;
      const plain = reveal(value);
      const at = found.findIndex((known) => known.secret.from === secret.from && isSame(known.bytes, plain));
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
    const own = rotation.secrets.flatMap(({ base }) => rotation.record(base, route.environment) ?? []);
    const old = new Map(own.filter(({ isKept }) => !isKept).map(({ base, from }) => [base, from]));
    if (old.size === 0) continue;
    const send = route.record.project === project ? probeWith : probeElsewhere;
    probed.push(...(await send(work, route, old)));
  }
  return probed;
}
