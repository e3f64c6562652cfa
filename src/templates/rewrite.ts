/**
 * Changing the names in a template's placeholders, as a rotation and its rollback do. The text is spliced, never
 * printed again: a byte order mark, line ends, blanks, filters, `@current` and everything between placeholders stay.
 */
import { parseSecretName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { bytesOf } from './file-text.ts';
import type { Placeholder, Template } from './placeholders.ts';

/**
 * Puts `nameFor(placeholder, index)` into each placeholder; `null` or its own name leaves it alone. `changed` counts
 * placeholders whose name is another now. Throws `invalid_name` where `nameFor` gives what is not a name.
 */
export function rewriteNames(
  template: Template,
  nameFor: (placeholder: Placeholder, index: number) => string | null,
): { readonly output: Uint8Array; readonly changed: number } {
  const { text } = template;
  let output = template.hasByteOrderMark ? '\uFEFF' : '';
  let from = 0;
  let changed = 0;
  for (const [index, placeholder] of template.placeholders.entries()) {
    const name = nameFor(placeholder, index);
    if (name === null || name === placeholder.name) {
      continue;
    }
    if (parseSecretName(name) === null) {
      throw errors.invalid_name('a placeholder can only be given the name of a secret');
    }
    output += text.slice(from, placeholder.nameStart) + name;
    from = placeholder.nameEnd;
    changed += 1;
  }
  return { output: bytesOf(output + text.slice(from)), changed };
}
