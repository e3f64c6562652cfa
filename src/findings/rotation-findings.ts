/** Rotations that somebody has to look after: one that goes back and can not, one whose wait is over, one that nobody goes on with. */
import { addSeconds, momentText, relativeTime } from '../domain/time.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { activeRotations, needsOf } from '../rotation/describe-rotation.ts';
import { stateOf } from '../rotation/find-rotation.ts';
import { isReady, needsText, waitName } from '../rotation/needs-text.ts';
import type { Needs, RotationOptions, StepRecord } from '../rotation/types.ts';
import type { StoredRow } from '../store/tables.ts';
import type { View } from '../vault/view.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const WEEK = 7 * 86_400;

/** What is said of one rotation. */
interface Place {
  readonly secret: string;
  readonly base: string;
}

/** Of every rotation under way. */
export async function rotationFindings(view: View): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const row of await activeRotations(view)) {
    const [first] = (await view.find('rotation_secret', { rotation: row.id })).toSorted(
      (left, right) => left.position - right.position,
    );
    if (first === undefined) continue;
    const place = { secret: first.from_name, base: first.base };
    const needs = needsOf(row, await placesOf(view, row));
    if (stateOf(row) === 'rolling-back') found.push(rollingBack(view, row, needs, place));
    else {
      if (needs !== null && isReady(needs, view.now)) found.push(ready(view, needs, place));
      found.push(...(await stuck(view, row, needs, place)));
    }
  }
  return found;
}

async function placesOf(view: View, { id }: StoredRow<'rotation'>): Promise<string[]> {
  const held = new Set((await view.find('rotation_environment', { rotation: id })).map((row) => row.environment));
  return view.environmentNames().filter((name) => held.has(name));
}

function rollingBack(view: View, row: StoredRow<'rotation'>, needs: Needs | null, { secret, base }: Place): Finding {
  const { rollback } = JSON.parse(row.options) as RotationOptions;
  const said = needs === null ? '' : needsText(needs, { base, now: view.now });
  return finding('rolling-back', {
    secret,
    environment: needs?.environments.length === 1 ? needs.environments[0]! : null,
    since: rollback?.at ?? row.started_at,
    message: `${base} is being rolled back. ${said}`,
    hint: `knox rotate ${base}`,
  });
}

function ready(view: View, needs: Needs, { secret, base }: Place): Finding {
  const since = needs.until!;
  const message = `the rotation of ${base} can go on: ${waitName(needs)} ended ${momentText(since)} (${relativeTime(since, view.now)})`;
  return finding('ready', { secret, since, message, hint: `knox rotate ${base}` });
}

/** One that has waited for a person for over a week, or that nobody has gone on with. */
async function stuck(
  view: View,
  row: StoredRow<'rotation'>,
  needs: Needs | null,
  { secret, base }: Place,
): Promise<Finding[]> {
  // What waits for a time is gone on with by a timer.
  if (needs?.kind === 'time' && row.state !== 'failed') return [];
  const since = await waitingSince(view, row);
  if (addSeconds(since, WEEK) > view.now.toISOString()) return [];
  const step = needs?.step ?? (JSON.parse(row.steps) as StepRecord[]).find(({ state }) => state === 'todo')?.id;
  const where = step === undefined ? 'its end' : `"${STEP_TEXTS[step].title}"`;
  const message = `the rotation of ${base} waits for a person at ${where} since ${relativeTime(since, view.now)}`;
  const content = { secret, since: addSeconds(since, WEEK), message, hint: `knox rotate ${base}` };
  return [finding('rotation-stuck', content)];
}

/** When it began to wait: the oldest of the entries at the log's end that tell of nothing but waiting. */
async function waitingSince(view: View, row: StoredRow<'rotation'>): Promise<string> {
  let since = row.started_at;
  for await (const { action, at, detail } of view.entriesDown()) {
    if (detail?.['rotation'] !== row.id) continue;
    if (action !== 'rotation-waits' && action !== 'rotation-failed' && action !== 'auth-failure') {
      // What was done last: from then on it waited.
      return since === row.started_at ? at : since;
    }
    since = at;
  }
  return since;
}
