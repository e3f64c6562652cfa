/** `knox schedule`: what is due when, for a person, a program or a calendar. Needs no key. */
import type { Run } from '../../command-line/command.ts';
import { cannotCombine } from '../../errors.ts';
import type { Moments } from '../../domain/moments.ts';
import { relativeTime } from '../../domain/time.ts';
import type { Cell, TableContent } from '../../terminal/table.ts';
import { listSecrets } from '../../vault/secrets/describe-secret.ts';
import { servedNames } from '../../vault/secrets/served.ts';
import type { ListedSecret } from '../../vault/secrets/describe-secret.ts';
import { warnOfUnverified } from '../common/not-given.ts';
import type { Schedule } from './declared.ts';

interface Planned {
  readonly secret: string;
  readonly kind: string;
  readonly dueAt: string | null;
  readonly expiresAt: string | null;
  readonly overdue: boolean;
  /** Id of the rotation under way. */
  readonly rotation: string | null;
}

export const schedule: Run<Schedule> = async (context, { ics }) => {
  if (ics && context.isJson) throw cannotCombine('--ics', '--json');
  const vault = await context.vault('look');
  const { secrets, revision } = await vault.look(async (view) => {
    await warnOfUnverified(context, view);
    return { secrets: firstDue(await listSecrets(view), await servedNames(view)), revision: view.head.seq };
  });
  const now = vault.now();
  const bases = new Map(secrets.map(({ name, base }) => [name, base]));
  const planned = secrets.map((secret) => plannedOf(secret, now)).toSorted(byDate);
  if (ics) {
    const { calendar } = await import('../../output/calendar.ts');
    const days = planned.flatMap((one) => daysOf(one, bases.get(one.secret)!, vault.manifest.vault));
    return { bytes: Buffer.from(calendar('knox: secrets to rotate', days, revision, now)) };
  }
  if (planned.length === 0) context.say('There is no secret here yet. Store one: knox add NAME -e ENV');
  return {
    json: planned,
    table:
      context.io.stdout.isTTY === true ? tableOf(planned, now, context.moments(context.io.stdout)) : rowsOf(planned),
  };
};

/** Of each lineage the version in use that comes up first: while a rotation moves one environment after the other, two may be in use. */
function firstDue(secrets: readonly ListedSecret[], served: ReadonlySet<string>): ListedSecret[] {
  const found = new Map<string, ListedSecret>();
  for (const secret of secrets) {
    if (secret.state !== 'live' || !served.has(secret.name)) continue;
    const known = found.get(secret.base);
    if (known === undefined || firstOf(secret) < firstOf(known)) found.set(secret.base, secret);
  }
  return [...found.values()];
}

function plannedOf({ name, kind, dueAt, expiresAt, rotation }: ListedSecret, now: Date): Planned {
  return {
    secret: name,
    kind,
    dueAt,
    expiresAt,
    overdue: dueAt !== null && dueAt <= now.toISOString(),
    rotation,
  };
}

/** What comes first is first; what has no date is last. */
function byDate(left: Planned, right: Planned): number {
  const [one, other] = [firstOf(left), firstOf(right)];
  if (one === other) return left.secret < right.secret ? -1 : 1;
  return one < other ? -1 : 1;
}

function firstOf({ dueAt, expiresAt }: Pick<Planned, 'dueAt' | 'expiresAt'>): string {
  return [dueAt, expiresAt].filter((at) => at !== null).toSorted()[0] ?? '~';
}

/** Named by vault, secret without its version, and what happens: the next due date is the same event at another time. */
function daysOf({ secret, dueAt, expiresAt, rotation }: Planned, base: string, vault: string) {
  const uid = (what: string) => `${base}-${what}-${vault}@knox`;
  const text = rotation === null ? `knox rotate ${base}` : `A rotation is in progress: knox rotate ${base}`;
  return [
    ...(dueAt === null ? [] : [{ uid: uid('due'), at: dueAt, title: `Rotate ${secret}`, text }]),
    ...(expiresAt === null ? [] : [{ uid: uid('expires'), at: expiresAt, title: `${secret} expires`, text }]),
  ];
}

function rowsOf(planned: readonly Planned[]): TableContent {
  return {
    head: [],
    rows: planned.map(({ secret, kind, dueAt, expiresAt, overdue, rotation }) => [
      secret,
      kind,
      dueAt ?? 'no schedule',
      expiresAt ?? '',
      overdue ? 'overdue' : '',
      rotation === null ? '' : 'under way',
    ]),
  };
}

function tableOf(planned: readonly Planned[], now: Date, moments: Moments): TableContent {
  return {
    head: ['Secret', 'Kind', 'Due', 'Expires', 'Rotation'],
    least: [1],
    rows: planned.map(({ secret, kind, dueAt, expiresAt, overdue, rotation }) => [
      { text: secret, tone: 'name' },
      kind,
      dueAt === null
        ? { text: 'no schedule', tone: 'dim' }
        : dated(`${moments.day(dueAt)}, ${relativeTime(dueAt, now)}`, overdue),
      expiresAt === null ? '' : relativeTime(expiresAt, now),
      rotation === null ? '' : 'under way',
    ]),
  };
}

function dated(text: string, isOver: boolean): Cell {
  return isOver ? { text: `overdue, ${text}`, tone: 'error' } : text;
}
