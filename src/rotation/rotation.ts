/**
 * A rotation that is worked on. Every change of it is one audit entry that names it, and is put into the part of each environment that it
 * concerns, all in one transaction.
 */
import type { StepFacts } from '../domain/step-facts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { alteredVault, errors } from '../errors.ts';
import type { EntryText } from '../vault/log/audit-entry.ts';
import type { Change } from '../vault/core/change.ts';
import type { Vault } from '../vault/opening/vault.ts';
import type { RotationPart } from '../vault/records/kinds.ts';
import type { RotationContent, RotationRoute, RotationSecret } from '../vault/records/rotation.ts';
import { stepOf } from './merge-parts.ts';
import type { Terms } from './merge-parts.ts';
import { readRotation, ReadRotation } from './read-rotation.ts';
import type { StoredRotation } from './read-rotation.ts';

/** What is the same in every part. */
type Common = Omit<RotationContent, 'id' | 'steps' | 'secrets' | 'routes' | keyof Terms>;

export class Rotation extends ReadRotation {
  readonly #vault: Vault;

  private constructor(vault: Vault, stored: StoredRotation) {
    super(stored);
    this.#vault = vault;
  }

  /** @throws rotation_not_found, vault_damaged */
  static async load(vault: Vault, id: string): Promise<Rotation> {
    return new Rotation(vault, await vault.read((view) => readRotation(view, id)));
  }

  /** Reads it again. */
  async refresh(): Promise<void> {
    this.stored = await this.#vault.read((view) => readRotation(view, this.id));
  }

  /**
   * Whoever cannot do the last step must not do the first.
   * @param isGoingBack no environment keeps the others from going back: what it says is left as it is
   * @throws not_granted, naming whose key can; vault_damaged where an environment says that it is another rotation
   */
  requireKeys(isGoingBack = false): void {
    const ring = this.#vault.requireKeys();
    const places = new Set([...this.environments, ...this.secrets.flatMap((secret) => this.placesOf(secret))]);
    for (const place of places) ring.realmKey(place);
    const [other] = this.contradicting;
    if (other === undefined || isGoingBack) return;
    throw alteredVault(`${other} disagrees with the other environments about the rotation: one of them was changed`);
  }

  /**
   * One change, with one audit entry that names the rotation. It is read again in the same transaction, and after it; what `work` puts is
   * seen at once.
   */
  async change<T>(entry: EntryText, work: (change: Change) => Promise<T>): Promise<T> {
    const before = this.stored;
    let result: T;
    try {
      result = await this.#vault.change(async (change) => {
        this.stored = await readRotation(change, this.id);
        const value = await work(change);
        change.log({
          secret: this.secrets[0]?.base ?? null,
          ...entry,
          detail: { rotation: this.id, ...entry.detail },
        });
        return value;
      });
    } catch (error) {
      this.stored = before;
      throw error;
    }
    await this.refresh();
    return result;
  }

  /** Puts what all parts have in common, inside a change. */
  async put(change: Change, patch: Partial<Common>): Promise<void> {
    await this.#putEach(change, () => patch);
  }

  /** Changes what the rotation goes by, inside a change: in every part the same, or what `patch` makes of each. */
  async putTerms(change: Change, patch: Partial<Terms> | ((part: RotationPart) => Partial<Terms>)): Promise<void> {
    await this.#putEach(change, typeof patch === 'function' ? patch : () => patch);
  }

  /** Changes the part of one environment, inside a change. */
  async putPart(change: Change, environment: string, patch: Partial<Omit<RotationContent, 'id'>>): Promise<void> {
    await this.#putPart(change, this.#requirePart(environment), patch);
  }

  /** Puts what became of one secret in one environment, inside a change. */
  async putSecret(
    change: Change,
    environment: string,
    base: string,
    patch: Partial<Omit<RotationSecret, 'base' | 'from' | 'to'>>,
  ): Promise<void> {
    const part = this.#requirePart(environment);
    const secrets = part.secrets.map((secret) => (secret.base === base ? { ...secret, ...patch } : secret));
    await this.#putPart(change, part, { secrets });
  }

  /** Puts the work on one route in one environment, which may be the first on it, inside a change. */
  async putRoute(
    change: Change,
    environment: string,
    { project, path }: Pick<RotationRoute, 'project' | 'path'>,
    patch: Partial<Omit<RotationRoute, 'project' | 'path'>>,
  ): Promise<void> {
    const part = this.#requirePart(environment);
    const isIt = (route: RotationRoute): boolean => route.project === project && route.path === path;
    const routes = part.routes.some(isIt)
      ? part.routes.map((route) => (isIt(route) ? { ...route, ...patch } : route))
      : [...part.routes, { ...UNTOUCHED, project, path, ...patch }];
    await this.#putPart(change, part, { routes });
  }

  /** Marks a step, inside a change. */
  async mark(change: Change, step: StepId, state: 'done' | 'skipped', facts: StepFacts): Promise<void> {
    const mark = { state, at: change.at, entry: change.seq, by: change.actor, facts } as const;
    await this.#putEach(change, (part) => ({
      steps: this.steps.map(({ id }) => (id === step ? { id, ...mark } : stepOf(part, id))),
      state: 'active',
      needs: null,
      waitUntil: null,
    }));
  }

  /** Says how it went with a step that is not done, inside a change. */
  async remark(change: Change, step: StepId, facts: StepFacts): Promise<void> {
    await this.#putEach(change, (part) => ({
      steps: this.steps.map(({ id }) => (id === step ? { ...stepOf(part, id), facts } : stepOf(part, id))),
    }));
  }

  /** Ends it, inside a change: in every environment it is no longer the one under way. */
  async end(change: Change, state: 'done' | 'rolled-back' | 'aborted', reason: string | null): Promise<void> {
    for (const { realm, secrets } of this.parts) {
      for (const { base } of secrets) {
        const lineage = await change.get('lineage', realm, base);
        if (lineage?.rotation === this.id) await change.update(lineage, { rotation: null });
      }
    }
    await this.put(change, { state, needs: null, waitUntil: null, endedAt: change.at, endReason: reason });
  }

  async #putEach(change: Change, patch: (part: RotationPart) => Partial<RotationContent>): Promise<void> {
    for (const part of this.parts) await this.#putPart(change, part, patch(part));
  }

  async #putPart(change: Change, part: RotationPart, patch: Partial<RotationContent>): Promise<void> {
    const next = await change.update(part, patch);
    this.stored = { ...this.stored, parts: this.parts.map((one) => (one.realm === part.realm ? next : one)) };
  }

  #requirePart(environment: string): RotationPart {
    const part = this.part(environment);
    if (part !== null) return part;
    throw errors.bug(`the rotation has no part in ${environment}`);
  }
}

const UNTOUCHED = {
  originals: null,
  plannedAt: null,
  writtenAt: null,
  deployStartedAt: null,
  deployedAt: null,
  testedAt: null,
  begun: null,
  isVouched: false,
} as const;
