/** Starting a rotation: the old version, the number of the new one, and the environments, settled in one change before anything is done. */
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { highestVersion, parseSecretName, versionName } from '../domain/secret-name.ts';
import { errors, noLiveVersion } from '../errors.ts';
import type { Change } from '../vault/core/change.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { Vault } from '../vault/opening/vault.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord } from '../vault/records/kinds.ts';
import { NOTHING_DONE } from '../vault/records/rotation.ts';
import type { RotationSecret } from '../vault/records/rotation.ts';
import { versionsIn } from '../vault/secrets/find-secret.ts';
import { commonRotation, decidingOrder, rotationIn } from './find-rotation.ts';
import { freshStep } from './merge-parts.ts';
import { kindOfSource } from './source-at.ts';
import type { RotatedSecret, RotationOptions } from '../domain/rotation-record.ts';

export interface StartOptions {
  readonly project: string;
  /** `generate` where all values are made by knox; null: from each environment's own source, or a person. */
  readonly source: 'generate' | null;
  /** Seconds. */
  readonly window: number;
  readonly quarantine: number;
  readonly options: RotationOptions;
  /** Started with --yes: a timer may do steps 4, 6 and 9. */
  readonly isUnattended: boolean;
  /** For the audit entry: guards that were overridden. */
  readonly record: Readonly<Record<string, unknown>> | null;
}

/** A secret that is about to be rotated. */
interface Planned extends RotatedSecret {
  /** What each environment says of the version that it leaves, in the vault's order. */
  readonly left: readonly NameRecord[];
}

/**
 * Starts one rotation of these lineages. The caller holds their locks.
 * @returns the rotation's id
 * @throws secret_not_found, not_granted, rotation_in_progress, vault_damaged
 */
export async function startRotation(vault: Vault, bases: readonly string[], options: StartOptions): Promise<string> {
  return vault.change(async (change) => {
    const current = await commonRotation(change, bases);
    if (current !== null) return current.id;
    const id = change.newId();
    const planned: Planned[] = [];
    for (const base of bases) planned.push(await plan(change, base));
    const sources = new Set<string>();
    for (const environment of change.environmentNames()) {
      const own = planned.filter(({ left }) => left.some(({ realm }) => realm === environment));
      if (own.length > 0) sources.add(await putPart(change, id, environment, { own, options }));
    }
    for (const secret of planned.filter(({ left }) => left.some(({ shared }) => shared !== null)))
      await putPending(change, SHARED, secret);
    change.log({
      action: 'rotation-start',
      secret: bases[0]!,
      detail: {
        rotation: id,
        versions: planned.map(({ from, to }) => ({ from, to })),
        source: [...sources].join(', '),
        ...options.record,
      },
    });
    return id;
  });
}

/** @throws secret_not_found, value_missing, not_granted */
async function plan(change: Change, base: string): Promise<Planned> {
  const newest = new Map<string, NameRecord>();
  for (const environment of change.environmentNames()) {
    const record = await newestLive(change, base, environment);
    if (record !== null) newest.set(environment, record);
  }
  for (const lineage of await change.getAcross('lineage', base, [...newest.keys()]))
    // It says that it is in a rotation that the others know nothing of: it is left to that.
    if ((await rotationIn(change, lineage)) !== null) newest.delete(lineage.realm);
  const from = decidingOrder(change).flatMap((realm) => newest.get(realm) ?? [])[0]?.name;
  if (from === undefined) throw await nothingToRotate(change, base);
  // Where another version is the newest one, that one stays.
  const left = [...newest.values()].filter(({ name }) => name === from);
  const isShared = left.some(({ shared }) => shared !== null);
  const realms = [...left.map(({ realm }) => realm), ...(isShared ? [SHARED] : [])];
  // Whoever cannot do the last step must not begin the first.
  change.requireRealmKeys(realms);
  return { base, from, to: await nextName(change, base, realms), left };
}

/** The newest version that lives in an environment. */
async function newestLive(view: View, base: string, environment: string): Promise<NameRecord | null> {
  const lineage = await view.get('lineage', environment, base);
  if (lineage === null) return null;
  return (await versionsIn(view, lineage)).find(({ state }) => state === 'live') ?? null;
}

async function nothingToRotate(view: View, base: string) {
  const shared = await newestLive(view, base, SHARED);
  if (shared !== null)
    return errors.value_missing(
      `no environment uses the shared value of ${shared.name}`,
      `use it: knox set ${shared.name} --shared -e ENV`,
    );
  return noLiveVersion(base, `add a value first: knox add ${base} -e ENV`);
}

/**
 * One version more than the highest of all realms that the rotation concerns, of which production's counts; a name that is a secret of its
 * own is passed over.
 */
async function nextName(view: View, base: string, realms: readonly string[]): Promise<string> {
  const order = decidingOrder(view).filter((realm) => realms.includes(realm));
  const [own = 1, ...others] = (await view.getAcross('lineage', base, order)).map(({ highest }) => highest);
  let version = highestVersion(own, others) + 1;
  while ((await view.getAcross('name', requireName(base, version), view.readableRealms())).length > 0) version += 1;
  return versionName(base, version);
}

function requireName(base: string, version: number): string {
  const name = versionName(base, version);
  if (parseSecretName(name)?.version === version) return name;
  throw errors.invalid_name('the name of the next version would be too long', 'use a shorter base');
}

/** @returns where its values come from */
async function putPart(
  change: Change,
  id: string,
  environment: string,
  { own, options }: { readonly own: readonly Planned[]; readonly options: StartOptions },
): Promise<string> {
  const isShared = own.some(({ left }) => left.some(({ realm, shared }) => realm === environment && shared !== null));
  const bases = own.map(({ base }) => base);
  const source = options.source ?? (await kindOfSource(change, bases, isShared ? SHARED : environment));
  for (const secret of own) {
    await putPending(change, environment, secret);
    const lineage = (await change.get('lineage', environment, secret.base))!;
    await change.update(lineage, { rotation: id });
  }
  await change.put('rotation', environment, {
    id,
    state: 'active',
    project: options.project,
    source,
    window: options.window,
    quarantine: options.quarantine,
    isUnattended: options.isUnattended,
    options: options.options,
    steps: (Object.keys(STEP_TEXTS) as StepId[]).map(freshStep),
    needs: null,
    waitUntil: null,
    incident: null,
    secrets: own.map(({ base, from, to }): RotationSecret => ({ base, from, to, ...NOTHING_DONE })),
    routes: [],
    startedAt: change.at,
    startedBy: change.actor,
    endedAt: null,
    endReason: null,
  });
  return source;
}

/** The record of the version to come in one realm, which holds its name and its value until step 3 makes it live. */
async function putPending(change: Change, realm: string, { base, from, to }: RotatedSecret): Promise<void> {
  const old = await change.get('name', realm, from);
  const lineage = await change.get('lineage', realm, base);
  if (old === null || old.state === 'deleted' || lineage === null)
    throw errors.value_missing(`${from} has no value to rotate`, `add one: knox add ${from} -e ENV`);
  const { version } = parseSecretName(to)!;
  const { kind, every, note, owner, expectUnused } = old;
  await change.put('name', realm, {
    name: to,
    base,
    version,
    state: 'pending',
    value: null,
    shared: null,
    kind,
    every,
    // The new credential's own date is not known.
    expiresAt: null,
    note,
    owner,
    expectUnused,
    exposed: [],
    createdAt: change.at,
    createdBy: change.actor,
    withdrawnAt: null,
    deletedAt: null,
    earlier: [],
  });
  await change.update(lineage, { names: [...lineage.names, to] });
}
