/** Hours that a rotation changes production in: its own, or those of the vault. What has leaked waits for none. */
import { untilText } from '../domain/duration.ts';
import { hoursText, nextOpening } from '../domain/office-hours.ts';
import type { OfficeHours } from '../domain/office-hours.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { momentText, secondsBetween } from '../domain/time.ts';
import type { Outcome, Step, Work } from './types.ts';

/** @returns what the step waits for, or null where it may be done now */
export function closedNow({ rotation, vault, settings }: Work, { id, changesProduction }: Step): Outcome | null {
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
  const wait = untilText(secondsBetween(now.toISOString(), until));
  const { base } = rotation.secrets[0]!;
  const next = `"${STEP_TEXTS[id].title}" is kept to ${hoursText(hours)} (local time): from ${momentText(until)} on (${wait}), knox rotate ${base}; now all the same: --between 00:00-24:00 --on mon-sun`;
  return { kind: 'waits', needs: { kind: 'time', until, environments: rotation.production, next } };
}
