/** How rotations are shown: the closing state of a run, `--status`, and the list. */
import { printable } from '../domain/printable.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { relativeTime } from '../domain/time.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import type { Target } from '../output/view.ts';
import type { TableContent } from '../terminal/table.ts';
import { overview, paragraph, progressHeader } from '../terminal/walk-view.ts';
import type { Step, StepState } from '../terminal/walk-view.ts';

/** One line for a pipe: `stripe_api_key -> stripe_api_key_v2: waiting at monitor. NEXT`. */
export function rotationLine(view: RotationView): string {
  const at = view.step === null ? '' : ` at ${view.step}`;
  return `${view.from} -> ${view.to}: ${view.state}${at}. ${printable(view.next)}`;
}

/** Where a run ended, for a terminal: the bar, and what comes next. */
export function closing(view: RotationView, target: Target): string {
  if (!target.isTerminal) return rotationLine(view);
  const { style } = target;
  const head =
    view.step === null || view.state === 'rolled-back' || view.state === 'aborted'
      ? `${style.ok(style.symbols.done)} ${style.heading(`${view.from} ${style.symbols.arrow} ${view.to}`)}: ${view.state}`
      : progressHeader({ number: numberOf(view), title: STEP_TEXTS[view.step].title, states: statesOf(view) }, target);
  return ['', head, ...paragraph(sentence(view), 2, target)].join('\n');
}

/** All eleven steps. */
export function statusPage(view: RotationView, target: Target, now: Date): string {
  if (!target.isTerminal) {
    const lines = view.steps.map(({ id, state, at, by, detail }) =>
      [id, state, at ?? '', by ?? '', printable(detail ?? '')].join('\t'),
    );
    return [rotationLine(view), ...lines].join('\n');
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
  const head = `${style.heading(`${view.from} ${style.symbols.arrow} ${view.to}`)}  ${style.dim(`${view.state}, ${begun}`)}`;
  const routes = view.routes.map(
    ({ path, environments, rewritten }) =>
      `    ${style.path(printable(path))}  ${style.dim(`${environments.join(', ')}${rewritten ? ', rewritten' : ''}`)}`,
  );
  return [
    head,
    '',
    overview(steps, target),
    ...(routes.length === 0 ? [] : ['', '  Routes', ...routes]),
    '',
    ...paragraph(sentence(view), 2, target),
  ].join('\n');
}

export function rotationsTable(views: readonly RotationView[], now: Date): TableContent {
  return {
    head: ['Secret', 'State', 'Step', 'Begun', 'Next'],
    rows: views.map((view) => [
      { text: `${view.from} -> ${view.to}`, tone: 'name' },
      { text: view.state, tone: view.state === 'failed' ? 'error' : 'dim' },
      view.step === null ? '' : `${numberOf(view)} ${view.step}`,
      relativeTime(view.startedAt, now),
      view.next,
    ]),
  };
}

/** The next sentence, its commands marked for the walk's paragraphs. */
function sentence({ next }: RotationView): string {
  return next.replace(/knox [a-z][^,;)]*?(?=$|[,;)]| and | or )/g, (command) => `\`${command.trim()}\``);
}

function numberOf(view: RotationView): number {
  return view.steps.findIndex(({ id }) => id === view.step) + 1;
}

function statesOf(view: RotationView): StepState[] {
  return view.steps.map(({ state }) => (state === 'current' && view.state === 'waiting' ? 'waiting' : state));
}
