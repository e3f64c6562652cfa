/**
 * A rotation's own row lies under the vault key, which every key of the vault has; each environment's record of it lies under that
 * environment's key. What the row says of steps, times and names counts only where the records say the same: somebody who was not given
 * production can not have a step there taken as done, a window shortened, or a file rewritten to another name.
 */
import type { StepId } from '../domain/step-texts.ts';
import { errors } from '../errors.ts';
import type { Row } from '../store/tables.ts';
import type { RotationRows } from './rotation.ts';
import type { StepRecord } from './types.ts';

/** What a rotation goes by: its times, where its values come from, whether a timer may do all of it, whether it is being taken back. */
export type Terms = Pick<Row<'rotation'>, 'window' | 'quarantine' | 'source' | 'is_unattended' | 'options'>;

/** As a record keeps them. */
export function termsOf({ window, quarantine, source, is_unattended, options }: Terms): string {
  return JSON.stringify({ window, quarantine, source, is_unattended, options });
}

/** The ids of the steps that are done or skipped, as a record keeps them. */
export function doneSteps(steps: readonly StepRecord[]): string {
  return JSON.stringify(steps.filter(({ state }) => state !== 'todo').map(({ id }): StepId => id));
}

/** @param hasKey whether an environment's records are verified @throws vault_damaged */
export function requireAgreement(rows: RotationRows, hasKey: (environment: string) => boolean): void {
  const steps = doneSteps(JSON.parse(rows.row.steps) as StepRecord[]);
  const terms = termsOf(rows.row);
  for (const record of rows.environments.filter(({ environment }) => hasKey(environment))) {
    const secret = rows.secrets.find(({ lineage }) => lineage === record.lineage);
    const isSame =
      secret !== undefined &&
      record.from_secret === secret.from_secret &&
      record.from_name === secret.from_name &&
      record.to_secret === secret.to_secret &&
      record.to_name === secret.to_name &&
      record.steps === steps &&
      record.terms === terms;
    if (isSame) continue;
    throw errors.vault_damaged(
      `the rotation's row and its record for ${record.environment} do not say the same: one of them was changed`,
      'find out more: knox audit verify',
    );
  }
}
