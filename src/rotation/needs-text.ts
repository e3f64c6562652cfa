/** What a rotation waits for, in words, as of now: when to come back, that it is time, or what to do. Nothing of it is stored. */
import { untilText } from '../domain/duration.ts';
import { hoursText } from '../domain/office-hours.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { localMomentText, momentText, relativeTime, secondsBetween } from '../domain/time.ts';
import { isFarAhead } from '../vault/ahead.ts';
import type { Left, Needs, Why } from './types.ts';

interface Around {
  readonly base: string;
  readonly now: Date;
}

/** One sentence. */
export function needsText(needs: Needs, around: Around): string {
  const { base } = around;
  const why = whyOf(needs);
  if (why?.of === 'rollback') return rollbackText(why, base);
  if (needs.kind !== 'time' || needs.until === null) return needs.next ?? `Go on: knox rotate ${base}`;
  if (isReady(needs, around.now)) return readyText(needs, why, { ...around, until: needs.until });
  return why === null
    ? storedText(needs, { ...around, until: needs.until })
    : waitText(needs, why, { ...around, until: needs.until });
}

/** Whether the time that it waited for has come. */
export function isReady({ kind, until }: Pick<Needs, 'kind' | 'until'>, now: Date): boolean {
  return kind === 'time' && until !== null && until <= now.toISOString();
}

/** What ended, where a wait is over: `the window`. */
export function waitName(needs: Needs): string {
  const why = whyOf(needs);
  if (why?.of === 'window') return why.isBlind === true ? 'the window' : 'the watch over production';
  if (why?.of === 'quarantine') return 'the quarantine of the old value';
  return `the wait at "${STEP_TEXTS[needs.step].title}"`;
}

/** What was stored before the reason was kept as data had its sentence stored: watching is what step 7 does. */
function whyOf({ why, kind, step }: Needs): Why | null {
  if (why !== undefined) return why;
  return kind === 'time' && step === 'monitor' ? { of: 'window' } : null;
}

type Timed = Around & { readonly until: string };

function readyText(needs: Needs, why: Why | null, { base, now, until }: Timed): string {
  const go = `Go on: knox rotate ${base}`;
  if (why?.of === 'hours') return `Ready: "${STEP_TEXTS[needs.step].title}" may be done now. ${go}`;
  const name = waitName(needs);
  return `Ready: ${name} ended ${momentText(until)} (${relativeTime(until, now)}). ${go}`;
}

function waitText(needs: Needs, why: Why, around: Timed): string {
  const { base, until } = around;
  const far = farText(around);
  const then = `then: knox rotate ${base}`;
  if ('since' in why && why.since !== undefined && isFarAhead(why.since, around.now))
    return `The audit log has ${momentText(why.since)} for what this counts from, which is still to come: a clock was wrong. To go on: knox doctor`;
  switch (why.of) {
    case 'window':
      if (needs.environments.length === 0) return `The old value is kept until ${momentText(until)} (${far}), ${then}`;
      if (why.isBlind === true)
        return `Watch production yourself until ${momentText(until)} (${far}); nothing there has a probe. Then: knox rotate ${base}`;
      return `Production is watched until ${momentText(until)} (${far}), ${then}`;
    case 'quarantine':
      return `The old value stays in quarantine until ${momentText(until)} (${far}), ${then}`;
    case 'hours':
      return `"${STEP_TEXTS[needs.step].title}" is kept to ${hoursText(why)}: from ${localMomentText(until)} local time on (${far}), knox rotate ${base}; to go ahead now: --between 00:00-24:00 --on mon-sun`;
    case 'quiet':
      return `Since production moved, ${why.said}. knox waits until ${momentText(until)} (${far}) for a window without one; if you know that it is harmless: knox rotate ${base} --confirm verify`;
    case 'expiry':
      return `The value of ${why.name} for ${why.environments.join(', ')} is let in until it runs out by itself, at ${momentText(until)} (${far}); ${then}`;
    case 'rollback':
      return rollbackText(why, base);
  }
}

/** A sentence that was stored whole: how far away its time is, is told anew. */
function storedText({ next }: Needs, around: Timed): string {
  const text = next ?? `Go on at ${momentText(around.until)}: knox rotate ${around.base}`;
  return text.replace(/ \((?:in [0-9][^()]*|now)\)/, () => ` (${farText(around)})`);
}

function farText({ now, until }: Timed): string {
  return untilText(secondsBetween(now.toISOString(), until));
}

function rollbackText({ left, projects }: Extract<Why, { of: 'rollback' }>, base: string): string {
  if (left.length + projects.length === 0) return `The rollback was cut off. Go on: knox rotate ${base}`;
  const open = `${projects.length === 1 ? 'the project' : 'the projects'} ${projects.map((name) => `"${name}"`).join(', ')}`;
  if (left.length === 0) return `The rollback is not finished in ${open}: run knox rotate ${base} there`;
  const more = projects.length === 0 ? '' : `; it is open in ${open} too`;
  return `The rollback is not finished: ${left.map(leftText).join('; ')}${more}. Fix that, then: knox rotate ${base}`;
}

/** `b.env (staging, production): it is not there`. */
export function leftText({ path, environments, said }: Left): string {
  const places = environments.join(', ');
  const where = path === null ? places : places === '' ? path : `${path} (${places})`;
  return where === '' ? said : `${where}: ${said}`;
}
