/** `knox status`: what there is to do today, on one screen. */
import type { Handler } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import { relativeTime } from '../domain/time.ts';
import { routeFindings } from '../findings/route-findings.ts';
import { scheduleFindings } from '../findings/schedule-findings.ts';
import type { Target } from '../output/view.ts';
import { activeRotations, describeRotation } from '../rotation/describe-rotation.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { paragraph } from '../terminal/walk-view.ts';
import { listSecrets } from '../vault/describe-secret.ts';

interface Status {
  readonly vault: string;
  readonly identity: string;
  readonly incidents: readonly RotationView[];
  readonly rotations: readonly RotationView[];
  readonly due: readonly { readonly secret: string; readonly dueAt: string; readonly overdue: boolean }[];
  readonly findings: { readonly error: number; readonly warning: number; readonly info: number };
  readonly audit: { readonly entries: number; readonly head: string; readonly verifiedAt: string | null };
}

export const status: Handler = async (context) => {
  const { file, root, project } = await context.place();
  const vault = await context.vault('look');
  const found = await vault.look(async (view) => {
    const rotations: RotationView[] = [];
    for (const row of await activeRotations(view)) rotations.push(await describeRotation(view, row));
    const secrets = await listSecrets(view);
    const schedule = scheduleFindings(secrets, view.now);
    const routes = await routeFindings(view, root, await view.find('registration', { project }));
    const dueDates = new Map(secrets.map(({ name, dueAt }) => [name, dueAt]));
    return { rotations, schedule, dueDates, findings: [...schedule, ...routes], head: view.head };
  });
  const count = (severity: string) => found.findings.filter((one) => one.severity === severity).length;
  const due = found.schedule.filter(({ code }) => code === 'overdue' || code === 'due-soon');
  const now: Status = {
    vault: file,
    identity: vault.manifest.identity,
    incidents: found.rotations.filter(({ incident }) => incident !== null),
    rotations: found.rotations,
    due: due.map(({ secret, code }) => ({
      secret: secret!,
      dueAt: found.dueDates.get(secret!)!,
      overdue: code === 'overdue',
    })),
    findings: { error: count('error'), warning: count('warning'), info: count('info') },
    audit: { entries: found.head.seq, head: found.head.hash, verifiedAt: vault.verifiedAt },
  };
  return { json: now, draw: (target) => page(now, target, vault.now()) };
};

function page(now: Status, target: Target, time: Date): string {
  const { style } = target;
  const lines: string[] = [];
  const section = (title: string, own: readonly string[]): void => {
    if (own.length > 0) lines.push(style.heading(title), ...own, '');
  };
  section(
    'Incidents',
    now.incidents.flatMap((view) => rotationLines(view, target)),
  );
  section(
    'Under way',
    now.rotations.filter(({ incident }) => incident === null).flatMap((view) => rotationLines(view, target)),
  );
  section(
    'Due',
    now.due.map(({ secret, dueAt, overdue }) => {
      const when = `${overdue ? 'overdue, ' : ''}${relativeTime(dueAt, time)}`;
      return `  ${style.name(secret)}  ${overdue ? style.error(when) : when}  ${style.command(`knox rotate ${secret}`)}`;
    }),
  );
  const { error, warning } = now.findings;
  if (error + warning > 0)
    section('Findings', [
      `  ${error} to mend, ${warning} to look at: ${style.command('knox route check')}, ${style.command('knox list')}`,
    ]);
  if (lines.length === 0) lines.push(`${style.ok(style.symbols.done)} Nothing to do today.`, '');
  const verified =
    now.audit.verifiedAt === null ? 'never verified here' : `verified ${relativeTime(now.audit.verifiedAt, time)}`;
  lines.push(style.dim(`${printable(now.vault)}: ${now.audit.entries} audit entries, ${verified}`));
  return lines.join('\n');
}

function rotationLines(view: RotationView, target: Target): string[] {
  const { style } = target;
  const step = view.step === null ? '' : STEP_TEXTS[view.step].title;
  const state = view.state === 'failed' ? style.error(view.state) : view.state;
  return [`  ${style.name(view.base)}  ${state}${step === '' ? '' : `: ${step}`}`, ...paragraph(view.next, 4, target)];
}
