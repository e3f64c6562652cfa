/**
 * What the vault keeps of how a step went, and of what a rotation waits for or failed at: facts alone. The words for a person are made when
 * they are shown (`rotation/fact-words.ts`, `rotation/needs-text.ts`).
 */

/** A registered route in one environment. */
export interface RouteAt {
  readonly path: string;
  readonly environment: string;
}

/** Files of the project, by weight: the first few, and how many more there are. */
export interface SomeFiles {
  readonly first: readonly { readonly path: string; readonly line: number }[];
  readonly more: number;
}

/** What a probe answered that is not as it should be. */
export interface ProbeFact extends RouteAt {
  /** Null for the project that the step was run in. */
  readonly project: string | null;
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  /** Why there was none: a code of the system, such as `ECONNREFUSED`. */
  readonly fault: string | null;
  /** Of a no to the old value: that the new one gets it as well. */
  readonly isNewToo?: boolean;
}

/** Somebody used a version, or was refused with one. */
export type Sighting =
  | { readonly of: 'refusal'; readonly environment: string; readonly source: string; readonly at: string }
  | {
      readonly of: 'use';
      readonly secret: string;
      readonly environment: string;
      readonly consumer: string;
      readonly actor: string;
      readonly at: string;
    }
  /** Seen by the source of the value; `source`: its kind. */
  | {
      readonly of: 'source-use';
      readonly secret: string;
      readonly environment: string;
      readonly source: string;
      readonly at: string;
    };

/** Uses of one consumer. */
export interface UseCount {
  readonly secret: string;
  readonly environment: string;
  readonly consumer: string;
  readonly count: number;
}

/** What could not be looked at. */
export interface Unseen {
  /** Files that hold the old value or ask for it, and that the rotation did not rewrite. */
  readonly holders: SomeFiles;
  /** Files too large to be searched. */
  readonly unsearched: readonly string[];
  /** There were more files than are searched. */
  readonly isCut: boolean;
  /** Environments of production that nothing here can ask. */
  readonly blind: readonly string[];
  /** Projects that can ask them. */
  readonly elsewhere: readonly string[];
}

/** Of an old value that is not dead: who lets it in. */
export type Alive =
  | ({ readonly of: 'probe' } & ProbeFact)
  | {
      readonly of: 'source';
      readonly source: string;
      readonly environment: string;
      readonly life: 'live' | 'dead';
    };

/** Why the rotation could not go on: a failure of the catalogue, in its first line, which holds nothing that a program printed. */
export interface Failure {
  readonly of: 'error';
  readonly code: string;
  readonly said: string;
}

/** How a step went; of one that waits, how it stands. */
export type StepFacts =
  | Failure
  /** Left out by a person, with the reason; or since there is nothing to do, or the old value has leaked. */
  | { readonly of: 'left-out'; readonly reason: string | null }
  | { readonly of: 'nothing'; readonly why: 'no-pre-production' | 'no-production' | 'no-time' | 'cut-off' }
  /** Paths; whether no registered file of production names it; files that are not routes. */
  | {
      readonly of: 'recorded';
      readonly routes: readonly string[];
      readonly isUnrouted: boolean;
      readonly left: SomeFiles;
    }
  | {
      readonly of: 'values';
      readonly made: number;
      /** Environments that kept theirs, and those whose value is made right before the update. */
      readonly kept: readonly string[];
      readonly deferred: readonly string[];
    }
  /** `environments`: none for a shared value. `isRevoked`: the old value was revoked first. */
  | {
      readonly of: 'stored';
      readonly names: readonly string[];
      readonly beside: readonly string[];
      readonly environments: readonly string[];
      readonly isRevoked: boolean;
    }
  | {
      readonly of: 'updated';
      readonly environments: readonly string[];
      readonly rewritten: number;
      readonly deployed: number;
    }
  | { readonly of: 'not-rewritten'; readonly environments: readonly string[]; readonly holders: SomeFiles }
  /** Numbers of routes; null where no file names it. */
  | { readonly of: 'tested'; readonly passed: number; readonly vouched: number; readonly kept: number }
  | { readonly of: 'untested' }
  | {
      readonly of: 'watched';
      readonly isOver: boolean;
      readonly passed: number;
      readonly blind: readonly string[];
      readonly elsewhere: readonly string[];
      /** Refused logins with the new version. */
      readonly refused: number;
      /** Of the old version. */
      readonly uses: readonly UseCount[];
      /** When this was seen. */
      readonly at: string;
    }
  | {
      readonly of: 'verified';
      /** `idle`: nothing was found. `quiet`: nothing for a window. `vouched`: a person finds it harmless. `busy`: it is waited for. */
      readonly as: 'idle' | 'quiet' | 'vouched' | 'busy';
      readonly found: readonly Sighting[];
      readonly passed: number;
      readonly unseen: Unseen;
    }
  | { readonly of: 'deleted'; readonly names: readonly string[] }
  | { readonly of: 'documented'; readonly file: string }
  | {
      readonly of: 'scheduled';
      readonly dates: readonly {
        readonly name: string;
        readonly due: string | null;
        /** Environments that kept their value, so that it is due as before. */
        readonly kept: readonly string[];
      }[];
    };

/** What is waited for, or what keeps the rotation from going on. */
export type Why =
  /** `isBlind`: nothing of production could be probed. `since`: ISO time, when production was moved. */
  | { readonly of: 'window'; readonly isBlind?: boolean; readonly since?: string }
  | { readonly of: 'quarantine' }
  | { readonly of: 'hours'; readonly between: string | null; readonly on: string | null }
  /** `since`: ISO time of the last use. */
  | { readonly of: 'quiet'; readonly found: readonly Sighting[]; readonly since?: string }
  | { readonly of: 'expiry'; readonly name: string; readonly environments: readonly string[] }
  | { readonly of: 'rollback'; readonly left: readonly Left[]; readonly projects: readonly string[] }
  /** New values; `isAllKept`: every environment kept its own. */
  | { readonly of: 'values'; readonly isAllKept: boolean }
  /** A yes to what is about to be done: files that are rewritten, commands that are run. */
  | { readonly of: 'apply'; readonly files: readonly string[]; readonly deploys: readonly RouteAt[] }
  /** A person's word: that these are deployed, that they work, that the documentation is up to date. */
  | { readonly of: 'deployed'; readonly routes: readonly RouteAt[] }
  | { readonly of: 'tried'; readonly routes: readonly RouteAt[] }
  | { readonly of: 'documentation'; readonly file: string }
  /** That the value of these was revoked where it was made. */
  | { readonly of: 'revoked'; readonly base: string; readonly names: readonly string[] }
  | { readonly of: 'projects'; readonly projects: readonly string[] }
  /** A timer may not do the step. */
  | { readonly of: 'person' }
  /** Probes that did not pass. `isBefore`: with the value that was about to be used, so that nothing was changed. */
  | { readonly of: 'probes'; readonly probes: readonly ProbeFact[]; readonly isBefore: boolean }
  /** The old value is not dead. `isRevoked`: although its source revoked it. `isIn`: it is accepted. */
  | {
      readonly of: 'alive';
      readonly alive: readonly Alive[];
      readonly isRevoked: boolean;
      readonly base: string;
      readonly name: string;
    }
  | {
      readonly of: 'refusals';
      readonly name: string;
      readonly count: number;
      readonly by: readonly { readonly source: string; readonly environment: string }[];
    }
  /** `hint`: what to do about it. */
  | (Failure & { readonly hint: string | null });

/** Something that could not go back. */
export interface Left {
  /** A registered path, or null for what is not a file. */
  readonly path: string | null;
  readonly environments: readonly string[];
  /** Why not, in one line. */
  readonly said: string;
}
