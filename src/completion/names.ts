/** What may stand somewhere, and where the names of a vault come from. */
export interface Candidate {
  readonly text: string;
  readonly about: string;
}

/** Names of the vault at hand, empty where there is none. */
export interface Names {
  readonly secrets: () => Promise<readonly Candidate[]>;
  readonly environments: () => Promise<readonly Candidate[]>;
  readonly routes: () => Promise<readonly Candidate[]>;
  /** Bases of secrets that are being rotated. */
  readonly rotations: () => Promise<readonly Candidate[]>;
}
