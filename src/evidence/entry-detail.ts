/** What an entry says of itself beside its action, as far as the report goes by it. Any holder of a key can have written it: what is not as knox writes it is left out. */
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { StepId } from '../domain/step-texts.ts';
import { isKind } from '../domain/kinds.ts';
import type { Needs } from '../domain/rotation-record.ts';
import type { StepFacts } from '../domain/step-facts.ts';
import { isTime } from '../vault/records/codec.ts';
import { readStepFacts } from '../vault/records/step-facts.ts';

/** Settings of a secret, by their names. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Detail {
  readonly rotation: string | null;
  readonly step: StepId | null;
  readonly state: string | null;
  readonly facts: StepFacts | null;
  /** Of a rotation that waits: for what, and until when. */
  readonly needs: Needs['kind'] | null;
  readonly until: string | null;
  readonly environments: readonly string[];
  readonly reason: string | null;
  readonly forced: readonly string[];
  readonly from: Settings | null;
  readonly to: Settings | null;
  /** Names of secrets that were used, and of those that were deleted. */
  readonly used: readonly string[];
  readonly deleted: readonly string[];
  /** Of a word that a person gave for files. */
  readonly files: readonly { readonly path: string; readonly line: number }[];
}

type Unknown = Readonly<Record<string, unknown>>;

const NEEDS: readonly unknown[] = ['time', 'confirm', 'values', 'fix', 'project'] satisfies Needs['kind'][];

export function readDetail(detail: Unknown | null): Detail {
  const { rotation, step, state, facts, needs, until, environments, reason, forced, from, to, uses, deleted, files } =
    detail ?? {};
  return {
    rotation: textOf(rotation),
    step: typeof step === 'string' && Object.hasOwn(STEP_TEXTS, step) ? (step as StepId) : null,
    state: textOf(state),
    facts: readStepFacts(facts),
    needs: NEEDS.includes(needs) ? (needs as Needs['kind']) : null,
    until: isTime(until) ? until : null,
    environments: textsOf(environments),
    reason: textOf(reason),
    forced: textsOf(forced),
    from: settingsOf(from),
    to: settingsOf(to),
    used: textsOf(listOf(uses).map((use) => recordOf(use)['secret'])),
    deleted: textsOf(deleted),
    files: listOf(files).flatMap((file) => {
      const { path, line } = recordOf(file);
      return typeof path === 'string' && Number.isSafeInteger(line) ? [{ path, line: line as number }] : [];
    }),
  };
}

function recordOf(value: unknown): Unknown {
  return typeof value === 'object' && value !== null ? (value as Unknown) : {};
}
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
function textsOf(value: unknown): string[] {
  return listOf(value).filter((one) => typeof one === 'string');
}

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
const SETTINGS: Readonly<Record<string, (value: unknown) => boolean>> = {
  kind: (value) => typeof value === 'string' && isKind(value),
  every: (value) => value === null || (Number.isFinite(value) && (value as number) >= 0 && (value as number) < 1e10),
  expiresAt: (value) => value === null || isTime(value),
  owner: isTextOrNull,
  note: isTextOrNull,
  expectUnused: (value) => typeof value === 'boolean',
};

/** Null where it tells of none. */
function settingsOf(value: unknown): Settings | null {
  if (typeof value !== 'object' || value === null) return null;
  const own = Object.entries(value).filter(([key, one]) => SETTINGS[key]?.(one) === true);
  return Object.fromEntries(own);
}
