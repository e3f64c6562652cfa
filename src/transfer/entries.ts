/** What a file of names and values holds, as its reader found it. */
/** Holds a value: never logged. */
export interface ReadEntry {
  readonly name: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
  /** Single quotes said that nothing is to be put in for `$NAME`. */
  readonly isLiteral?: boolean;
}
export interface ReadProblem {
  readonly line: number;
  readonly message: string;
}
