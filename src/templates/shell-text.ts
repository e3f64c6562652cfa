/**
 * What the shell runs: whoever may list processes reads it, and a value in it would be code. So nothing is ever filled in there, and a
 * placeholder is refused instead of being left as it stands.
 */
import { errors } from '../errors.ts';
import { parseTemplate } from './placeholders.ts';

/** @param what as it was typed. @param how the program gets a value instead. @throws invalid_value */
export function refusePlaceholders(what: string, text: string, how: string): void {
  const [first] = parseTemplate(Buffer.from(text, 'utf8')).placeholders;
  if (first === undefined) return;
  throw errors.invalid_value(
    `${what} is run by the shell and has the placeholder {{secret:${first.name}}}: its value would show in the list of processes`,
    how,
  );
}
