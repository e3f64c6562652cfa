/**
 * The report for a spreadsheet: RFC 4180, one row for each secret with what is said of it as a whole, then one for each of its rotations.
 * A cell that a spreadsheet would take for a formula begins with an apostrophe.
 */
import { printableLines } from '../domain/printable.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import type { Evidence, Exception, Incident, RotationEvidence, SecretEvidence } from './types.ts';
import { exceptionText } from './words.ts';

const STEPS = Object.keys(STEP_TEXTS) as StepId[];

type Cell = string | number | boolean | null | undefined;

const COLUMNS = [
  'row',
  'secret',
  'base',
  'owner',
  'kind',
  'interval_seconds',
  'state',
  'created_at',
  'on_time',
  'due_at',
  'rotation',
  'from',
  'to',
  'rotation_state',
  'started_at',
  'started_by',
  'started_entry',
  'rotated_at',
  'late_seconds',
  'ended_at',
  'ended_entry',
  'proof',
  'proof_text',
  'proof_at',
  'proof_entry',
  'proof_environments',
  'incident',
  'incident_reported_at',
  'incident_reported_by',
  'incident_reported_entry',
  'incident_revoked_at',
  'incident_revoked_entry',
  'incident_seconds',
  'exceptions',
  'exception_entries',
  ...STEPS.flatMap((id) => {
    const name = id.replaceAll('-', '_');
    return [name, `${name}_at`, `${name}_by`, `${name}_entry`];
  }),
] as const;

/** With a final line end; `\r\n` after each row, as the format has it. */
export function csvText({ secrets }: Evidence): string {
  const rows: Record<string, Cell>[] = secrets.flatMap((secret) => [
    secretRow(secret),
    ...secret.rotations.map((rotation) => rotationRow(secret, rotation)),
  ]);
  const lines = rows.map((row) => COLUMNS.map((column) => cellText(row[column])).join(','));
  return [COLUMNS.join(','), ...lines, ''].join('\r\n');
}

function secretRow(secret: SecretEvidence): Record<string, Cell> {
  const [created] = secret.versions.filter(({ name }) => name === secret.name).map(({ entries }) => entries.created);
  return {
    row: 'secret',
    ...nameCells(secret),
    state: secret.state,
    created_at: secret.createdAt,
    on_time: secret.onTime,
    due_at: secret.dueAt,
    started_entry: created,
    ...exceptionCells(secret.exceptions.filter(({ rotation }) => rotation === null)),
  };
}

function rotationRow(secret: SecretEvidence, rotation: RotationEvidence): Record<string, Cell> {
  const { entries, proof, steps } = rotation;
  const own = rotation.secrets.find(({ base }) => base === secret.base) ?? rotation;
  const done = steps.flatMap(({ id, state, at, by }) => {
    const name = id.replaceAll('-', '_');
    return [
      [name, state],
      [`${name}_at`, at],
      [`${name}_by`, by],
      [`${name}_entry`, entries.steps[id]],
    ] as const;
  });
  return {
    row: 'rotation',
    ...nameCells(secret),
    on_time: rotation.onTime,
    due_at: rotation.dueAt,
    rotation: rotation.id,
    from: own.from,
    to: own.to,
    rotation_state: rotation.state,
    started_at: rotation.startedAt,
    started_by: rotation.startedBy,
    started_entry: entries.started,
    rotated_at: rotation.rotatedAt,
    late_seconds: rotation.lateBy,
    ended_at: rotation.endedAt,
    ended_entry: entries.ended,
    proof: proof?.kind,
    proof_text: proof?.text,
    proof_at: proof?.at,
    proof_entry: proof?.entry,
    proof_environments: proof?.environments.map(({ environment, kind }) => `${environment}=${kind}`).join(' '),
    ...incidentCells(secret.incidents.find((incident) => incident.rotation === rotation.id)),
    ...exceptionCells(secret.exceptions.filter((exception) => exception.rotation === rotation.id)),
    ...Object.fromEntries(done),
  };
}

function nameCells({ name, base, owner, kind, every }: SecretEvidence): Record<string, Cell> {
  return { secret: name, base, owner, kind, interval_seconds: every };
}

function incidentCells(incident: Incident | undefined): Record<string, Cell> {
  return {
    incident: incident?.reason,
    incident_reported_at: incident?.startedAt,
    incident_reported_by: incident?.startedBy,
    incident_reported_entry: incident?.entries.reported,
    incident_revoked_at: incident?.revokedAt,
    incident_revoked_entry: incident?.entries.revoked,
    incident_seconds: incident?.seconds,
  };
}

function exceptionCells(exceptions: readonly Exception[]): Record<string, Cell> {
  const said = exceptions.map((one) => `${exceptionText(one)} by ${one.by} at ${one.at}: ${one.reason ?? 'no reason'}`);
  return {
    exceptions: said.join('\n'),
    exception_entries: exceptions.flatMap(({ entries }) => entries).join(' '),
  };
}

/** A number is none of a formula's beginnings: knox has no negative ones here. */
function cellText(value: Cell): string {
  if (value === null || value === undefined) return '';
  // A terminal would act on what a note or a reason may hold.
  const text = printableLines(String(value));
  const safe = typeof value === 'string' && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
