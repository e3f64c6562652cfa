/** Starting a rotation: the old version, the number of the new one, and the environments, settled in one change before anything is done. */
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { parseSecretName, versionName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Change } from '../vault/change.ts';
import { refuseVanishedVersions } from '../vault/find-secret.ts';
import { SHARED } from '../vault/manifest.ts';
import type { Vault } from '../vault/vault.ts';
import type { View } from '../vault/view.ts';
import { commonRotation } from './find-rotation.ts';
import { doneSteps, termsOf } from './own-records.ts';
import type { RotationOptions, StepRecord } from './types.ts';

export interface StartOptions {
  readonly project: string;
  /** `generate` where the values are made by knox, else `manual`. */
  readonly source: string;
  /** Seconds. */
  readonly window: number;
  readonly quarantine: number;
  readonly options: RotationOptions;
  /** Started with --yes: a timer may do steps 4, 6 and 9. */
  readonly isUnattended: boolean;
  /** For the audit entry: guards that were overridden. */
  readonly record: Readonly<Record<string, unknown>> | null;
}

/**
 * Starts one rotation of these lineages. The caller holds their locks.
 * @returns the rotation's id
 * @throws secret_not_found, not_granted, rotation_in_progress, vault_damaged
 */
export async function startRotation(
  vault: Vault,
  lineages: readonly StoredRow<'lineage'>[],
  options: StartOptions,
): Promise<string> {
  return vault.change(async (change) => {
    await change.requireIntactWhereGiven();
    const current = await commonRotation(change, lineages);
    if (current !== null) return current.id;
    const id = change.newId();
    const steps = freshSteps();
    const terms = {
      window: options.window,
      quarantine: options.quarantine,
      is_unattended: options.isUnattended ? 1 : 0,
      source: options.source,
      options: JSON.stringify(options.options),
    };
    const names: { from: string; to: string }[] = [];
    for (const [position, lineage] of lineages.entries()) {
      const from = await oldVersion(change, lineage);
      const places = await placesOf(change, from);
      requireKeys(change, from, places);
      const to = await pendingVersion(change, lineage, from);
      await change.put('rotation_secret', {
        id: change.newId(),
        rotation: id,
        position,
        lineage: lineage.id,
        base: lineage.base,
        from_secret: from.id,
        from_name: from.name,
        to_secret: to.id,
        to_name: to.name,
      });
      for (const environment of places) {
        await change.put('rotation_environment', {
          id: change.newId(),
          rotation: id,
          environment,
          lineage: lineage.id,
          from_secret: from.id,
          to_secret: to.id,
          is_kept: 0,
          updated_at: null,
          tested_at: null,
          revoked_at: null,
          proof: null,
          attempt: null,
          from_name: from.name,
          to_name: to.name,
          steps: doneSteps(steps),
          terms: termsOf(terms),
          disabled_at: null,
        });
      }
      names.push({ from: from.name, to: to.name });
    }
    await change.put('rotation', {
      id,
      state: 'active',
      project: options.project,
      ...terms,
      steps: JSON.stringify(steps),
      needs: null,
      wait_until: null,
      incident: null,
      started_at: change.at,
      started_by: change.actor,
      ended_at: null,
      end_reason: null,
    });
    change.log({
      action: 'rotation-start',
      secret: lineages[0]!.base,
      detail: { rotation: id, versions: names, source: options.source, ...options.record },
    });
    return id;
  });
}

function freshSteps(): StepRecord[] {
  return (Object.keys(STEP_TEXTS) as StepId[]).map((id) => ({ id, state: 'todo', at: null, by: null, detail: null }));
}

/**
 * The newest version that is live.
 * @throws secret_not_found, vault_damaged where a version or a value was removed behind knox's back: it would be left out
 */
async function oldVersion(view: View, lineage: StoredRow<'lineage'>): Promise<StoredRow<'secret'>> {
  const versions = await view.find('secret', { lineage: lineage.id });
  await refuseVanishedVersions(view, lineage.id, versions, null);
  const live = versions.filter(({ state }) => state === 'live');
  const newest = live.toSorted((left, right) => right.version - left.version)[0];
  if (newest === undefined)
    throw errors.secret_not_found(
      `no version of ${lineage.base} is live`,
      `store a value first: knox add ${lineage.base} -e ENV`,
    );
  return newest;
}

/** Environments that the old version has a value for, in the vault's order; all of them for a shared one. @throws value_missing */
async function placesOf(view: View, from: StoredRow<'secret'>): Promise<string[]> {
  const held = new Set((await view.find('value', { secret: from.id })).map(({ environment }) => environment));
  const places =
    from.scope === 'shared' ? view.environmentNames() : view.environmentNames().filter((name) => held.has(name));
  if (held.size === 0 || places.length === 0)
    throw errors.value_missing(`${from.name} has no value to rotate`, `store one: knox add ${from.name} -e ENV`);
  return places;
}

/** Whoever can not do the last step must not begin the first. @throws not_granted, naming whose key can */
function requireKeys(change: Change, from: StoredRow<'secret'>, places: readonly string[]): void {
  for (const place of from.scope === 'shared' ? [...places, SHARED] : places) change.ring?.environmentKey(place);
}

/** The row of the version to come, which holds its name and its values until step 3 makes it live. */
async function pendingVersion(
  change: Change,
  lineage: StoredRow<'lineage'>,
  from: StoredRow<'secret'>,
): Promise<{ id: string; name: string }> {
  let version = lineage.highest + 1;
  while (await isTaken(change, versionName(lineage.base, version))) version += 1;
  const { entry: _entry, tag: _tag, ...row } = from;
  const to = { id: change.newId(), name: versionName(lineage.base, version) };
  await change.put('secret', {
    ...row,
    ...to,
    version,
    state: 'pending',
    // The new credential's own date is not known.
    expires_at: null,
    created_at: change.at,
    created_by: change.actor,
    withdrawn_at: null,
    deleted_at: null,
  });
  return to;
}

/** A secret that is a base of its own may have this name. */
async function isTaken(view: View, name: string): Promise<boolean> {
  if (parseSecretName(name) === null)
    throw errors.invalid_name('the next version would have a name that is too long', 'choose a shorter base');
  return (await view.find('secret', { name })).length > 0;
}
