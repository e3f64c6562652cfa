/** A rotation as it was read in one look: its part in each environment, and what they say together. */
import type { StepId } from '../domain/step-texts.ts';
import type { Needs, RotatedSecret, RotationOptions, RotationState, StepRecord } from '../domain/rotation-record.ts';
import { errors } from '../errors.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord, RotationPart } from '../vault/records/kinds.ts';
import type { RotationRoute, RotationSecret } from '../vault/records/rotation.ts';
import { agreeing, deciding, isUnderWay, leading, mergedSecrets, mergedSteps, mergedTerms } from './merge-parts.ts';
import type { Terms } from './merge-parts.ts';

/** What is stored of a rotation. */
export interface StoredRotation {
  readonly id: string;
  /** In the vault's order. Those that decide. */
  readonly parts: readonly RotationPart[];
  /** Environments whose part cannot be read with the keys at hand, while others can. */
  readonly closed: readonly string[];
  /** Environments whose part is another rotation than the one that the others are: somebody changed one of them. */
  readonly contradicting: readonly string[];
  /** What the environments, and `shared`, say of the two versions of each secret. */
  readonly names: readonly NameRecord[];
  readonly production: ReadonlySet<string>;
  /** Names of the vault's environments, in its order. */
  readonly order: readonly string[];
}

/** @throws rotation_not_found, vault_damaged */
export async function readRotation(view: View, id: string): Promise<StoredRotation> {
  const order = view.environmentNames();
  const all = await view.getAcross('rotation', id, order);
  const readable = all.filter(({ realm }) => view.canRead(realm));
  const seen = readable.length > 0 ? readable : all;
  if (seen.length === 0) throw errors.rotation_not_found('that rotation no longer exists', 'see them: knox rotations');
  const production = new Set(order.filter((name) => view.isProduction(name)));
  const open = deciding(seen, production);
  const parts = agreeing(open, production);
  const contradicting = open.filter((part) => !parts.includes(part)).map(({ realm }) => realm);
  const isOpen = parts.some((part) => isUnderWay(part));
  const closed = all.filter((part) => !seen.includes(part) && isUnderWay(part) === isOpen).map(({ realm }) => realm);
  const names: NameRecord[] = [];
  for (const { realm, secrets } of parts)
    for (const { from, to } of secrets) names.push(...(await namesIn(view, realm, [from, to])));
  for (const { from, to } of mergedSecrets(parts)) names.push(...(await namesIn(view, SHARED, [from, to])));
  return { id, parts, closed, contradicting, names, production, order };
}

async function namesIn(view: View, realm: string, names: readonly string[]): Promise<NameRecord[]> {
  const found: NameRecord[] = [];
  for (const name of names) {
    const record = await view.get('name', realm, name);
    if (record !== null) found.push(record);
  }
  return found;
}

/** The work on one route, and in which environment. */
export type PlacedRoute = RotationRoute & { readonly environment: string };

/** What the parts say together. */
export class ReadRotation {
  protected stored: StoredRotation;

  constructor(stored: StoredRotation) {
    this.stored = stored;
  }

  static async read(view: View, id: string): Promise<ReadRotation> {
    return new ReadRotation(await readRotation(view, id));
  }

  get id(): string {
    return this.stored.id;
  }
  /** The parts that decide, in the vault's order. */
  get parts(): readonly RotationPart[] {
    return this.stored.parts;
  }
  part(environment: string): RotationPart | null {
    return this.parts.find(({ realm }) => realm === environment) ?? null;
  }
  /** Environments that say it is another rotation. */
  get contradicting(): readonly string[] {
    return this.stored.contradicting;
  }
  get #leads(): readonly RotationPart[] {
    return leading(this.parts, this.stored.production);
  }
  get #lead(): RotationPart {
    return this.#leads.find((part) => isUnderWay(part)) ?? this.#leads[0]!;
  }
  get #terms(): Terms {
    return mergedTerms(this.#leads, this.parts);
  }

  /** What it is: one that is being taken back says so in what it goes by. */
  get state(): RotationState {
    const { state } = this.#lead;
    return isUnderWay({ state }) && this.options.rollback !== undefined ? 'rolling-back' : state;
  }
  /** The newest entry that changed it. */
  get entry(): number {
    return Math.max(...this.parts.map(({ entry }) => entry));
  }
  get isUnderWay(): boolean {
    return isUnderWay(this);
  }
  get steps(): readonly StepRecord[] {
    return mergedSteps(this.parts, this.stored.production);
  }
  get needs(): Needs | null {
    return this.#lead.needs;
  }
  get options(): RotationOptions {
    return this.#terms.options;
  }
  get project(): string {
    return this.#lead.project;
  }
  get source(): string {
    return this.#terms.source;
  }
  /** Seconds. */
  get window(): number {
    return this.#terms.window;
  }
  get quarantine(): number {
    return this.#terms.quarantine;
  }
  get isUnattended(): boolean {
    return this.#terms.isUnattended;
  }
  get startedAt(): string {
    return this.#lead.startedAt;
  }
  get startedBy(): string {
    return this.#lead.startedBy;
  }
  get endedAt(): string | null {
    return this.#lead.endedAt;
  }
  get endReason(): string | null {
    return this.#lead.endReason;
  }
  get waitUntil(): string | null {
    return this.#lead.waitUntil;
  }
  /** Id of the incident that it answers. */
  get incident(): string | null {
    return this.#lead.incident;
  }
  get isCompromised(): boolean {
    return this.options.compromised !== undefined;
  }
  /** Whether the old value has its proof of death in every environment that got a new one. */
  get isProven(): boolean {
    return this.parts.every(({ secrets }) => secrets.every(({ isKept, proof }) => isKept || proof !== null));
  }
  /** Whether an old value was revoked somewhere: there is no way back to it. */
  get isRevoked(): boolean {
    return this.parts.some(({ secrets }) => secrets.some(({ revokedAt }) => revokedAt !== null));
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

  /** In the order in which they were named when it was started; those that production moves come first, whatever others say. */
  get secrets(): readonly RotatedSecret[] {
    const leads = this.#leads;
    const isLed = ({ base }: RotatedSecret): boolean =>
      leads.some(({ secrets }) => secrets.some((secret) => secret.base === base));
    const all = mergedSecrets(this.parts);
    return [...all.filter(isLed), ...all.filter((secret) => !isLed(secret))];
  }
  /** Environments that the rotation moves, in the vault's order: those whose part cannot be taken too. */
  get environments(): string[] {
    const { closed, contradicting, order } = this.stored;
    return order.filter((name) => [...closed, ...contradicting].includes(name) || this.part(name) !== null);
  }
  get production(): string[] {
    return this.environments.filter((name) => this.isProduction(name));
  }
  get preProduction(): string[] {
    return this.environments.filter((name) => !this.isProduction(name));
  }
  isProduction(environment: string): boolean {
    return this.stored.production.has(environment);
  }

  /** What became of one secret in one environment. */
  record(base: string, environment: string): RotationSecret | null {
    return this.part(environment)?.secrets.find((secret) => secret.base === base) ?? null;
  }
  /** Whether every secret of the rotation was moved to the new version there. */
  isUpdated(environment: string): boolean {
    const part = this.part(environment);
    return part !== null && part.secrets.every(({ updatedAt }) => updatedAt !== null);
  }
  /** What a realm (an environment, or `shared`) says of a version of the rotation, as it was when this was read. */
  name(name: string, realm: string): NameRecord | null {
    return this.stored.names.find((record) => record.name === name && record.realm === realm) ?? null;
  }
  /** Environments in which a secret of the rotation is moved. */
  environmentsOf({ base }: Pick<RotatedSecret, 'base'>): string[] {
    return this.environments.filter((name) => this.record(base, name) !== null);
  }
  /** Whether an environment has the shared value of a secret, by its own records. */
  isShared({ base, from, to }: RotatedSecret, environment: string): boolean {
    if (this.record(base, environment) === null) return false;
    const next = this.name(to, environment);
    if (next !== null && (next.value !== null || next.shared !== null)) return next.shared !== null;
    return (this.name(from, environment)?.shared ?? null) !== null;
  }
  /** Where the new version of a secret keeps its values: environments, and `shared` where one of them has the shared value. */
  placesOf(secret: RotatedSecret): string[] {
    const environments = this.environmentsOf(secret);
    const own = environments.filter((name) => !this.isShared(secret, name));
    return own.length === environments.length ? own : [...own, SHARED];
  }
  route(project: string, path: string, environment: string): RotationRoute | null {
    return this.part(environment)?.routes.find((route) => route.project === project && route.path === path) ?? null;
  }
  /** Its work on routes, in one environment or in all. */
  routes(environment?: string): PlacedRoute[] {
    const parts = environment === undefined ? this.parts : this.parts.filter(({ realm }) => realm === environment);
    return parts.flatMap(({ realm, routes }) => routes.map((route) => ({ ...route, environment: realm })));
  }
}
