/** `knox show`: all about one secret, but its value. */
import type { Handler } from '../declarations/command-spec.ts';
import { formatDuration } from '../domain/duration.ts';
import { intervalOf } from '../domain/kinds.ts';
import { printable } from '../domain/printable.ts';
import { requireSecretName } from '../domain/secret-name.ts';
import { relativeTime } from '../domain/time.ts';
import type { Target } from '../output/view.ts';
import { showSecret } from '../vault/describe-secret.ts';
import type { ShownSecret } from '../vault/describe-secret.ts';
import { requireSecret } from '../vault/find-secret.ts';
import { askSecret } from './ask-name.ts';

export const show: Handler = async (context, args) => {
  const name = await askSecret(context, args[0], 'knox show NAME');
  requireSecretName(name);
  const vault = await context.vault('look');
  const secret = await vault.look(async (view) => showSecret(view, await requireSecret(view, name)));
  return { json: secret, draw: (target) => page(secret, target, vault.now()) };
};

/** Label and text, one a line; the same in a pipe, without colour. */
function page(secret: ShownSecret, { style }: Target, now: Date): string {
  const when = (time: string | null, never: string) => (time === null ? never : `${relativeTime(time, now)} (${time})`);
  const row = (label: string, text: string) => `  ${label.padEnd(12)}${printable(text)}`;
  const lines = [
    `${style.heading(secret.name)}${secret.state === 'live' ? '' : style.warn(`  ${secret.state}`)}`,
    row('kind', `${secret.kind}, ${everyOf(secret)}`),
    row('lineage', `${secret.base}, version ${secret.version}`),
    row('created', when(secret.createdAt, '')),
    row('last used', when(secret.lastUsedAt, 'never')),
    row('due', when(secret.dueAt, 'no schedule')),
  ];
  if (secret.expiresAt !== null) lines.push(row('expires', when(secret.expiresAt, '')));
  if (secret.owner !== null) lines.push(row('owner', secret.owner));
  if (secret.note !== null) lines.push(row('note', secret.note));
  lines.push('', style.heading('Values'));
  for (const { environment, createdAt, lastUsedAt } of secret.values) {
    const used = lastUsedAt === null ? 'never used' : `used ${relativeTime(lastUsedAt, now)}`;
    const on = environment === null ? '' : onOf(secret, environment);
    lines.push(row(environment ?? 'shared', `stored ${relativeTime(createdAt, now)}, ${used}${on}`));
  }
  if (secret.values.length === 0) lines.push(style.dim('  none'));
  lines.push('', style.heading('Routes'));
  for (const path of secret.routePaths) lines.push(`  ${style.path(printable(path))}`);
  if (secret.routePaths.length === 0) lines.push(style.dim('  no registered file names it'));
  if (secret.versions.length > 1) {
    lines.push('', style.heading('Versions'));
    for (const { name, state, createdAt, deletedAt } of secret.versions)
      lines.push(row(state, `${name}, ${deletedAt === null ? `since ${createdAt}` : `deleted ${deletedAt}`}`));
  }
  return [...lines, ...nextStep(secret, style, now)].join('\n');
}

function everyOf({ kind, every }: ShownSecret): string {
  const interval = intervalOf({ kind, every: every === 0 ? 'never' : every });
  return interval === null ? 'no schedule' : `every ${formatDuration(interval)}`;
}

/** Said where an environment is on another version than this one. */
function onOf({ name, current }: ShownSecret, environment: string): string {
  const on = current[environment];
  return on === undefined || on === name ? '' : `; now on ${on}`;
}

function nextStep({ base, dueAt, rotation }: ShownSecret, style: Target['style'], now: Date): string[] {
  if (rotation !== null) return ['', `A rotation is under way: ${style.command(`knox rotate ${base} --status`)}`];
  if (dueAt === null || Date.parse(dueAt) > now.getTime()) return [];
  return ['', `It is overdue: ${style.command(`knox rotate ${base}`)}`];
}
