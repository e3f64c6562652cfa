/**
 * The variables of an env file with placeholders, each as a template of its own: a value is put in after the file was read, so it is never
 * read for quotes or comments. Where each placeholder stands in the file is kept, for errors.
 */
import { envItems, ODD_LINE } from './env-lines.ts';
import type { EnvAssignment } from './env-lines.ts';
import { hasForeignBytes } from './file-text.ts';
import { parseTemplate } from './placeholders.ts';
import type { Placeholder, Problem, Template } from './placeholders.ts';
import { HOLE } from './skeleton.ts';

export interface EnvVariable {
  readonly name: string;
  readonly line: number;
  /** The placeholders of its text have their line and column in the file. */
  readonly template: Template;
}

export interface EnvFile {
  readonly variables: readonly EnvVariable[];
  readonly problems: readonly Problem[];
  /** Lines that set nothing: neither NAME=VALUE nor a comment. */
  readonly passedOver: readonly number[];
  /** Lines that sh, dotenv and Node do not read alike. */
  readonly doubtful: readonly number[];
}

const NOT_UTF8 = 'the value holds bytes that are not UTF-8; save the file as UTF-8';

/** @throws template_invalid for UTF-16 */
export function readEnvVariables(bytes: Uint8Array): EnvFile {
  const file = new Skeleton(parseTemplate(bytes));
  const problems: Problem[] = [...file.template.problems];
  const variables: EnvVariable[] = [];
  const passedOver: number[] = [];
  const doubtful: number[] = [];
  const nul = file.text.indexOf('\0');
  if (nul !== -1)
    problems.push({
      code: 'invalid_value',
      ...file.placeOf(nul),
      message: 'the file holds a NUL, which ends a variable',
    });
  for (const item of envItems(file.text)) {
    if (item.kind === 'comment') continue;
    if (item.kind === 'assignment') {
      if (hasForeignBytes(item.value))
        problems.push({ code: 'template_invalid', ...file.placeOf(item.from, item), message: NOT_UTF8 });
      variables.push({ name: item.name, line: item.line, template: file.templateOf(item) });
      if (!item.isReadAlike) doubtful.push(item.line);
      continue;
    }
    const [lost] = file.placeholdersIn(item.start, item.end);
    if (item.why !== 'no-assignment')
      problems.push({ code: 'template_invalid', ...file.placeOf(item.at, item), message: ODD_LINE[item.why] });
    else if (lost === undefined) passedOver.push(item.line);
    else {
      const { line, column } = lost;
      const message = `${ODD_LINE[item.why]}, so the placeholder would be lost`;
      problems.push({ code: 'template_invalid', line, column, message });
    }
  }
  return { variables, problems, passedOver, doubtful };
}

/** The file's text with a HOLE for each placeholder, and without the backslashes that make one literal. */
class Skeleton {
  readonly text: string;
  readonly template: Template;
  /** Of the holes. */
  readonly #offsets: number[] = [];
  /** Offset in the text, and how much further it is in the file from there on. */
  readonly #shifts: [number, number][] = [[0, 0]];

  constructor(template: Template) {
    this.template = template;
    const cuts = [
      ...template.placeholders.map(({ start, end }) => ({ start, end, isHole: true })),
      ...template.escapes.map((start) => ({ start, end: start + 1, isHole: false })),
    ].toSorted((one, other) => one.start - other.start);
    const parts: string[] = [];
    let length = 0;
    let from = 0;
    for (const { start, end, isHole } of cuts) {
      parts.push(template.text.slice(from, start), isHole ? HOLE : '');
      length += start - from;
      if (isHole) this.#offsets.push(length++);
      from = end;
      this.#shifts.push([length, from - length]);
    }
    this.text = parts.join('') + template.text.slice(from);
  }

  placeholdersIn(start: number, end: number): readonly Placeholder[] {
    const [first, behind] = [start, end].map((at) => firstFrom(this.#offsets, (offset) => offset >= at));
    return this.template.placeholders.slice(first, behind);
  }

  /** Line and column in the file, from those of an item that begins before. */
  placeOf(
    offset: number,
    item: { start: number; line: number } = { start: 0, line: 1 },
  ): { line: number; column: number } {
    const lineStart = this.text.lastIndexOf('\n', offset - 1) + 1;
    const before = this.template.text.slice(this.#inFile(lineStart), this.#inFile(offset));
    const line = item.line + this.text.slice(item.start, Math.max(item.start, lineStart)).split('\n').length - 1;
    return { line, column: Array.from(before).length + 1 };
  }

  #inFile(offset: number): number {
    const next = firstFrom(this.#shifts, ([from]) => from > offset);
    return offset + this.#shifts[next - 1]![1];
  }

  templateOf({ value, from, to }: EnvAssignment): Template {
    const own = this.placeholdersIn(from, to);
    const placeholders: Placeholder[] = [];
    let text = '';
    for (const [index, part] of value.split(HOLE).entries()) {
      const before = index === 0 ? undefined : own[index - 1];
      if (before !== undefined) {
        const shift = text.length - before.start;
        const { start, end, nameStart, nameEnd } = before;
        placeholders.push({
          ...before,
          start: start + shift,
          end: end + shift,
          nameStart: nameStart + shift,
          nameEnd: nameEnd + shift,
        });
        text += this.template.text.slice(start, end);
      }
      text += part;
    }
    return { text, hasByteOrderMark: false, placeholders, problems: [], escapes: [] };
  }
}

/** The index of the first for which it holds, in a list where it holds for all behind it. */
function firstFrom<T>(list: readonly T[], holds: (one: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
