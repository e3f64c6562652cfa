/** Running a rotation for a command: what the options say of it, as far as it goes now, and what is shown of it. */
import type { Context } from '../context.ts';
import type { OptionValues } from '../declarations/command-spec.ts';
import { parseDuration } from '../domain/duration.ts';
import { SHARED } from '../domain/environment-name.ts';
import { parseBetween, parseOn } from '../domain/office-hours.ts';
import { errors } from '../errors.ts';
import type { View } from '../output/view.ts';
import { describeRotation, incidentText } from '../rotation/describe-rotation.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { commonRotation } from '../rotation/find-rotation.ts';
import { advance } from '../rotation/machine.ts';
import { reportIncident } from '../rotation/incident.ts';
import { canRollBack, isRollingBack, rollBack } from '../rotation/roll-back.ts';
import { Rotation } from '../rotation/rotation.ts';
import { hasDeferred, kindOfSource } from '../rotation/sources.ts';
import { startRotation } from '../rotation/start.ts';
import type { RotationOptions, Stop, Work } from '../rotation/types.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Vault } from '../vault/vault.ts';
import { refuseLiteral } from './literals.ts';
import { readAnswers } from './rotation-answers.ts';
import { watched } from './notices.ts';
import { closing } from './rotation-views.ts';
import { guideOf, promptsOf, workOf } from './rotation-work.ts';
import { scriptGuide } from './script-guide.ts';

const HOUR = 3600;
const SHORTEST_WINDOW = 24 * HOUR;
const LONGEST_WINDOW = 30 * 24 * HOUR;
const DEFAULT_WINDOW = 48 * HOUR;

export type Lineage = StoredRow<'lineage'>;

export interface Timing {
  /** Seconds; null where the option is left out. */
  readonly window: number | null;
  readonly quarantine: number | null;
  readonly between: string | null;
  readonly on: string | null;
}

/** @throws usage, too_early (guard) */
export function parseTiming(context: Context, options: OptionValues): Timing {
  const read = (key: string) => (options[key] === undefined ? null : parseDuration(options[key] as string));
  const window = read('window');
  if (window !== null && window > LONGEST_WINDOW) throw errors.usage('--window is 30d at most', 'for example 48h');
  if (window !== null && window < SHORTEST_WINDOW) {
    context
      .guards()
      .refuse('too_early', () =>
        errors.too_early(
          'a window under 24h does not see what runs once a day',
          'give 24h or more',
          'or: --force too_early --reason TEXT',
        ),
      );
  }
  const between = (options['between'] as string | undefined) ?? null;
  const on = (options['on'] as string | undefined) ?? null;
  if (between !== null) parseBetween(between);
  if (on !== null) parseOn(on);
  return { window, quarantine: read('quarantine'), between, on };
}

/** What `--compromised` reports, or null. The reason is asked for where it was left out. @throws usage */
async function leakOf(
  context: Context,
  options: OptionValues,
  { window, quarantine, between, on }: Timing,
): Promise<{ reason: string; revokeFirst: boolean } | null> {
  const revokeFirst = options['revokeFirst'] === true;
  if (options['compromised'] !== true) {
    if (revokeFirst) throw errors.usage('--revoke-first goes with --compromised', 'add --compromised --reason TEXT');
    return null;
  }
  if (window !== null || quarantine !== null)
    throw errors.usage('--compromised waits for nothing', 'leave --window and --quarantine out');
  if (between !== null || on !== null)
    throw errors.usage('--compromised waits for no hours', 'leave --between and --on out');
  return { reason: context.options.reason?.trim() || (await askReason(context)), revokeFirst };
}

/** @throws usage where nobody can be asked, invalid_value */
async function askReason(context: Context): Promise<string> {
  const prompts = await promptsOf(context);
  if (prompts === null) throw errors.usage('--compromised needs a reason, which is recorded', 'add --reason TEXT');
  const reason = await prompts.input({
    message: 'What happened? (it is recorded)',
    validate: (text) => text.trim() !== '' || 'a few words, such as: it was in a public log',
  });
  refuseLiteral('the reason', reason);
  return reason.trim();
}

/** Starts the rotation or takes it up, as far as it goes now. The caller holds the locks. */
export async function goOn(
  context: Context,
  vault: Vault,
  lineages: readonly Lineage[],
  options: OptionValues,
  timing: Timing,
  asks = true,
): Promise<View> {
  const places = await placesOf(vault, lineages);
  const bases = lineages.map(({ base }) => base);
  const answers = await readAnswers(context, options, bases, places);
  const leak = await leakOf(context, options, timing);
  const known = await vault.read((view) => commonRotation(view, lineages));
  const { project } = await context.place();
  const id =
    known?.id ??
    (await startRotation(vault, lineages, {
      project,
      source: answers.generate === null ? await vault.read((view) => kindOfSource(view, lineages)) : 'generate',
      window: timing.window ?? DEFAULT_WINDOW,
      quarantine: timing.quarantine ?? 0,
      options: hoursOf(timing),
      isUnattended: answers.isYes,
      record: answers.guards.record(),
    }));
  const rotation = await Rotation.load(vault, id);
  requireWhole(rotation, lineages);
  rotation.requireKeys();
  const { guide, canAsk } = asks
    ? await guideOf(context, answers.isYes)
    : { guide: scriptGuide(context, answers.isYes), canAsk: false };
  const work = await workOf(context, rotation, answers, guide);
  return watched(context, vault, rotation, canAsk, () => goFurther());

  async function goFurther(): Promise<View> {
    if (isRollingBack(work)) return goOnBack(context, work, leak !== null, canAsk);
    if (known !== null) await applyChanges(work, timing);
    if (leak?.revokeFirst === true && (await hasDeferred(work)))
      throw errors.usage(
        'a token that is revoked first renews nothing',
        'leave --revoke-first out: --compromised waits for nothing either',
      );
    if (leak !== null) await reportIncident(work, leak);
    const { incident } = await describe(work);
    if (incident !== null) guide.opens(incidentText(incident));
    let stop = await advance(work);
    if (!canAsk) return viewOf(work, stop, canAsk);
    while (stop.kind === 'failed') {
      const choice = await guide.afterFailure(stop.error, await canRollBack(work));
      if (choice === 'leave') break;
      if (choice === 'rollback') return viewOf(work, await rollBack(work), canAsk);
      stop = await advance(work);
    }
    return viewOf(work, stop, canAsk);
  }
}

/** A rollback that was begun comes before anything else. @throws rotation_in_progress for what would go the other way */
async function goOnBack(context: Context, work: Work, isLeak: boolean, canAsk: boolean): Promise<View> {
  const { base } = work.rotation.secrets[0]!;
  if (isLeak)
    throw errors.rotation_in_progress(
      `${base} is being rolled back`,
      `finish that first: knox rotate ${base}`,
      `then: knox rotate ${base} --compromised --reason TEXT`,
    );
  context.warn('rollback_unfinished', `a rollback of ${base} is not finished: going on with it`);
  if ([...work.answers.values.values()].some(({ size }) => size > 0))
    context.warn('value_ignored', 'the values given are not taken: the rotation is being rolled back');
  return viewOf(work, await rollBack(work), canAsk);
}

/** Environments that a new value may be for. */
async function placesOf(vault: Vault, lineages: readonly Lineage[]): Promise<string[]> {
  return vault.read(async (view) => {
    const held = new Set<string>();
    for (const { id } of lineages) {
      const live = await view.find('secret', { lineage: id, state: 'live' });
      for (const secret of live)
        for (const { environment } of await view.find('value', { secret: secret.id })) held.add(environment);
    }
    return [...view.environmentNames(), SHARED].filter((name) => held.has(name));
  });
}

/** A rotation of several secrets is taken up as a whole: one that was started since the locks were taken is another process's. */
function requireWhole(rotation: Rotation, lineages: readonly Lineage[]): void {
  const given = new Set(lineages.map(({ id }) => id));
  const missing = rotation.secrets.filter(({ lineage }) => !given.has(lineage));
  if (missing.length === 0) return;
  const all = rotation.secrets.map(({ base }) => base).join(' ');
  throw errors.rotation_in_progress(
    `${lineages.map(({ base }) => base).join(', ')} is being rotated together with ${missing.map(({ base }) => base).join(', ')}`,
    `go on with all of them: knox rotate ${all}`,
  );
}

function hoursOf({ between, on }: Timing): Pick<RotationOptions, 'between' | 'on'> {
  return { ...(between === null ? {} : { between }), ...(on === null ? {} : { on }) };
}

/** A window or quarantine that is given again counts from now on; so does --generate, while no value is there yet. */
async function applyChanges({ rotation, answers }: Work, timing: Timing): Promise<void> {
  const { row } = rotation;
  const window = Math.min(timing.window ?? row.window, rotation.options.overlap ?? LONGEST_WINDOW);
  const quarantine = timing.quarantine ?? row.quarantine;
  const source = answers.generate !== null && !rotation.isDone('generate') ? 'generate' : row.source;
  const hours = hoursOf(timing);
  const options = JSON.stringify({ ...rotation.options, ...hours });
  const terms = { window, quarantine, source, options };
  if (Object.entries(terms).every(([name, value]) => row[name as keyof typeof terms] === value)) return;
  const detail = { window, quarantine, source, ...hours, ...answers.guards.record() };
  await rotation.change({ action: 'rotation-options', detail }, (change) => rotation.putTerms(change, terms));
}

/** The document, the closing words, and the error that a stop amounts to. */
export async function viewOf(work: Work, stop: Stop, canAsk: boolean): Promise<View> {
  const view = await describe(work);
  const shown = { json: view, draw: (target: Parameters<typeof closing>[1]) => closing(view, target) };
  if (stop.kind === 'failed') return { ...shown, error: stop.error };
  if (stop.kind !== 'waits' || stop.needs.kind === 'time' || canAsk) return shown;
  const isBack = isRollingBack(work);
  const { base } = work.rotation.secrets[0]!;
  const text = isBack ? `the rollback of ${base} is not finished` : `the rotation needs a person at ${stop.needs.step}`;
  return { ...shown, error: errors.needs_terminal(text, view.next) };
}

function describe({ vault, rotation }: Work): Promise<RotationView> {
  return vault.read((view) => describeRotation(view, rotation.row));
}
