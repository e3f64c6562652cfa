/** What is wrong, as `check` and its kin report it: one code, one severity, and a hint that is a command to type. */
import { SEVERITIES } from '../domain/choices.ts';

/** From the least to the worst. */
export type Severity = (typeof SEVERITIES)[number];

/** Severity by code. A code is made known here, and found in one file of this room. */
const SEVERITY = {
  plaintext: 'error',
  exposed: 'error',
  'rolling-back': 'error',
  'auth-failures': 'error',
  'wrong-environment': 'error',
  overdue: 'error',
  expired: 'error',
  'missing-value': 'error',
  'unresolved-reference': 'error',
  'template-invalid': 'error',
  'missing-file': 'error',
  // An error where production is one of the two.
  'same-value': 'warning',
  'due-soon': 'warning',
  'expires-soon': 'warning',
  'new-reference': 'warning',
  'route-outdated': 'warning',
  unused: 'warning',
  'test-secret': 'warning',
  disagree: 'warning',
  'stale-version': 'warning',
  'rotation-stuck': 'warning',
  ready: 'info',
  unrouted: 'info',
  'legacy-naming': 'info',
  'mixed-naming': 'info',
} as const satisfies Record<string, Severity>;

export type FindingCode = keyof typeof SEVERITY;
export const FINDING_CODES = Object.keys(SEVERITY) as FindingCode[];

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly secret: string | null;
  readonly environment: string | null;
  readonly route: string | null;
  readonly message: string;
  readonly hint: string;
  /** ISO time since when it is so, where that is known. */
  readonly since: string | null;
  /** In the route's file, from 1; for annotations, and no part of `--json`. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** As `--json` has it. */
export function findingView(found: Finding): Omit<Finding, 'place'> {
  const { code, severity, secret, environment, route, message, hint, since } = found;
  return { code, severity, secret, environment, route, message, hint, since };
}

export function finding(
  code: FindingCode,
  content: Partial<Pick<Finding, 'secret' | 'environment' | 'route' | 'since' | 'severity' | 'place'>> &
    Pick<Finding, 'message' | 'hint'>,
): Finding {
  return { code, severity: SEVERITY[code], secret: null, environment: null, route: null, since: null, ...content };
}

/** The findings at or above a severity. */
export function atLeast(findings: readonly Finding[], severity: Severity): Finding[] {
  return findings.filter((one) => SEVERITIES.indexOf(one.severity) >= SEVERITIES.indexOf(severity));
}
