/**
 * Rendering: each placeholder is replaced by its value, filtered, then escaped for the place where it stands. All or
 * nothing: with any problem there is no output, and every problem is listed. The file may hold bytes that are not UTF-8,
 * which is why output is put together from bytes.
 */
import type { Plaintext } from '../domain/plaintext.ts';
import { reveal } from '../domain/plaintext.ts';
import { bytesOf, hasForeignBytes } from './file-text.ts';
import { applyFilters, decodeUtf8 } from './filters.ts';
import { FORMATS } from './formats.ts';
import type { FormatName } from './formats.ts';
import type { Placeholder, Problem, Template } from './placeholders.ts';
import { HOLE } from './skeleton.ts';
import type { Hole, Skeleton } from './skeleton.ts';

export type Rendered = { readonly output: Uint8Array } | { readonly problems: readonly Problem[] };

/**
 * Renders a template; as `bytes`, values go in as they are, text or not. `valueOf` is asked once for each placeholder, in order; what it throws passes through. A value
 * that can't stand where it should is a problem, never an exception. For null, a value that is missing and told of
 * elsewhere, something stands in, so that the other places are looked at: that output is not for use.
 */
export function renderTemplate(
  template: Template,
  format: FormatName | 'bytes',
  valueOf: (placeholder: Placeholder) => Plaintext | null,
): Rendered {
  const problems: Problem[] = [...template.problems];
  const inserts = template.placeholders.map((placeholder) => {
    const insert = insertOf(placeholder, valueOf(placeholder), format);
    if (insert.refusal !== null && insert.refusal !== MISSING) {
      problems.push(problemAt(placeholder, insert.refusal));
    }
    return insert;
  });
  const writer = format === 'bytes' ? null : FORMATS[format];
  if (writer === null) problems.push(...foreignProblems(template, inserts));
  else {
    const { skeleton, holes } = skeletonOf(template, inserts);
    const answers = writer.write(skeleton);
    for (const [insert, hole] of holes) {
      const written = answers.get(hole) ?? { refusal: 'a value is not allowed here' };
      if ('text' in written) {
        insert.bytes = Buffer.from(written.text, 'utf8');
      } else if (insert.refusal === null) {
        insert.bytes = STAND_IN;
        problems.push(problemAt(insert.placeholder, written.refusal));
      }
    }
    problems.push(...foreignProblems(template, inserts));
    const lastRaw = inserts.findLast((insert) => insert.isRaw);
    if (problems.length === 0 && lastRaw !== undefined && writer.isParsable !== null) {
      const text = assemble(template, inserts, false).toString('utf8');
      if (!writer.isParsable(text)) {
        problems.push(problemAt(lastRaw.placeholder, `with this raw value the file is no longer valid ${format}`));
      }
    }
  }
  if (problems.length > 0) {
    return { problems: problems.toSorted((one, other) => one.line - other.line || one.column - other.column) };
  }
  return { output: assemble(template, inserts, template.hasByteOrderMark) };
}

interface Insert {
  readonly placeholder: Placeholder;
  readonly isRaw: boolean;
  readonly refusal: string | null;
  /** What goes into the output; for a format with a writer first the filtered value, then its escaped form. */
  bytes: Uint8Array;
}

function insertOf(placeholder: Placeholder, value: Plaintext | null, format: FormatName | 'bytes'): Insert {
  if (value === null) return { placeholder, isRaw: false, refusal: MISSING, bytes: STAND_IN };
  const isRaw = placeholder.filters.at(-1)?.kind === 'raw';
  const result = applyFilters(placeholder.filters, reveal(value));
  if ('refusal' in result) {
    return { placeholder, isRaw, refusal: result.refusal, bytes: STAND_IN };
  }
  if (format !== 'bytes' && decodeUtf8(result.bytes) === null) {
    const refusal = 'the value is not UTF-8 text; a filter such as base64 makes it text';
    return { placeholder, isRaw, refusal, bytes: STAND_IN };
  }
  return { placeholder, isRaw, refusal: null, bytes: result.bytes };
}

/**
 * In a file that is not UTF-8 nobody can say what bytes a character beyond ASCII would have to be; as an escape of its format, and
 * where it is put in raw, it stands in any.
 */
function foreignProblems({ text }: Template, inserts: readonly Insert[]): Problem[] {
  if (!hasForeignBytes(text)) return [];
  return inserts
    .filter(({ bytes, isRaw, refusal }) => refusal === null && !isRaw && bytes.some((byte) => byte >= 0x80))
    .map(({ placeholder }) => problemAt(placeholder, FOREIGN_FILE));
}

const FOREIGN_FILE =
  'the value has a character beyond ASCII, and the file is not UTF-8; use a filter such as base64, or save the file as UTF-8';

/** Stands for a value that has a problem already, so that the other places can still be looked at. */
const STAND_IN = Buffer.from('x');
/** The problem of a value that is not there. */
const MISSING = 'no value';

function problemAt(placeholder: Placeholder, why: string): Problem {
  const { line, column, name } = placeholder;
  return { code: 'template_invalid', line, column, message: `{{secret:${name}}}: ${why}` };
}

/** The document with holes for the values that are escaped; raw values are text in it, since that is what raw means. */
function skeletonOf(template: Template, inserts: readonly Insert[]): { skeleton: Skeleton; holes: Map<Insert, Hole> } {
  const holes = new Map<Insert, Hole>();
  let text = '';
  for (const piece of piecesOf(template, inserts)) {
    if (typeof piece === 'string') {
      text += piece;
    } else if (piece.isRaw) {
      text += decodeUtf8(piece.bytes) ?? '';
    } else {
      const isJsonText = piece.placeholder.filters.at(-1)?.kind === 'json';
      holes.set(piece, { offset: text.length, value: decodeUtf8(piece.bytes) ?? '', isJsonText });
      text += HOLE;
    }
  }
  return { skeleton: { text, holes: [...holes.values()], hasByteOrderMark: template.hasByteOrderMark }, holes };
}

function assemble(template: Template, inserts: readonly Insert[], hasByteOrderMark: boolean): Buffer {
  const parts: Uint8Array[] = hasByteOrderMark ? [Buffer.from('\uFEFF', 'utf8')] : [];
  for (const piece of piecesOf(template, inserts)) {
    parts.push(typeof piece === 'string' ? bytesOf(piece) : piece.bytes);
  }
  return Buffer.concat(parts);
}

/** Text and inserts in the order of the output, without the backslashes that make a placeholder literal. */
function* piecesOf(template: Template, inserts: readonly Insert[]): Generator<string | Insert> {
  const { text } = template;
  const cuts = [
    ...inserts.map((insert) => ({ start: insert.placeholder.start, end: insert.placeholder.end, insert })),
    ...template.escapes.map((offset) => ({ start: offset, end: offset + 1, insert: null })),
  ].toSorted((one, other) => one.start - other.start);
  let from = 0;
  for (const cut of cuts) {
    yield text.slice(from, cut.start);
    if (cut.insert !== null) {
      yield cut.insert;
    }
    from = cut.end;
  }
  yield text.slice(from);
}
