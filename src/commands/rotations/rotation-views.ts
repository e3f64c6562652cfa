/** How rotations are shown: the closing state of a run, `--status`, and the list. */
import type { Context } from '../../context.ts';
import { onOneLine, printable } from '../../domain/printable.ts';
import { STEP_TEXTS, titleWithin } from '../../domain/step-texts.ts';
import type { StepId } from '../../domain/step-texts.ts';
import type { Moments } from '../../domain/moments.ts';
import { relativeTime } from '../../domain/time.ts';
import { errors } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';
import { incidentText } from '../../rotation/describe-rotation.ts';
import type { RotationView } from '../../rotation/describe-rotation.ts';
import { isReady } from '../../rotation/needs-text.ts';
import type { Round } from '../../rotation/look-back.ts';
import type { OneOfMany } from '../../rotation/run-many.ts';
import { errorOf, wantOf } from '../../rotation/runner.ts';
import type { RunResult } from '../../rotation/runner.ts';
import type { Target, View } from '../../output/view.ts';
import type { TableContent } from '../../terminal/table.ts';
import { timeline } from '../../terminal/timeline.ts';
import { overview, paragraph } from '../../terminal/walk-view.ts';
import type { Step, StepState } from '../../terminal/walk-view.ts';

/** One line for a pipe: `stripe_api_key -> stripe_api_key_v2: waiting at monitor. NEXT`; of one that has ended what it came to. */
export function rotationLine(view: RotationView): string {
  if (['done', 'rolled-back', 'aborted'].includes(view.state)) return printable(view.next);
  const at = isAtStep(view) ? ` at ${view.step}` : '';
  return printable(`${view.from} -> ${view.to}: ${view.state}${at}. ${view.next}`);
}

/** Whether the step that comes next is what it is at: not once it has ended, nor while it goes back. */
function isAtStep({ step, state }: RotationView): boolean {
  return step !== null && !['rolling-back', 'rolled-back', 'aborted'].includes(state);
}

/** What a run came to: the document, the closing words, and the error that a stop amounts to. */
export function resultView(result: RunResult): View {
  const { view } = result;
  const shown = { json: view, draw: (target: Target) => closing(view, target) };
  const error = errorOf(result) ?? wantError(result);
  return error === null ? shown : { ...shown, error };
}

function wantError(result: RunResult): KnoxError | null {
  const want = wantOf(result);
  if (want === null) return null;
  const { base, state, next } = result.view;
  const text =
    state === 'rolling-back'
      ? `the rollback of ${base} is not finished`
      : `waiting for you at ${stepText(result.view, want.step)}`;
  return errors.needs_terminal(text, next);
}

/** Where a walk was left by Ctrl-C, and how to go on. */
export function pausedText(view: RotationView, { message }: KnoxError): string {
  const { step } = view;
  // `cancelled; the command was ended`
  const [, ...besides] = message.split('; ');
  const left = besides.map((one) => `; ${one}`).join('');
  if (step === null || !isAtStep(view)) return printable(`Paused${left}. ${view.next}`);
  return printable(
    `Paused at ${stepText(view, step, ` of ${view.steps.length}`)}${left}. Continue: knox rotate ${view.base}`,
  );
}

/** `step 10 (update the documentation)`. */
function stepText(view: RotationView, step: StepId, of = ''): string {
  return `step ${numberOfStep(view, step)}${of} (${titleWithin(step)})`;
}

/** What a run over many came to: what needs a person is said at once, each with what to type. */
export function manyView(context: Context, all: readonly OneOfMany[], now: Date): View {
  const views = all.flatMap(({ view }) => (view === null ? [] : [view]));
  for (const line of peopleNeeded(views)) context.say(line);
  return {
    json: views,
    table: rotationsTable(views, context.io.stdout.isTTY === true, {
      now,
      moments: context.moments(context.io.stdout),
    }),
    exit: all.some(({ kind }) => kind === 'failed') ? 1 : 0,
  };
}

/** Where a run ended: what comes next, when, and how to take it back. */
function closing(view: RotationView, target: Target): string {
  if (!target.isTerminal) return rotationLine(view);
  const { style } = target;
  const title = style.heading(`${printable(view.from)} ${style.symbols.arrow} ${printable(view.to)}`);
  if (view.step === null || view.needs === null)
    return [
      '',
      `${style.ok(style.symbols.done)} ${title}  ${view.state}`,
      ...incidentLines(view, target).flatMap((line) => paragraph(line, 2, target)),
      ...paragraph(sentence(view), 2, target),
    ].join('\n');
  const isBroken = view.state === 'failed' || view.needs.kind === 'fix';
  const sign = isBroken ? style.error(style.symbols.failed) : style.warn(style.symbols.waiting);
  const undo = `To undo everything: \`knox rotate ${view.base} --rollback\``;
  const canUndo = isAtStep(view) && numberOf(view) <= numberOfStep(view, 'delete-old');
  const at = isAtStep(view) ? `, step ${numberOf(view)} of ${view.steps.length}` : '';
  return [
    '',
    `${sign} ${title}  ${view.state}${at}`,
    ...paragraph(sentence(view), 2, target),
    ...(canUndo ? paragraph(undo, 2, target) : []),
  ].join('\n');
}

/** All eleven steps, and how the probes of production went. */
export function statusPage(view: RotationView, rounds: readonly Round[], target: Target, now: Date): string {
  if (!target.isTerminal) {
    const lines = view.steps.map(({ id, state, at, by, detail }) =>
      [id, state, at ?? '', printable(by ?? ''), printable(onOneLine(detail ?? ''))].join('\t'),
    );
    const probes = rounds.map(({ at, passed, failed }) => `probes\t${at}\t${passed} passed\t${failed} failed`);
    return [rotationLine(view), ...incidentLines(view, target), ...lines, ...probes].join('\n');
  }
  const { style } = target;
  const states = statesOf(view);
  const steps: Step[] = view.steps.map(({ id, at, by, detail }, index) => ({
    number: index + 1,
    total: view.steps.length,
    id,
    title: STEP_TEXTS[id].title,
    state: states[index]!,
    detail: [detail, at === null ? null : `${relativeTime(at, now)} by ${by}`]
      .filter((part) => part !== null)
      .join(', '),
  }));
  const begun = `begun ${relativeTime(view.startedAt, now)}`;
  const head = `${style.heading(`${printable(view.from)} ${style.symbols.arrow} ${printable(view.to)}`)}  ${style.dim(`${view.state}, ${begun}`)}`;
  const routes = view.routes.map(
    ({ path, environments, rewritten }) =>
      `    ${style.path(printable(path))}  ${style.dim(`${environments.join(', ')}${rewritten ? ', rewritten' : ''}`)}`,
  );
  return [
    head,
    ...incidentLines(view, target).flatMap((line) => paragraph(line, 2, target).map((one) => style.error(one))),
    '',
    overview(steps, target),
    ...(routes.length === 0 ? [] : ['', '  Routes', ...routes]),
    ...probeLines(view, rounds, target, now),
    '',
    ...paragraph(sentence(view), 2, target),
  ].join('\n');
}

/** A line of signs from the update of production to the end of the window, and what it amounts to. */
function probeLines(view: RotationView, rounds: readonly Round[], target: Target, now: Date): string[] {
  const last = rounds.at(-1);
  if (last === undefined) return [];
  const { style } = target;
  const at = (id: string) => view.steps.find((step) => step.id === id)?.at ?? null;
  const from = at('update-production') ?? rounds[0]!.at;
  const ends = [at('monitor') ?? view.waitUntil, last.at].filter((time) => time !== null);
  const line = timeline(rounds, from, ends.toSorted().at(-1)!, target.width - 6, style);
  const failed = rounds.filter((round) => round.failed > 0).length;
  const count = `${rounds.length} ${rounds.length === 1 ? 'check' : 'checks'} of production`;
  const outcome = failed === 0 ? 'all passed' : `${failed} of them failed`;
  const latest = `the last ${relativeTime(last.at, now)}${last.failed === 0 ? '' : ' failed'}`;
  const picture = style.isReadOut ? [] : [`    ${line}`];
  return ['', '  Probes', ...picture, ...paragraph(`${count}, ${outcome}; ${latest}`, 4, target)];
}

function incidentLines({ incident }: RotationView, { moments }: Target): string[] {
  return incident === null ? [] : [printable(incidentText(incident, moments))];
}

/** What a run over many ends with: how many go on by themselves, and what needs a person, each with what to type. */
function peopleNeeded(views: readonly RotationView[]): string[] {
  const open = views.filter(
    ({ state, needs }) =>
      state === 'failed' || (['waiting', 'rolling-back'].includes(state) && needs !== null && needs.kind !== 'time'),
  );
  if (open.length === 0 || views.length === 1) return [];
  const rest = views.length - open.length;
  const verb = open.length === 1 ? 'needs' : 'need';
  return [
    '',
    `${open.length} of ${views.length} ${verb} a person${rest === 0 ? '' : `, ${rest} ${rest === 1 ? 'waits or is' : 'wait or are'} done`}:`,
    ...open.map((view) => `  knox rotate ${view.base}  (${placeText(view)})`),
  ];
}

function placeText(view: RotationView): string {
  if (!isAtStep(view)) return view.state;
  return `${view.state === 'failed' ? 'failed' : 'waits'} at ${view.step}`;
}

export function rotationsTable(
  views: readonly RotationView[],
  isTerminal: boolean,
  times: { readonly now: Date; readonly moments: Moments },
): TableContent {
  return {
    head: ['Secret', 'To', 'State', 'Step', 'Waits for'],
    prose: [4],
    least: [1],
    rows: views.map((view) => [
      { text: view.from, tone: 'name' },
      view.to,
      { text: view.state, tone: ['failed', 'rolling-back'].includes(view.state) ? 'error' : 'dim' },
      isAtStep(view) ? `${numberOf(view)} ${view.step}` : '',
      ...(isTerminal ? [waitsFor(view, times)] : [view.startedAt, view.next]),
    ]),
  };
}

function waitsFor(
  { needs }: RotationView,
  { now, moments }: { readonly now: Date; readonly moments: Moments },
): string {
  if (needs === null) return '';
  if (isReady(needs, now)) return 'nothing: ready';
  const words = { confirm: 'confirmation', values: 'new values', fix: 'a fix', project: 'another project' } as const;
  return needs.kind === 'time' ? moments.at(needs.until!) : words[needs.kind];
}

/** The next sentence, its commands marked for the walk's paragraphs. */
function sentence({ next }: RotationView): string {
  return next.replace(/knox [a-z][^,;)]*?(?=$|[,;)]| and | or )/g, (command) => `\`${command.trim()}\``);
}

function numberOf(view: RotationView): number {
  return view.step === null ? view.steps.length : numberOfStep(view, view.step);
}

function numberOfStep(view: RotationView, step: string): number {
  return view.steps.findIndex(({ id }) => id === step) + 1;
}

function statesOf(view: RotationView): StepState[] {
  return view.steps.map(({ state }) => (state === 'current' && view.state === 'waiting' ? 'waiting' : state));
}
