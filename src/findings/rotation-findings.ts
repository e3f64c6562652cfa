/** Rotations that somebody has to look after: one that goes back and cannot, one whose wait is over, one that nobody goes on with. */
import type { Moments } from '../domain/moments.ts';
import { addSeconds, relativeTime } from '../domain/time.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { needsOf } from '../rotation/describe-rotation.ts';
import { waitingSince } from '../rotation/look-back.ts';
import { isReady, needsText, waitName } from '../rotation/needs-text.ts';
import type { ReadRotation } from '../rotation/read-rotation.ts';
import type { Needs } from '../domain/rotation-record.ts';
import type { View } from '../vault/core/view.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const WEEK = 7 * 86_400;

/** What is said of one rotation. */
interface Place {
  readonly secret: string;
  readonly base: string;
}

/** @param active rotations under way */
export async function rotationFindings(
  view: View,
  active: readonly ReadRotation[],
  moments: Moments,
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const rotation of active) {
    const [{ base, from }] = rotation.secrets as [ReadRotation['secrets'][number]];
    const place = { secret: from, base };
    if (rotation.state === 'rolling-back') found.push(rollingBack(view, rotation, { ...place, moments }));
    else {
      const needs = needsOf(rotation);
      if (needs !== null && isReady(needs, view.now)) found.push(ready(view, needs, { ...place, moments }));
      found.push(...(await stuck(view, rotation, place)));
    }
  }
  return found;
}

type Placed = Place & { readonly moments: Moments };

function rollingBack(view: View, rotation: ReadRotation, { secret, base, moments }: Placed): Finding {
  const needs = needsOf(rotation);
  const said = needs === null ? '' : needsText(needs, { base, now: view.now }, moments);
  return finding('rolling-back', {
    secret,
    environment: needs?.environments.length === 1 ? needs.environments[0]! : null,
    since: rotation.options.rollback?.at ?? rotation.startedAt,
    message: `${base} is being rolled back. ${said}`,
    hint: `knox rotate ${base}`,
  });
}

function ready(view: View, needs: Needs, { secret, base, moments }: Placed): Finding {
  const since = needs.until!;
  const message = `the rotation of ${base} can continue: ${waitName(needs)} ended ${moments.at(since)} (${relativeTime(since, view.now)})`;
  return finding('ready', { secret, since, message, hint: `knox rotate ${base}` });
}

/** One that has waited for a person for over a week, or that nobody has continued. */
async function stuck(view: View, rotation: ReadRotation, { secret, base }: Place): Promise<Finding[]> {
  const needs = needsOf(rotation);
  // What waits for a time is continued by a timer.
  if (needs?.kind === 'time' && rotation.state !== 'failed') return [];
  const since = await waitingSince(view, rotation);
  if (addSeconds(since, WEEK) > view.now.toISOString()) return [];
  const step = needs?.step ?? rotation.current;
  const where = step === null ? 'its end' : `"${STEP_TEXTS[step].title}"`;
  const message = `the rotation of ${base} needs a person at ${where}: it stopped there ${relativeTime(since, view.now)}`;
  const content = { secret, since: addSeconds(since, WEEK), message, hint: `knox rotate ${base}` };
  return [finding('rotation-stuck', content)];
}
