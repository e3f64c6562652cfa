/** What the report says of a fact in words, the same on the page, in the table and in a spreadsheet. */
import { exactText, formatDuration } from '../domain/duration.ts';
import type { Exception, Incident, PolicyChange, Proof, RotationEvidence, SecretEvidence } from './types.ts';

/** Of a fact: how it should be seen. */
export type Tone = 'ok' | 'warn' | 'bad' | 'plain';

export function policyText({ kind, every }: Pick<SecretEvidence, 'kind' | 'every'>): string {
  return every === null ? `${kind}, no schedule` : `${kind}, every ${formatDuration(every)}`;
}

/** `12 days`: whole days where there is one, since a policy is stated in days. */
export function daysText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  return days < 1 ? exactText(seconds) : `${days} ${days === 1 ? 'day' : 'days'}`;
}

/** A secret that was never due and never rotated has kept nothing yet. */
export function onTimeText(secret: Pick<SecretEvidence, 'onTime' | 'overdue' | 'rotations'>): string {
  const { onTime, overdue } = secret;
  if (onTime === null) return 'no schedule';
  if (onTime && rotatedOf(secret).length === 0) return 'not due yet';
  if (onTime) return 'on time';
  return overdue.some(({ until }) => until === null) ? 'overdue' : 'was late';
}

/** Rotations that ended with the old value revoked and deleted; one that was taken back rotated nothing. */
export function rotatedOf({ rotations }: Pick<SecretEvidence, 'rotations'>): readonly RotationEvidence[] {
  return rotations.filter(({ rotatedAt }) => rotatedAt !== null);
}

export function onTimeTone({ onTime }: { readonly onTime: boolean | null }): Tone {
  return onTime === null ? 'plain' : onTime ? 'ok' : 'bad';
}

/** `on time`, `late by 4 days 2 hours`, `taken back`. */
export function rotationText({ state, onTime, lateBy, rotatedAt }: RotationEvidence): string {
  if (state === 'rolled-back') return 'rolled back';
  if (state === 'rolling-back') return 'being rolled back';
  if (state === 'aborted') return 'ended before anything changed';
  if (onTime === false) return `${rotatedAt === null ? 'overdue' : 'late'} by ${exactText(lateBy)}`;
  if (rotatedAt === null) return 'under way';
  return onTime === true ? 'on time' : 'no schedule';
}

export function rotationTone({ state, onTime }: RotationEvidence): Tone {
  if (['rolling-back', 'rolled-back', 'aborted'].includes(state)) return 'warn';
  return onTimeTone({ onTime });
}

const PROOF: Record<Proof['kind'], string> = {
  refused: 'Dead: refused by a probe',
  revoked: 'Revoked at its source',
  vouched: 'Confirmed by a person',
  unproven: 'Unproven',
};

export function proofTitle(proof: Proof | null): string {
  return proof === null ? 'Not revoked' : PROOF[proof.kind];
}

/** `refused: production; vouched: staging`; the kind alone where it is the same for all. */
export function proofKinds(proof: Proof | null): string {
  if (proof === null) return '';
  const kinds = Map.groupBy(proof.environments, ({ kind }) => kind);
  if (kinds.size === 1) return proof.kind;
  const parts = [...kinds].map(([kind, own]) => `${kind}: ${own.map(({ environment }) => environment).join(', ')}`);
  return parts.join('; ');
}

/** The proof of the last rotation that ended with one. */
export function lastProof(secret: Pick<SecretEvidence, 'rotations'>): Proof | null {
  return rotatedOf(secret).at(-1)?.proof ?? null;
}

export function proofTone(proof: Proof | null): Tone {
  if (proof === null) return 'plain';
  return proof.kind === 'refused' ? 'ok' : proof.kind === 'unproven' ? 'bad' : 'warn';
}

export function exceptionText({ kind, guards, step, action }: Exception): string {
  if (kind === 'skipped') return `step skipped: ${step}${guards.length === 0 ? '' : `, forced ${guards.join(', ')}`}`;
  if (kind === 'accepted') return 'an older copy of the vault was accepted';
  return `forced ${guards.join(', ')} (${action})`;
}

export function incidentText({ seconds }: Incident): string {
  return seconds === null ? 'not revoked yet' : `revoked after ${exactText(seconds)}`;
}

/** `every: 90 days to 30 days`. */
export function changeText({ from, to }: PolicyChange): string {
  return Object.keys(to)
    .map((key) => `${WORD[key] ?? key}: ${valueText(key, from[key])} to ${valueText(key, to[key])}`)
    .join('; ');
}

const WORD: Record<string, string> = { every: 'interval', expiresAt: 'expiry', expectUnused: 'expected unused' };

function valueText(key: string, value: unknown): string {
  if (key === 'every') return typeof value === 'number' ? formatDuration(value) : 'no schedule';
  if (value === null || value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
