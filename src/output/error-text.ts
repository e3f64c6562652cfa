/** An error as a person reads it, or as one JSON line. */
import { withoutKeys } from '../domain/misplaced-text.ts';
import { printable } from '../domain/printable.ts';
import { isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';

export function errorLines(error: KnoxError, isJson: boolean): string {
  const { code } = error;
  const message = withoutKeys(error.message);
  const hints = error.hints.map(withoutKeys);
  if (isJson) return `${JSON.stringify({ error: { code, message, hints } })}\n`;
  const lines = message.split('\n').map(printable).join('\n');
  return [`error: ${lines}`, ...hints.map((hint) => `hint: ${printable(hint)}`)].join('\n') + '\n';
}

/** What a bug may say of itself: never its message, which could hold anything; only its kind and where in knox it arose. */
export function bugPlace(error: unknown): string {
  if (isKnoxError(error) || !(error instanceof Error)) return 'unknown';
  const frame = /\((?:.*[\\/])?([\w.-]+:\d+:\d+)\)|at (?:.*[\\/])?([\w.-]+:\d+:\d+)/.exec(
    error.stack?.split('\n').find((line) => line.trim().startsWith('at ')) ?? '',
  );
  return `${error.name} at ${frame?.[1] ?? frame?.[2] ?? 'an unknown place'}`;
}
