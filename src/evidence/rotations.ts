/** Every rotation of a vault as evidence, with the proof that the old value is dead and the audit entries that say so. */
import { describeRotation } from '../rotation/describe-rotation.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { allRotations } from '../rotation/find-rotation.ts';
import { proofsOf, proofSentence, weakest } from '../rotation/proof.ts';
import { ReadRotation, readRotation } from '../rotation/read-rotation.ts';
import type { View } from '../vault/core/view.ts';
import { momentAsOf, nextAsOf, rotationAsOf } from './as-of.ts';
import type { Version } from './as-of.ts';
import type { TermRotation } from './terms.ts';
import type { Trail } from './trail.ts';
import type { Proof, RotationEvidence } from './types.ts';

/** A rotation as one of its lineages sees it; whether it was on time is that lineage's own. */
export interface LineageRotation {
  readonly term: TermRotation;
  readonly facts: Facts;
}

type Facts = Omit<RotationEvidence, 'dueAt' | 'onTime' | 'lateBy'>;

export interface Rotations {
  /** By base, oldest first. */
  readonly ofLineage: ReadonlyMap<string, readonly LineageRotation[]>;
  /** Bases, by rotation. */
  readonly lineagesOf: ReadonlyMap<string, readonly string[]>;
}

/**
 * Those that were begun by the end of the period, as they stood then.
 * @param versions by base
 */
export async function readRotations(
  view: View,
  trail: Trail,
  to: string,
  versions: ReadonlyMap<string, readonly Version[]>,
): Promise<Rotations> {
  const ofLineage = new Map<string, LineageRotation[]>();
  const lineagesOf = new Map<string, string[]>();
  for (const now of (await allRotations(view)).filter(({ startedAt }) => startedAt <= to)) {
    const { rotation, facts: all } = await factsOf(view, now, trail, to);
    lineagesOf.set(
      rotation.id,
      rotation.secrets.map(({ base }) => base),
    );
    for (const { base, from, to: made } of rotation.secrets) {
      const known = versions.get(base) ?? [];
      const facts = { ...all, proof: proofOf(rotation, base, all.entries.revoked) };
      const scheduled = stepOf(facts, 'schedule-next');
      const term = {
        id: rotation.id,
        from: idAt(known, from, rotation.startedAt),
        to: idAt(known, made, null),
        rotatedAt: facts.rotatedAt,
        scheduledAt: scheduled?.state === 'done' ? scheduled.at : null,
      };
      ofLineage.set(base, [...(ofLineage.get(base) ?? []), { term, facts }]);
    }
  }
  return { ofLineage, lineagesOf };
}

/** Which time of a name is meant: that of a moment, or the first. */
function idAt(versions: readonly Version[], name: string, at: string | null): string {
  const own = versions.filter((version) => version.name === name);
  const then = at === null ? own[0] : own.findLast(({ createdAt }) => createdAt <= at);
  return (then ?? own[0])?.id ?? name;
}

function stepOf({ steps }: Pick<RotationView, 'steps'>, id: string): RotationView['steps'][number] | undefined {
  return steps.find((step) => step.id === id);
}

async function factsOf(
  view: View,
  now: ReadRotation,
  trail: Trail,
  to: string,
): Promise<{ facts: Omit<Facts, 'proof'>; rotation: ReadRotation }> {
  const proven = trail.rotations.get(now.id);
  const isPast = proven !== undefined && now.entry > trail.last;
  const rotation = isPast ? new ReadRotation(rotationAsOf(await readRotation(view, now.id), proven, to)) : now;
  const shown = await describeRotation(view, rotation);
  const { incident } = shown;
  const last = stepOf(shown, 'delete-old');
  const steps = Object.entries(proven?.steps ?? {}).map(([id, { seq }]) => [id, seq] as const);
  const facts = {
    ...shown,
    next: isPast ? nextAsOf(shown) : shown.next,
    incident: incident === null ? null : { ...incident, revokedAt: momentAsOf(incident.revokedAt, to) },
    startedBy: rotation.startedBy,
    endedAt: rotation.endedAt,
    endReason: rotation.endReason,
    rotatedAt: last?.state === 'done' ? last.at : null,
    entries: {
      started: proven?.started ?? null,
      steps: Object.fromEntries(steps),
      revoked: proven?.revoked ?? null,
      ended: proven?.ended ?? null,
    },
  };
  return { facts, rotation };
}

/** By the parts of the environments that got a new value; the weakest says what it is worth. */
function proofOf({ parts }: ReadRotation, base: string, entry: number | null): Proof | null {
  const own = parts.map(({ realm, secrets }) => ({ realm, secrets: secrets.filter((secret) => secret.base === base) }));
  const environments = proofsOf(own);
  if (environments === null) return null;
  const at = environments.reduce((last, proof) => (proof.at > last ? proof.at : last), '');
  return { kind: weakest(environments), text: proofSentence(environments), at, entry, environments };
}
