/** A rotation as Markdown: the record that step 10 writes, and the checklist of `--checklist`. */
import { onOneLine, printable } from '../domain/printable.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { UTC } from '../domain/moments.ts';
import { incidentText } from './describe-rotation.ts';
import type { RotationView } from './describe-rotation.ts';

/** What is left out needs nobody any more; a task list knows no third sign. */
const SIGN = { done: 'x', skipped: 'x', current: ' ', todo: ' ', failed: ' ' } as const;
const WORD = { done: '', skipped: 'left out', current: 'under way', todo: '', failed: '**failed**' } as const;

/** The steps as a task list. */
export function checklist(view: RotationView): string {
  const lines = view.steps.map(({ id, state, at, detail }, index) => {
    const parts = [WORD[state], at === null ? '' : UTC.at(at), text(detail ?? '')].filter((part) => part !== '');
    const said = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
    return `- [${SIGN[state]}] ${index + 1}. ${STEP_TEXTS[id].title} (\`${id}\`)${said}`;
  });
  const incident = view.incident === null ? [] : [text(incidentText(view.incident, UTC)), ''];
  return [`# Rotation of ${names(view)}`, '', ...incident, ...lines, '', `Next: ${text(view.next)}`].join('\n');
}

/** The whole story, for the documentation or an auditor. */
export function record(view: RotationView): string {
  const routes = view.routes.map(
    ({ path, environments, rewritten }) =>
      `| ${code(path)} | ${environments.join(', ')} | ${rewritten ? 'rewritten' : 'unchanged'} |`,
  );
  const steps = view.steps.map(
    ({ id, state, at, by, detail }, index) =>
      `| ${index + 1} | ${STEP_TEXTS[id].title} | ${state === 'current' ? 'under way' : state} | ${at ?? ''} | ${text(by ?? '')} | ${text(detail ?? '')} |`,
  );
  return [
    `# Rotation of ${names(view)}`,
    '',
    ...view.secrets.map(({ from, to }) => `- \`${from}\` was replaced by \`${to}\``),
    `- Rotation \`${view.id}\`, begun ${view.startedAt}, ${view.state}`,
    ...proofLines(view),
    ...(view.incident === null ? [] : [`- ${text(incidentText(view.incident, UTC))}`]),
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

/** How it is known that the old value is dead: what an auditor looks for first. */
function proofLines({ steps }: RotationView): string[] {
  const { state, at, detail } = steps.find(({ id }) => id === 'delete-old')!;
  return state === 'done' ? [`- The old value: ${text(detail ?? 'revoked')}; ${at}`] : [];
}

function names({ secrets }: RotationView): string {
  return secrets.map(({ base }) => base).join(', ');
}

/** One line that no table or list is broken by, and that is not markup. */
function text(value: string): string {
  return printable(onOneLine(value)).replace(/[\\`*<[\]|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&');
}

/** A name, as it is. */
function code(value: string): string {
  const shown = printable(value).replaceAll('|', '\\|');
  return shown.includes('`') ? text(value) : `\`${shown}\``;
}
