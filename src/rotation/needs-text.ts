/** What a rotation waits for, in words, as of now: when to come back, that it is time, or what to do. Nothing of it is stored. */
import { untilText } from '../domain/duration.ts';
import { hoursText } from '../domain/office-hours.ts';
import type { Needs } from '../domain/rotation-record.ts';
import type { Left, Why } from '../domain/step-facts.ts';
import { STEP_TEXTS, titleWithin } from '../domain/step-texts.ts';
import { UTC } from '../domain/moments.ts';
import type { Moments } from '../domain/moments.ts';
import { relativeTime, secondsBetween } from '../domain/time.ts';
import { isFarAhead } from '../vault/log/ahead.ts';
import { aliveText, probesText, projectsText, routesText, sightingsText } from './fact-words.ts';
import { howToRevoke } from './how-to-revoke.ts';

interface Around {
  readonly base: string;
  readonly now: Date;
  readonly moments: Moments;
}

/** One sentence. */
export function needsText(needs: Needs, given: Omit<Around, 'moments'>, moments: Moments = UTC): string {
  const around = { ...given, moments };
  const { kind, until, why } = needs;
  if (kind !== 'time' || until === null) return doText(needs, why, around.base);
  return isReady(needs, around.now) ? readyText(needs, { ...around, until }) : waitText(needs, { ...around, until });
}

/** Whether the time that it waited for has come. */
export function isReady({ kind, until }: Pick<Needs, 'kind' | 'until'>, now: Date): boolean {
  return kind === 'time' && until !== null && until <= now.toISOString();
}

/** What ended, where a wait is over: `the window`. */
export function waitName({ why, step }: Pick<Needs, 'why' | 'step'>): string {
  if (why.of === 'window') return why.isBlind === true ? 'the window' : 'the watch over production';
  if (why.of === 'quarantine') return 'the quarantine of the old value';
  return `the wait at "${STEP_TEXTS[step].title}"`;
}

type Timed = Around & { readonly until: string };

function readyText(needs: Needs, { base, now, until, moments }: Timed): string {
  const go = `Continue: knox rotate ${base}`;
  if (needs.why.of === 'hours') return `Ready: "${STEP_TEXTS[needs.step].title}" can be done now. ${go}`;
  return `Ready: ${waitName(needs)} ended ${moments.at(until)} (${relativeTime(until, now)}). ${go}`;
}

function waitText(needs: Needs, { base, now, until, moments }: Timed): string {
  const { why } = needs;
  const far = untilText(secondsBetween(now.toISOString(), until));
  const then = `Then run: knox rotate ${base}`;
  if ('since' in why && why.since !== undefined && isFarAhead(why.since, now))
    return `The audit log has ${moments.at(why.since)} for what this counts from, which is still to come: a clock was wrong. To go on: knox doctor`;
  switch (why.of) {
    case 'window':
      if (needs.environments.length === 0) return `The old value is kept until ${moments.at(until)} (${far}). ${then}`;
      if (why.isBlind === true)
        return `Watch production yourself until ${moments.at(until)} (${far}); nothing there has a probe. ${then}`;
      return `Production is watched until ${moments.at(until)} (${far}). ${then}`;
    case 'quarantine':
      return `The old value stays in quarantine until ${moments.at(until)} (${far}). ${then}`;
    case 'hours':
      return `"${STEP_TEXTS[needs.step].title}" is kept to ${hoursText(why)}: next ${moments.opening(until)} (${far}). Then run: knox rotate ${base}. To go ahead now: --between 00:00-24:00 --on mon-sun`;
    case 'quiet':
      return `Since production moved, ${sightingsText(why.found, moments)}. knox waits until ${moments.at(until)} (${far}) for a window without one; if you know that it is harmless: knox rotate ${base} --confirm verify`;
    case 'expiry':
      return `The value of ${why.name} for ${why.environments.join(', ')} works until it expires at ${moments.at(until)} (${far}). ${then}`;
    default:
      return doText(needs, why, base);
  }
}

/** What somebody has to do, whenever it is. */
function doText({ step, environments }: Needs, why: Why, base: string): string {
  const go = `knox rotate ${base}`;
  const back = `fix it and run ${go}, or roll back with --rollback`;
  switch (why.of) {
    case 'rollback':
      return rollbackText(why, base);
    case 'values':
      return why.isAllKept
        ? 'Every environment keeps its value: at least one needs a new one. End this rotation with --abort and start again.'
        : `Give the new values for ${environments.join(', ')}: ${go}, or --values-stdin, --value-file ENV=FILE, --generate`;
    case 'apply':
      return `${applyText(why)}: ${go}, or with --yes without being asked`;
    case 'deployed':
      return `Deploy ${routesText(why.routes)}, then: ${go} --confirm update-production`;
    case 'tried':
      return `Test ${routesText(why.routes)} with the new value, then: ${go} --confirm test-staging`;
    case 'documentation':
      return `Update the documentation (the record is in ${why.file}), then: ${go} --confirm update-docs`;
    case 'revoked':
      return `${howToRevoke(why.base, why.names, environments)[0]}, then: ${go} --confirm delete-old`;
    case 'projects':
      return `Routes of ${projectsText(why.projects)} name it too: run ${go} there`;
    case 'person':
      return `Ready for you: ${titleWithin(step)}. Continue: ${go}`;
    case 'probes':
      return why.isBefore
        ? `The probe of ${probesText(why.probes)} did not pass with the new value; nothing was changed there: ${back}`
        : `The probe of ${probesText(why.probes)} failed${step === 'test-staging' ? '' : ' in production'}: ${back}`;
    case 'alive':
      return why.isRevoked
        ? `Find out why the old value still works (${aliveText(why.alive)}), then: ${go}`
        : `${howToRevoke(why.base, [why.name], environments)[0]}, then: ${go}`;
    case 'refusals':
      return `${refusalsText(why)}: find out why and run ${go}, or roll back with --rollback`;
    case 'error':
      return errorText(why.hint, base);
    case 'window':
    case 'quarantine':
    case 'hours':
    case 'quiet':
    case 'expiry':
      return `Continue: ${go}`;
  }
}

/** Where the files are written already, only a deploy command is left. */
function applyText({ files, deploys }: Extract<Why, { of: 'apply' }>): string {
  if (files.length > 0) return `Review the changes to ${files.join(', ')} and apply them`;
  const places = deploys.map(({ path, environment }) => `${path} (${environment})`).join(', ');
  return `Run the deploy command${deploys.length === 1 ? '' : 's'} of ${places}`;
}

/** `k_v2 was refused 3 times within a day: gateway in production`. */
export function refusalsText({ name, count, by }: Extract<Why, { of: 'refusals' }>): string {
  const sources = new Set(by.map(({ source, environment }) => `${source} in ${environment}`));
  return `${name} was refused ${count} times within a day: ${[...sources].join(', ')}`;
}

/** What its hint says to do first, and how the rotation goes on after that. */
function errorText(hint: string | null, base: string): string {
  if (hint === null) return `Look into it, then continue: knox rotate ${base}`;
  return hint.includes(`knox rotate ${base}`) ? hint : `${hint}; then: knox rotate ${base}`;
}

function rollbackText({ left, projects }: Extract<Why, { of: 'rollback' }>, base: string): string {
  if (left.length + projects.length === 0) return `The rollback was interrupted. Continue: knox rotate ${base}`;
  const open = projectsText(projects);
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
