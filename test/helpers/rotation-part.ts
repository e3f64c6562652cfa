/** An environment's part of a rotation as it would be read, where nothing is done yet. */
import { STEP_TEXTS } from '../../src/domain/step-texts.ts';
import type { StepId } from '../../src/domain/step-texts.ts';
import { agreeing, deciding, freshStep } from '../../src/rotation/merge-parts.ts';
import { ReadRotation } from '../../src/rotation/read-rotation.ts';
import type { RotationPart } from '../../src/vault/records/kinds.ts';
import { NOTHING_DONE } from '../../src/vault/records/rotation.ts';

export const STEPS = Object.keys(STEP_TEXTS) as StepId[];
export const STARTED = '2026-01-10T12:00:00.000Z';

export const rotatedSecret = (base: string, from = base, to = `${base}_v2`, more = {}) => ({
  base,
  from,
  to,
  ...NOTHING_DONE,
  ...more,
});

export function rotationPart(realm: string, more: Partial<RotationPart> = {}): RotationPart {
  return {
    kindOf: 'rotation',
    realm,
    entry: 7,
    id: 'r1',
    state: 'active',
    project: '',
    source: 'manual',
    window: 100,
    quarantine: 0,
    isUnattended: false,
    options: {},
    steps: STEPS.map(freshStep),
    needs: null,
    waitUntil: null,
    incident: null,
    secrets: [rotatedSecret('k')],
    routes: [],
    startedAt: STARTED,
    startedBy: 'a',
    endedAt: null,
    endReason: null,
    ...more,
  };
}

export const ORDER = ['development', 'staging', 'production', 'prod-eu'];
const PRODUCTION = new Set(['production', 'prod-eu']);

/** As they are read where every key is at hand. */
export function readParts(...all: RotationPart[]): ReadRotation {
  const open = deciding(all, PRODUCTION);
  const parts = agreeing(open, PRODUCTION);
  const contradicting = open.filter((one) => !parts.includes(one)).map(({ realm }) => realm);
  return new ReadRotation({
    id: 'r1',
    parts,
    closed: [],
    contradicting,
    names: [],
    production: PRODUCTION,
    order: ORDER,
  });
}
