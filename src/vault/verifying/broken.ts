/** Ends a verification at the first thing that is wrong. */
export class Broken extends Error {
  /** Number of the audit entry that is wrong, or that says otherwise. */
  readonly at: number;

  /** @param reason a sentence */
  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}
