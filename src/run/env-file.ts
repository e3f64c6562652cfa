/**
 * The variables of an env file, read by Node's own rules before anything is filled in: a value is never read for quotes or comments.
 * Where each placeholder stands in the file is kept, for errors.
 */
import { parseEnv } from 'node:util';
import { isKnoxError } from '../errors.ts';
import type { PlacedProblem } from '../routes/render-route.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Placeholder, Template } from '../templates/template.ts';

export interface EnvVariable {
  readonly name: string;
  /** With its placeholders. */
  readonly text: string;
  /** The placeholders of its text, in order, as they stand in the file. */
  readonly placeholders: readonly Placeholder[];
}

export interface EnvFile {
  readonly variables: readonly EnvVariable[];
  readonly problems: readonly PlacedProblem[];
  /** Names that are set more than once: the last one counts. */
  readonly duplicates: readonly string[];
}

export function readEnvFile({ file, bytes }: { readonly file: string; readonly bytes: Uint8Array }): EnvFile {
  let template: Template;
  try {
    template = parseTemplate(bytes);
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    const { code, message } = error;
    return { variables: [], duplicates: [], problems: [{ code, file, line: 1, column: 1, message }] };
  }
  const marks = new Marks(template);
  const parsed = parseEnv(marks.text) as Record<string, string>;
  return {
    variables: Object.entries(parsed).map(([name, marked]) => ({ name, ...marks.putBack(marked) })),
    problems: template.problems.map((problem) => ({ ...problem, file })),
    duplicates: setTwice(marks.text),
  };
}

/** A text with a mark in the place of each placeholder, which tells it apart from another of the same words. */
class Marks {
  readonly text: string;
  readonly #template: Template;
  readonly #mark: string;

  constructor(template: Template) {
    this.#template = template;
    let mark = 'knox';
    while (template.text.includes(mark)) mark += 'x';
    this.#mark = mark;
    let text = '';
    let from = 0;
    for (const [index, { start, end }] of template.placeholders.entries()) {
      text += `${template.text.slice(from, start)}${mark}${index}.`;
      from = end;
    }
    this.text = text + template.text.slice(from);
  }

  putBack(marked: string): Pick<EnvVariable, 'text' | 'placeholders'> {
    const placeholders: Placeholder[] = [];
    const text = marked.replaceAll(new RegExp(`${this.#mark}(\\d+)\\.`, 'g'), (_mark, index: string) => {
      const placeholder = this.#template.placeholders[Number(index)]!;
      placeholders.push(placeholder);
      return this.#template.text.slice(placeholder.start, placeholder.end);
    });
    return { text, placeholders };
  }
}

/** Node's reader itself tells which places set a name: each place is given a name of its own, and the text is read once more. */
function setTwice(text: string): string[] {
  let mark = 'place';
  while (text.includes(mark)) mark += '_';
  const names: string[] = [];
  // Whole words only: a long one is looked at once.
  const word = /(?<![^\s=])[^\s=]+(?![^\s=])(?=[ \t]*=)/g;
  const marked = text.replaceAll(word, (name) => `${mark}${names.push(name) - 1}`);
  const set = Object.keys(parseEnv(marked))
    .filter((name) => name.startsWith(mark))
    .map((name) => names[Number(name.slice(mark.length))]);
  return [...Map.groupBy(set, (name) => name)].flatMap(([name, places]) =>
    name !== undefined && places.length > 1 ? [name] : [],
  );
}
