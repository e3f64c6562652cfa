/** The words of a rotation: its states, what a step answers, and what the machine may ask of whoever runs it. */
import type { WarningCode } from '../domain/reference/warnings.ts';
import type { Guards } from '../domain/guards.ts';
import type { Hunk } from '../domain/diff.ts';
import type { Moments } from '../domain/moments.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import type { Needs } from '../domain/rotation-record.ts';
import type { StepFacts, Why } from '../domain/step-facts.ts';
import type { SettingName } from '../domain/settings.ts';
import type { StepId } from '../domain/step-texts.ts';
import type { KnoxError } from '../errors.ts';
import type { RunningCommand } from '../files/running-commands.ts';
import type { RouteServices } from '../routes/probe.ts';
import type { Vault } from '../vault/opening/vault.ts';
import type { Rotation } from './rotation.ts';

/** What a look at production found, as the audit log keeps it. */
export interface Seen {
  readonly passed: number;
  readonly failed: number;
}

/** What became of a step. `seen` goes into the audit entry, where there is something to tell. */
export type Outcome = { readonly seen?: Seen } & Ending;

type Ending =
  /** `isDoubtful`: done, and yet a person should look. */
  | { readonly kind: 'done'; readonly facts: StepFacts; readonly isDoubtful?: boolean }
  | { readonly kind: 'skipped'; readonly facts: StepFacts }
  /** `facts`: how it stands meanwhile. */
  | { readonly kind: 'waits'; readonly needs: Omit<Needs, 'step'>; readonly facts?: StepFacts }
  /** Something went wrong that a person has to look at; the old version still serves. `why` says what to do. */
  | {
      readonly kind: 'failed';
      readonly error: KnoxError;
      readonly why: Why;
      /** Where it failed, as far as that is known. */
      readonly environments?: readonly string[];
    };

/** How a run ended. */
export type Stop =
  | { readonly kind: 'done' }
  /** `--until` was reached. */
  | { readonly kind: 'until'; readonly step: StepId }
  | { readonly kind: 'waits'; readonly needs: Needs }
  | { readonly kind: 'failed'; readonly error: KnoxError };

/** One step: a file of its own under `steps/`, listed in `steps.ts`. */
export interface Step {
  readonly id: StepId;
  /** Kept to the hours that the vault or the rotation has for that. */
  readonly changesProduction?: true;
  /** Does what is left of it. Whatever was done before a crash is seen by what is stored and what is on disk, and not done again. */
  readonly run: (work: Work) => Promise<Outcome>;
}

/** One file that a step is about to rewrite. */
export interface FileChange {
  readonly path: string;
  readonly environments: readonly string[];
  readonly hunks: readonly Hunk[];
}

/** A deploy command that a step is about to run. */
export interface Deploy {
  readonly path: string;
  readonly environment: string;
  readonly command: string;
}

/** A file of the project that a rotation may take in. */
export interface FileOffer {
  readonly path: string;
  readonly line: number;
  /** The placeholder that would stand in the place of the value; null where one stands there. */
  readonly placeholder: string | null;
  /** Environments that it may be for. */
  readonly environments: readonly string[];
}

/** A new value that is asked for. */
export interface ValueRequest {
  readonly secret: string;
  /** The new version's name. */
  readonly to: string;
  /** An environment, or `shared`. */
  readonly environment: string;
  readonly isProduction: boolean;
  /** What the present value looks like, without a part of it; null where nothing was recognised. */
  readonly present: string | null;
  readonly canKeep: boolean;
  /** Whether random text could be one: not where the present value is a provider's key. */
  readonly canGenerate: boolean;
}

/** A question whose answer only a person knows. */
export interface Vouch {
  readonly step: StepId;
  readonly question: string;
  /** Lines above the question: what to look at, where to go. */
  readonly lines: readonly string[];
  /** What is needed, where it is something else than a person's word for what knox cannot see. */
  readonly needs?: string;
}

/**
 * Whoever leads through the rotation: a walk on a terminal, or a script without anybody to ask. What the machine tells is
 * for a person and never data; an answer of null says that nobody can be asked.
 */
export interface Guide {
  /** Whether somebody sits there who can be asked. */
  readonly canAsk: boolean;
  /** What is to be seen first, such as that a value has leaked. */
  opens(text: string): void;
  stepBegins(rotation: Rotation, step: StepId): void;
  stepEnds(rotation: Rotation, step: StepId, outcome: Outcome): void;
  note(text: string): void;
  warn(code: WarningCode, text: string): void;
  /** Shows the diffs, and answers whether to write them and to run the deploy commands of `deploys`; --yes is an answer. */
  confirmUpdate(step: StepId, changes: readonly FileChange[], deploys: readonly Deploy[]): Promise<boolean | null>;
  /** A file that holds the value, or a placeholder of it, and is not a route: the environment to take it in for, null to leave it. */
  takeIn(offer: FileOffer): Promise<string | null>;
  newValue(
    request: ValueRequest,
  ): Promise<{ readonly value: Plaintext; readonly isGenerated: boolean } | 'keep' | null>;
  vouch(question: Vouch): Promise<boolean | null>;
  /** What to do about a step that failed; whoever cannot be asked leaves it there. */
  afterFailure(error: KnoxError, canRollBack: boolean): Promise<'again' | 'rollback' | 'leave'>;
}

/** What the command line answered beforehand. */
export interface Answers {
  /** By base name, then by environment (or `shared`). */
  readonly values: ReadonlyMap<
    string,
    ReadonlyMap<string, { readonly value: Plaintext; readonly from: 'file' | 'stdin' }>
  >;
  /** Length in characters, or null. */
  readonly generate: number | null;
  readonly keep: ReadonlySet<string>;
  readonly confirm: ReadonlySet<StepId>;
  readonly skip: StepId | null;
  readonly until: StepId | null;
  readonly isYes: boolean;
  readonly guards: Guards;
}

/** Where a rotation runs. */
export interface Surroundings {
  readonly vault: Vault;
  /** The folder that paths of routes are relative to. */
  readonly root: string;
  readonly project: string;
  readonly services: RouteServices;
  /** Commands that `knox run` started on this machine and that have not ended. */
  readonly running: () => readonly RunningCommand[];
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** How what is told of it writes times. */
  readonly moments: Moments;
}

/** One run of a rotation. */
export interface Work extends Surroundings {
  readonly rotation: Rotation;
  readonly settings: ReadonlyMap<SettingName, string>;
  readonly guide: Guide;
  readonly answers: Answers;
}
