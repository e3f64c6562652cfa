/** `knox status`: what there is to do today, on one screen. */
import { auditEntries } from '../../domain/counted.ts';
import type { Run } from '../../command-line/command.ts';
import { printable } from '../../domain/printable.ts';
import { STEP_TEXTS } from '../../domain/step-texts.ts';
import { relativeTime } from '../../domain/time.ts';
import { atLeast } from '../../findings/finding.ts';
import type { Finding } from '../../findings/finding.ts';
import { allFindings } from '../../findings/all-findings.ts';
import type { Target } from '../../output/view.ts';
import { activeRotations, describeRotation, incidentText } from '../../rotation/describe-rotation.ts';
import type { RotationView } from '../../rotation/describe-rotation.ts';
import { paragraph } from '../../terminal/walk-view.ts';
import { warnOfUnverified } from '../common/not-given.ts';

/** Of a list, so that all of it stays on one screen. */
const MOST_LINES = 5;

interface Status {
  readonly vault: string;
  readonly identity: string;
  readonly incidents: readonly RotationView[];
  readonly rotations: readonly RotationView[];
  readonly due: readonly { readonly secret: string; readonly dueAt: string; readonly overdue: boolean }[];
  readonly findings: { readonly error: number; readonly warning: number; readonly info: number };
  readonly audit: { readonly entries: number; readonly head: string; readonly verifiedAt: string | null };
}

export const status: Run<object> = async (context) => {
  const { file, root, project } = await context.place();
  const vault = await context.vault('look');
  const moments = context.moments(context.io.stdout);
  const found = await vault.look(async (view) => {
    await warnOfUnverified(context, view);
    const rotations: RotationView[] = [];
    for (const row of await activeRotations(view)) rotations.push(await describeRotation(view, row, moments));
    const { secrets, findings } = await allFindings(view, { root, project, moments });
    const dueDates = new Map(secrets.map(({ name, dueAt }) => [name, dueAt]));
    const bases = new Map(secrets.map(({ name, base }) => [name, base]));
    return { rotations, dueDates, bases, findings, head: view.head };
  });
  const count = (severity: string) => found.findings.filter((one) => one.severity === severity).length;
  const now: Status = {
    vault: file,
    identity: vault.manifest.identity,
    incidents: found.rotations.filter(({ incident }) => incident !== null),
    rotations: found.rotations,
    due: found.findings
      .filter(isDue)
      .map(({ secret, code }) => ({
        secret: secret!,
        dueAt: found.dueDates.get(secret!)!,
        overdue: code === 'overdue',
      }))
      .toSorted((left, right) => (left.dueAt < right.dueAt ? -1 : 1)),
    findings: { error: count('error'), warning: count('warning'), info: count('info') },
    audit: { entries: found.head.seq, head: found.head.hash, verifiedAt: vault.verifiedAt },
  };
  // A rotation that goes back is told where those under way are.
  const others = found.findings.filter((one) => !isDue(one) && one.code !== 'rolling-back');
  return { json: now, draw: (target) => page(now, others, found.bases, target, vault.now()) };
};

function isDue({ code }: Finding): boolean {
  return code === 'overdue' || code === 'due-soon';
}

/** @param others the findings that are not told as what is due @param bases by name */
function page(
  now: Status,
  others: readonly Finding[],
  bases: ReadonlyMap<string, string>,
  target: Target,
  time: Date,
): string {
  const { style } = target;
  const lines: string[] = [];
  const section = (title: string, own: readonly string[]): void => {
    if (own.length > 0) lines.push(style.heading(title), ...own, '');
  };
  section(
    'Incidents',
    now.incidents.flatMap((view) => [
      ...rotationLines(view, target),
      ...(view.incident === null ? [] : paragraph(printable(incidentText(view.incident, target.moments)), 4, target)),
    ]),
  );
  section(
    'Under way',
    now.rotations.filter(({ incident }) => incident === null).flatMap((view) => rotationLines(view, target)),
  );
  section('Due', [
    ...now.due.slice(0, MOST_LINES).flatMap((due) => dueLines(due, bases.get(due.secret) ?? due.secret, target, time)),
    ...more(now.due.length, 'knox list', style),
  ]);
  const worst = [...atLeast(others, 'error'), ...others.filter(({ severity }) => severity === 'warning')];
  section('Findings', [
    ...worst.slice(0, MOST_LINES).flatMap((one) => findingLines(one, target)),
    ...more(worst.length, 'knox check', style),
  ]);
  if (lines.length === 0) lines.push(`${style.ok(style.symbols.done)} Nothing to do today.`, '');
  const verified =
    now.audit.verifiedAt === null ? 'never verified here' : `verified ${relativeTime(now.audit.verifiedAt, time)}`;
  lines.push(style.dim(`${printable(now.vault)}: ${auditEntries(now.audit.entries)}, ${verified}`));
  return lines.join('\n');
}

function dueLines(
  { secret, dueAt, overdue }: Status['due'][number],
  base: string,
  { style, width }: Target,
  time: Date,
): string[] {
  const when = `${overdue ? 'overdue, ' : ''}${relativeTime(dueAt, time)}`;
  const command = `knox rotate ${base}`;
  const begin = `  ${style.name(secret)}  ${overdue ? style.error(when) : when}`;
  const isOneLine = 2 + secret.length + 2 + when.length + 2 + command.length <= width;
  return isOneLine ? [`${begin}  ${style.command(command)}`] : [begin, `    ${style.command(command)}`];
}

function findingLines({ severity, message, hint }: Finding, target: Target): string[] {
  const { style } = target;
  const sign = severity === 'error' ? style.error(style.symbols.failed) : style.warn(style.symbols.warning);
  const [first = '', ...rest] = paragraph(message, 4, target);
  return [`  ${sign} ${first.trimStart()}`, ...rest, ...paragraph(hint, 4, target)];
}

function more(count: number, command: string, style: Target['style']): string[] {
  return count <= MOST_LINES ? [] : [`  and ${count - MOST_LINES} more: ${style.command(command)}`];
}

function rotationLines(view: RotationView, target: Target): string[] {
  const { style } = target;
  const isBack = view.state === 'rolling-back';
  const step = view.step === null || isBack ? '' : STEP_TEXTS[view.step].title;
  const state = view.state === 'failed' || isBack ? style.error(view.state) : view.state;
  return [`  ${style.name(view.base)}  ${state}${step === '' ? '' : `: ${step}`}`, ...paragraph(view.next, 4, target)];
}
