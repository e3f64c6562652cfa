/** Hours that a rotation changes production in: its own, or those of the vault. What has leaked waits for none. */
import { nextOpening } from '../domain/office-hours.ts';
import type { OfficeHours } from '../domain/office-hours.ts';
import type { Outcome, Step, Work } from './types.ts';

/** @returns what the step waits for, or null where it may be done now */
export function closedNow({ rotation, vault, settings }: Work, { changesProduction }: Step): Outcome | null {
  if (changesProduction !== true || rotation.isCompromised || rotation.production.length === 0) return null;
  const { between, on } = rotation.options;
  const hours: OfficeHours = {
    between: between ?? settings.get('between') ?? null,
    on: on ?? settings.get('on') ?? null,
  };
  const now = vault.now();
  const opening = nextOpening(hours, now);
  if (opening.getTime() <= now.getTime()) return null;
  const until = opening.toISOString();
  const why = { of: 'hours', ...hours } as const;
  return { kind: 'waits', needs: { kind: 'time', until, environments: rotation.production, why } };
}
