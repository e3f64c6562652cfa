/** Problems of placeholders, each with its place: all of them in one error, with what to type about each. */
import { printable } from '../domain/printable.ts';
import { errors, exitOf } from '../errors.ts';
import type { ErrorCode, KnoxError } from '../errors.ts';

export interface PlacedProblem {
  readonly code: ErrorCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to type about it. */
  readonly hints?: readonly string[];
}

/** The order in which an exit status wins where several problems occurred. */
const GRAVEST_FIRST = [8, 4, 2, 7, 5];

/** One line of an error that lists several. */
export interface ListedProblem {
  readonly code: ErrorCode;
  /** Such as `FILE:LINE:COLUMN`. */
  readonly where: string;
  readonly message: string;
  readonly hints?: readonly string[];
}

/** One error for all problems. @param undone what was not done because of them, such as `nothing was written` */
export function problemsError(problems: readonly PlacedProblem[], environment: string, undone = ''): KnoxError {
  return listedError(problems.map(listed), ...leftUndone(problems, undone, environment));
}

/** What an error says of itself, for a list of several. */
export function told({ code, message, hints }: KnoxError): Pick<PlacedProblem, 'code' | 'message' | 'hints'> {
  return { code, message, hints };
}

/** More hints than these help nobody. */
const MOST_HINTS = 5;

/** The hints of such an error: those of its problems, what was not done, and where a name or a value is missing, what there is. */
export function leftUndone(
  problems: readonly { readonly code: ErrorCode; readonly hints?: readonly string[] }[],
  undone: string,
  environment: string,
): string[] {
  const own = [...new Set(problems.flatMap(({ hints }) => hints ?? []))].slice(0, MOST_HINTS);
  const isMissing = problems.some(({ code }) => exitOf(code) === 5);
  const parts = [undone, isMissing ? `list secrets: knox list --env ${environment}` : ''].filter((part) => part !== '');
  return parts.length === 0 ? own : [...own, parts.join('; ')];
}

export function listed({ file, line, column, ...problem }: PlacedProblem): ListedProblem {
  return { ...problem, where: `${printable(file)}:${line}:${column}` };
}

/** One error with the code of the gravest, whose message lists all. */
export function listedError(problems: readonly ListedProblem[], ...hints: string[]): KnoxError {
  const rank = ({ code }: ListedProblem): number => {
    const at = GRAVEST_FIRST.indexOf(exitOf(code));
    return at === -1 ? GRAVEST_FIRST.length : at;
  };
  const [first] = problems.toSorted((left, right) => rank(left) - rank(right));
  if (first === undefined) return errors.bug('an error without a problem');
  return errors[first.code](problems.map(({ where, message }) => `${where}: ${message}`).join('\n'), ...hints);
}
