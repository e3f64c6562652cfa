/** `knox show`: all about one secret, but its value. */
import type { Run } from '../../command-line/command.ts';
import { formatDuration } from '../../domain/duration.ts';
import { printable } from '../../domain/printable.ts';
import { requireSecretName } from '../../domain/secret-name.ts';
import { relativeTime } from '../../domain/time.ts';
import type { Target } from '../../output/view.ts';
import { ageBar } from '../../terminal/age-bar.ts';
import { paragraph } from '../../terminal/walk-view.ts';
import { showSecret } from '../../vault/secrets/describe-secret.ts';
import type { ShownSecret } from '../../vault/secrets/describe-secret.ts';
import { requireSecret } from '../../vault/secrets/find-secret.ts';
import { askSecret } from '../common/ask-name.ts';
import { warnOfUnverified } from '../common/not-given.ts';
import type { Show } from './declared.ts';

const NARROWEST_LABEL = 10;

export const show: Run<Show> = async (context, given) => {
  const name = await askSecret(context, given.name, 'knox show NAME');
  requireSecretName(name);
  const vault = await context.vault('look');
  const secret = await vault.look(async (view) => {
    await requireSecret(view, name);
    await warnOfUnverified(context, view);
    return showSecret(view, name);
  });
  return { json: secret, draw: (target) => page(secret, target, vault.now()) };
};

/** Label and text, one a line; times are relative on a terminal and exact in a pipe. */
function page(secret: ShownSecret, target: Target, now: Date): string {
  const { style, isTerminal, moments } = target;
  const when = (time: string) => (isTerminal ? relativeTime(time, now) : time);
  const both = (time: string | null, never: string) =>
    time === null ? never : isTerminal ? `${relativeTime(time, now)} (${moments.at(time)})` : time;
  const places = secret.values.map(({ environment }) => environment?.length ?? 0);
  const width = Math.max(NARROWEST_LABEL, ...places);
  const row = (label: string, text: string) => labelled(label.padEnd(width), text, target);
  const dueText = ({ createdAt, dueAt }: ShownSecret) =>
    [isTerminal ? ageBar(createdAt, dueAt, now, style) : '', both(dueAt, 'no schedule')]
      .filter((part) => part !== '')
      .join(' ');
  const lines = [
    `${style.heading(secret.name)}${secret.state === 'live' ? '' : style.warn(`  ${secret.state}`)}`,
    ...row('kind', `${secret.kind}, ${everyOf(secret)}`),
    ...row('lineage', `${secret.base}, version ${secret.version}`),
    ...row('created', both(secret.createdAt, '')),
    ...row('last used', `${both(secret.lastUsedAt, 'never')}${secret.expectUnused ? '; expected to be unused' : ''}`),
    ...row('due', dueText(secret)),
  ];
  if (secret.expiresAt !== null) lines.push(...row('expires', both(secret.expiresAt, '')));
  if (secret.owner !== null) lines.push(...row('owner', secret.owner));
  if (secret.note !== null) lines.push(...row('note', secret.note));
  lines.push('', style.heading('Values'));
  for (const { environment, createdAt, lastUsedAt } of secret.values) {
    const used = lastUsedAt === null ? 'never used' : `used ${when(lastUsedAt)}`;
    const on = environment === null ? '' : onOf(secret, environment);
    lines.push(...row(environment ?? 'shared', `stored ${when(createdAt)}, ${used}${on}`));
  }
  if (secret.values.length === 0) lines.push(style.dim('  none'));
  lines.push('', style.heading('Routes'));
  for (const path of secret.routePaths) lines.push(`  ${style.path(printable(path))}`);
  if (secret.routePaths.length === 0) lines.push(style.dim('  no registered file names it'));
  if (secret.versions.length > 1) {
    lines.push('', style.heading('Versions'));
    for (const { name, state, createdAt, deletedAt } of secret.versions)
      lines.push(
        ...row(state, `${name}, ${deletedAt === null ? `made ${when(createdAt)}` : `deleted ${when(deletedAt)}`}`),
      );
  }
  return [...lines, ...nextStep(secret, style, now)].join('\n');
}

/** On a terminal, long text goes on under itself; in a pipe it is one line. */
function labelled(label: string, text: string, target: Target): string[] {
  const begin = `  ${printable(label)}  `;
  if (!target.isTerminal) return [begin + printable(text)];
  const [first = '', ...rest] = paragraph(text, begin.length, target);
  return [begin + first.trimStart(), ...rest];
}

function everyOf({ every }: ShownSecret): string {
  return every === null ? 'no schedule' : `every ${formatDuration(every)}`;
}

/** Said where an environment is on another version than this one. */
function onOf({ name, current }: ShownSecret, environment: string): string {
  const on = current[environment];
  return on === undefined || on === name ? '' : `; now on ${on}`;
}

function nextStep({ base, dueAt, rotation }: ShownSecret, style: Target['style'], now: Date): string[] {
  const isOver = dueAt !== null && Date.parse(dueAt) <= now.getTime();
  if (rotation !== null)
    return [
      '',
      `${isOver ? 'It is overdue, and a' : 'A'} rotation is in progress: ${style.command(`knox rotate ${base} --status`)}`,
    ];
  return isOver ? ['', `It is overdue: ${style.command(`knox rotate ${base}`)}`] : [];
}
