/** A rotation as Markdown: the record that step 10 writes, and the checklist of `--checklist`. */
import { printable } from '../domain/printable.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { momentText } from '../domain/time.ts';
import { incidentText } from './describe-rotation.ts';
import type { RotationView } from './describe-rotation.ts';

const SIGN = { done: 'x', skipped: '-', current: ' ', todo: ' ', failed: ' ' } as const;

/** The steps as a task list. */
export function checklist(view: RotationView): string {
  const lines = view.steps.map(({ id, state, at, detail }, index) => {
    const when = at === null ? '' : ` (${momentText(at)})`;
    const said = detail === null ? '' : `: ${text(detail)}`;
    return `- [${SIGN[state]}] ${index + 1}. ${STEP_TEXTS[id].title} (\`${id}\`)${when}${said}`;
  });
  return [`# Rotation of ${names(view)}`, '', ...lines, '', `Next: ${text(view.next)}`].join('\n');
}

/** The whole story, for the documentation or an auditor. */
export function record(view: RotationView): string {
  const routes = view.routes.map(
    ({ path, environments, rewritten }) =>
      `| ${text(path)} | ${environments.join(', ')} | ${rewritten ? 'rewritten' : 'unchanged'} |`,
  );
  const steps = view.steps.map(
    ({ id, state, at, by, detail }, index) =>
      `| ${index + 1} | ${STEP_TEXTS[id].title} | ${state === 'current' ? 'under way' : state} | ${at ?? ''} | ${text(by ?? '')} | ${text(detail ?? '')} |`,
  );
  return [
    `# Rotation of ${names(view)}`,
    '',
    ...view.secrets.map(({ from, to }) => `- \`${from}\` was replaced by \`${to}\``),
    `- Rotation \`${view.id}\`, begun ${view.startedAt}`,
    ...(view.incident === null ? [] : [`- ${text(incidentText(view.incident))}`]),
    '',
    '## Steps',
    '',
    '| # | Step | State | When (UTC) | Who | What |',
    '| --- | --- | --- | --- | --- | --- |',
    ...steps,
    '',
    '## Routes',
    '',
    ...(routes.length === 0
      ? ['No registered file names it.']
      : ['| Route | Environments | |', '| --- | --- | --- |', ...routes]),
    '',
  ].join('\n');
}

function names({ secrets }: RotationView): string {
  return secrets.map(({ base }) => base).join(', ');
}

/** One line that no table or list is broken by. */
function text(value: string): string {
  return printable(value).replaceAll('|', '\\|');
}
