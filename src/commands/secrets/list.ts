/** `knox list`: the secrets by name; with --env, what resolves there, shared ones too. */
import type { Run } from '../../command-line/command.ts';
import { relativeTime } from '../../domain/time.ts';
import { ageBar } from '../../terminal/age-bar.ts';
import type { Style } from '../../terminal/style.ts';
import type { Cell, TableContent } from '../../terminal/table.ts';
import { environmentNames } from '../../vault/documents/manifest.ts';
import { listSecrets } from '../../vault/secrets/describe-secret.ts';
import type { ListedSecret } from '../../vault/secrets/describe-secret.ts';
import { warnOfUnverified } from '../common/not-given.ts';
import type { List } from './declared.ts';

export const list: Run<List> = async (context, { env: environment }) => {
  const vault = await context.vault('look');
  const secrets = await vault.look(async (view) => {
    if (environment !== null) view.requireEnvironment(environment);
    await warnOfUnverified(context, view);
    return listSecrets(view, environment ?? undefined);
  });
  if (secrets.length === 0) context.say('No secrets yet. Add one: knox add NAME -e ENV');
  const isTerminal = context.io.stdout.isTTY === true;
  return {
    json: secrets,
    table: isTerminal
      ? tableOf(secrets, environmentNames(vault.manifest).length, vault.now(), await context.style(context.io.stdout))
      : rowsOf(secrets),
  };
};

function where({ scope, environments }: ListedSecret): string {
  return scope === 'shared' ? 'shared' : environments.join(',');
}

/** For a program: exact times, nothing left out. */
function rowsOf(secrets: readonly ListedSecret[]): TableContent {
  return {
    head: [],
    rows: secrets.map((secret) => [
      secret.name,
      secret.kind,
      where(secret),
      secret.lastUsedAt ?? 'never used',
      secret.dueAt ?? 'no schedule',
      secret.state,
    ]),
  };
}

/** @param all how many environments there are */
function tableOf(secrets: readonly ListedSecret[], all: number, now: Date, style: Style): TableContent {
  return {
    head: ['Name', 'Kind', 'Where', 'Last used', 'Due'],
    names: [2],
    least: [1, 3],
    rows: secrets.map((secret) => [
      secret.state === 'withdrawn'
        ? { text: `${secret.name} (withdrawn)`, tone: 'dim' }
        : { text: secret.name, tone: 'name' },
      secret.kind,
      secret.environments.length === all && all > 1 ? 'all environments' : where(secret).replaceAll(',', ', '),
      secret.lastUsedAt === null ? { text: 'never', tone: 'dim' } : relativeTime(secret.lastUsedAt, now),
      dueCell(secret, now, style),
    ]),
  };
}

function dueCell({ createdAt, dueAt, rotation }: ListedSecret, now: Date, style: Style): Cell {
  const isOver = dueAt !== null && Date.parse(dueAt) <= now.getTime();
  if (rotation !== null)
    return isOver ? { text: 'overdue, being rotated', tone: 'error' } : { text: 'being rotated', tone: 'warn' };
  if (dueAt === null) return { text: 'no schedule', tone: 'dim' };
  const bar = ageBar(createdAt, dueAt, now, style);
  const when = relativeTime(dueAt, now);
  if (isOver) return { text: `${bar} overdue, ${when}`.trim(), tone: 'error' };
  return `${bar} ${when}`.trim();
}
