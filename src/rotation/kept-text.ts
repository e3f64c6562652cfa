/**
 * What of a failure is kept with a rotation, and so in the log for good and in the record of it. Of a program or a server that is knox's own
 * sentence with the exit status: what they said by themselves begins on the next line, is masked and shown, and goes nowhere.
 */
import { printable } from '../domain/printable.ts';
import type { ErrorCode, KnoxError } from '../errors.ts';

const OF_OTHERS: ReadonlySet<ErrorCode> = new Set(['hook_failed', 'source_failed']);

export function keptText(error: KnoxError): string {
  return OF_OTHERS.has(error.code) ? firstLine(error) : error.message;
}

export function firstLine({ message }: KnoxError): string {
  return printable(message.split('\n', 1)[0]!);
}
