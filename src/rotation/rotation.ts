/**
 * A rotation as the vault keeps it: the row itself, its secrets, its record in each environment, and its work on each route. What is
 * read here is checked against the head where keys are at hand; every change is one audit entry that names the rotation.
 */
import type { StepId } from '../domain/step-texts.ts';
import { errors } from '../errors.ts';
import type { Row, StoredRow } from '../store/tables.ts';
import type { EntryText } from '../vault/audit-entry.ts';
import type { Change } from '../vault/change.ts';
import { SHARED } from '../vault/manifest.ts';
import type { Vault } from '../vault/vault.ts';
import type { View } from '../vault/view.ts';
import { isUnderWay, stateOf } from './find-rotation.ts';
import { doneSteps, requireAgreement, termsOf } from './own-records.ts';
import type { Terms } from './own-records.ts';
import type { Needs, RotationOptions, RotationState, StepRecord } from './types.ts';

export interface RotationRows {
  readonly row: StoredRow<'rotation'>;
  readonly secrets: readonly StoredRow<'rotation_secret'>[];
  readonly environments: readonly StoredRow<'rotation_environment'>[];
  readonly routes: readonly StoredRow<'rotation_route'>[];
  /** The new versions, in the order of `secrets`; a pending one is among them. */
  readonly versions: readonly StoredRow<'secret'>[];
}

/** All rows of a rotation. */
export async function readRows(view: View, row: StoredRow<'rotation'>): Promise<RotationRows> {
  const secrets = (await view.find('rotation_secret', { rotation: row.id })).toSorted(
    (left, right) => left.position - right.position,
  );
  const versions: StoredRow<'secret'>[] = [];
  for (const { to_secret: id } of secrets) {
    const version = await view.get('secret', id);
    if (version !== null) versions.push(version);
  }
  return {
    row,
    secrets,
    environments: await view.find('rotation_environment', { rotation: row.id }),
    routes: await view.find('rotation_route', { rotation: row.id }),
    versions,
  };
}

export class Rotation {
  readonly #vault: Vault;
  #rows: RotationRows;

  private constructor(vault: Vault, rows: RotationRows) {
    this.#vault = vault;
    this.#rows = rows;
  }

  /** @throws rotation_not_found, vault_damaged */
  static async load(vault: Vault, id: string): Promise<Rotation> {
    return new Rotation(vault, await vault.read((view) => rowsOf(view, id)));
  }

  /** Reads it anew. */
  async refresh(): Promise<void> {
    this.#rows = await this.#vault.read((view) => rowsOf(view, this.id));
  }

  get rows(): RotationRows {
    return this.#rows;
  }
  get id(): string {
    return this.#rows.row.id;
  }
  get row(): StoredRow<'rotation'> {
    return this.#rows.row;
  }
  get state(): RotationState {
    return stateOf(this.row);
  }
  get secrets(): readonly StoredRow<'rotation_secret'>[] {
    return this.#rows.secrets;
  }
  get steps(): readonly StepRecord[] {
    return JSON.parse(this.row.steps) as StepRecord[];
  }
  get needs(): Needs | null {
    return this.row.needs === null ? null : (JSON.parse(this.row.needs) as Needs);
  }
  get options(): RotationOptions {
    return JSON.parse(this.row.options) as RotationOptions;
  }
  get isCompromised(): boolean {
    return this.options.compromised !== undefined;
  }
  /** Whether the old value has its proof of death in every environment that got a new one. */
  get isProven(): boolean {
    return this.#rows.environments.every(({ is_kept: isKept, proof }) => isKept === 1 || proof !== null);
  }
  /** Whether an old value was revoked somewhere: there is no way back to it. */
  get isRevoked(): boolean {
    return this.#rows.environments.some(({ revoked_at: at }) => at !== null);
  }
  /** The first step that is neither done nor skipped. */
  get current(): StepId | null {
    return this.steps.find(({ state }) => state === 'todo')?.id ?? null;
  }
  step(id: StepId): StepRecord {
    return this.steps.find((step) => step.id === id)!;
  }
  isDone(id: StepId): boolean {
    return this.step(id).state !== 'todo';
  }

  /** Environments that the rotation moves, in the vault's order. */
  get environments(): string[] {
    return this.#vault.manifest.environments
      .map(({ name }) => name)
      .filter((name) => this.#rows.environments.some((row) => row.environment === name));
  }
  get production(): string[] {
    return this.environments.filter((name) => this.isProduction(name));
  }
  get preProduction(): string[] {
    return this.environments.filter((name) => !this.isProduction(name));
  }
  isProduction(environment: string): boolean {
    return this.#vault.manifest.environments.some(({ name, production }) => name === environment && production);
  }

  /** Whoever can not do the last step must not go on with the first. @throws not_granted, naming whose key can */
  requireKeys(): void {
    const ring = this.#vault.requireKeys();
    const places = new Set([...this.environments, ...this.secrets.flatMap((secret) => this.placesOf(secret))]);
    for (const place of places) ring.environmentKey(place);
  }

  /** The record of one secret in one environment. */
  record(lineage: string, environment: string): StoredRow<'rotation_environment'> | null {
    return this.#rows.environments.find((row) => row.lineage === lineage && row.environment === environment) ?? null;
  }
  /** Whether every secret of the rotation was moved to the new version there. */
  isUpdated(environment: string): boolean {
    return this.#rows.environments.every((row) => row.environment !== environment || row.updated_at !== null);
  }
  /** The new version of a secret of the rotation, pending or stored; null before there is one. */
  version(secret: StoredRow<'rotation_secret'>): StoredRow<'secret'> | null {
    return this.#rows.versions.find(({ id }) => id === secret.to_secret) ?? null;
  }
  /** Where a version of the secret keeps its values: environments, or `shared`. */
  placesOf(secret: StoredRow<'rotation_secret'>): string[] {
    const version = this.version(secret);
    return version?.scope === 'shared' ? [SHARED] : this.environments;
  }
  route(project: string, path: string, environment: string): StoredRow<'rotation_route'> | null {
    return (
      this.#rows.routes.find(
        (row) => row.project === project && row.path === path && row.environment === environment,
      ) ?? null
    );
  }

  /** One change, with one audit entry that names the rotation; then everything is read anew. */
  async change<T>(entry: EntryText, work: (change: Change) => Promise<T>): Promise<T> {
    const result = await this.#vault.change(async (change) => {
      const value = await work(change);
      change.log({
        secret: this.secrets[0]?.base ?? null,
        ...entry,
        detail: { rotation: this.id, ...entry.detail },
      });
      return value;
    });
    await this.refresh();
    return result;
  }

  /** Puts new content into the rotation's own row, inside a change. */
  async put(change: Change, content: Partial<Row<'rotation'>>): Promise<void> {
    const { entry: _entry, tag: _tag, ...row } = this.row;
    await change.put('rotation', { ...row, ...content });
  }

  /** Marks a step, inside a change. */
  async mark(change: Change, step: StepId, state: 'done' | 'skipped', detail: string): Promise<void> {
    const steps = this.steps.map((known) =>
      known.id === step ? { ...known, state, at: change.at, by: change.actor, detail } : known,
    );
    await this.put(change, { steps: JSON.stringify(steps), state: 'active', needs: null, wait_until: null });
    await this.#putRecords(change, { steps: doneSteps(steps) });
  }

  /** Changes what the rotation goes by, inside a change. */
  async putTerms(change: Change, terms: Partial<Terms>, more: Partial<Row<'rotation'>> = {}): Promise<void> {
    await this.put(change, { ...terms, ...more });
    await this.#putRecords(change, { terms: termsOf({ ...this.row, ...terms }) });
  }

  /** The same in each environment's own record, under that environment's key. */
  async #putRecords(change: Change, content: Partial<Row<'rotation_environment'>>): Promise<void> {
    for (const { entry: _entry, tag: _tag, ...row } of this.#rows.environments)
      await change.put('rotation_environment', { ...row, ...content });
  }
}

async function rowsOf(view: View, id: string): Promise<RotationRows> {
  if (view.isVerified) await view.requireIntactWhereGiven();
  const row = await view.get('rotation', id);
  if (row === null) throw errors.rotation_not_found('that rotation is not there any more', 'see them: knox rotations');
  const rows = await readRows(view, row);
  if (isUnderWay(row)) await requireVersions(view, rows);
  requireAgreement(rows, (environment) => view.ring?.hasEnvironment(environment) === true);
  return rows;
}

/** A version that is gone would be passed over, and the other one deleted. @throws vault_damaged where it was removed behind knox's back */
async function requireVersions(view: View, { secrets }: RotationRows): Promise<void> {
  for (const { from_secret: from, from_name: fromName, to_secret: to, to_name: toName } of secrets) {
    for (const [id, name] of [
      [from, fromName],
      [to, toName],
    ] as const)
      if ((await view.get('secret', id)) === null) await view.refuseVanished(`secret:${name}`, `the secret ${name}`);
  }
}
