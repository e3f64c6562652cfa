/** Something found at a place, for the formats that other tools read: SARIF, and annotations of GitHub. */
export interface Located {
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  /** What to do, a command to type where there is one. */
  readonly hint: string;
  /** Relative to the root, with `/`; null where it is about no file. */
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
  readonly column: number | null;
}
