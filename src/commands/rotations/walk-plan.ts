/** The eleven steps in short, shown once before a walk begins: what each will do to which environment, and what it waits for. */
import { formatDuration } from '../../domain/duration.ts';
import { STEP_TEXTS } from '../../domain/step-texts.ts';
import type { StepId } from '../../domain/step-texts.ts';
import type { Rotation } from '../../rotation/rotation.ts';
import { overview, paragraph } from '../../terminal/walk-view.ts';
import type { View } from '../../terminal/walk-view.ts';

/** What the plan is made of. */
export type Planned = Pick<
  Rotation,
  'steps' | 'preProduction' | 'production' | 'environments' | 'window' | 'quarantine' | 'source' | 'isCompromised'
>;

export function walkPlan(rotation: Planned, base: string, view: View): string {
  const total = rotation.steps.length;
  const steps = rotation.steps.map(({ id }, index) => ({
    number: index + 1,
    total,
    id,
    title: STEP_TEXTS[id].title,
    state: 'todo' as const,
    detail: DETAILS[id]?.(rotation) ?? null,
  }));
  return [overview(steps, view), '', ...paragraph(timesOf(rotation, base), 2, view)].join('\n');
}

const DETAILS: Partial<Record<StepId, (rotation: Planned) => string>> = {
  generate: ({ source, environments }) => `${WAYS[source] ?? `from ${source}`}: ${environments.join(', ')}`,
  'update-staging': ({ preProduction }) => placesOf(preProduction, 'pre-production'),
  'test-staging': ({ preProduction }) => placesOf(preProduction, 'pre-production'),
  'update-production': ({ production }) =>
    `${placesOf(production, 'production')}${production.length > 1 ? ', one after the other' : ''}`,
  monitor: ({ isCompromised, production, window }) => {
    if (isCompromised) return 'left out: the old value has leaked';
    return production.length === 0 ? 'nothing to do: no production environment' : `waits ${formatDuration(window)}`;
  },
  'delete-old': ({ isCompromised, quarantine }) =>
    isCompromised || quarantine === 0 ? '' : `after ${formatDuration(quarantine)} in quarantine`,
};

const WAYS: Readonly<Record<string, string>> = { manual: 'asked for', generate: 'made by knox' };

function placesOf(environments: readonly string[], kind: string): string {
  return environments.length === 0 ? `nothing to do: no ${kind} environment` : environments.join(', ');
}

/** When somebody has to be there. */
function timesOf({ isCompromised, production, window }: Planned, base: string): string {
  const isWatched = !isCompromised && production.length > 0;
  const times = isWatched
    ? `Steps 1 to 6 take as long as your answers and deploys. Then knox watches for ${formatDuration(window)}; after that \`knox rotate ${base}\` does the rest.`
    : 'All of it takes as long as your answers and deploys.';
  return `${times} Ctrl-C at any question pauses, and nothing that was done is lost.`;
}
