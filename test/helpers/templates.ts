/** Rendering for tests: a text, a format and the values by name; the result as text, or the problems as they print. */
import { Plaintext } from '../../src/domain/plaintext.ts';
import { parseTemplate, renderTemplate } from '../../src/templates/template.ts';
import type { FormatName } from '../../src/templates/template.ts';

export type Values = Readonly<Record<string, string | Uint8Array>>;

export function renderBytes(
  format: FormatName,
  template: string | Uint8Array,
  values: Values,
): { output: Buffer } | { problems: string[] } {
  const bytes = typeof template === 'string' ? Buffer.from(template, 'utf8') : template;
  const result = renderTemplate(parseTemplate(bytes), format, ({ name }) => new Plaintext(Buffer.from(values[name]!)));
  return 'output' in result
    ? { output: Buffer.from(result.output) }
    : { problems: result.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`) };
}

/** The rendered text. Throws with the problems where there are any. */
export function render(format: FormatName, template: string, values: Values): string {
  const result = renderBytes(format, template, values);
  if ('problems' in result) {
    throw new Error(`not rendered: ${result.problems.join('\n')}`);
  }
  return result.output.toString('utf8');
}

/** The places (`LINE:COLUMN`) of the problems. Throws where there are none. */
export function problemPlaces(format: FormatName, template: string, values: Values): string[] {
  const result = renderBytes(format, template, values);
  if ('output' in result) {
    throw new Error('rendered, though it should be refused');
  }
  return result.problems.map((problem) => problem.split(': ')[0]!);
}
