/**
 * Finds the places of a YAML document where values can stand: comments, plain scalars, quoted scalars and block
 * scalars. It follows the indentation and the flow brackets as the reference scanner of YAML 1.1 does (indents are
 * rolled by `-` and by the `:` after a key), which the readers of YAML 1.2 agree with wherever a place is reported.
 * Where readers disagree, or something can't be followed, it stops: nothing after that is a place.
 */
import type { BlockPlace } from './yaml-block.ts';
import { readBlock } from './yaml-block.ts';
import { contentEnd, lineEnd } from './skeleton.ts';

/** Offsets are the skeleton's, without quotes, the end excluded. */
export interface ScalarPlace {
  readonly kind: 'plain' | 'double' | 'single';
  readonly start: number;
  readonly end: number;
  readonly isMultiLine: boolean;
  readonly isKey: boolean;
  readonly isInFlow: boolean;
  /** The tag before it, as written. */
  readonly tag: string | null;
}

export type YamlPlace =
  | ScalarPlace
  | BlockPlace
  | { readonly kind: 'comment'; readonly start: number; readonly end: number };

/** The places in the order of the text. */
export function yamlPlaces(text: string): readonly YamlPlace[] {
  // Some readers end a line at these, others do not.
  return /[\u0085\u2028\u2029]|\r(?!\n)/.test(text) ? [] : new YamlScanner(text).scan();
}

class YamlScanner {
  private readonly text: string;
  private readonly places: YamlPlace[] = [];
  private offset = 0;
  private lineStart = 0;
  /** Columns of the block collections that are open, from the outside. */
  private readonly indents: number[] = [];
  private flowDepth = 0;
  /** Where a key on this line would begin. */
  private keyColumn: number | null = null;
  private tag: string | null = null;
  /** The line that was looked at last, from where it was. */
  private line = { from: 0, end: -1 };

  constructor(text: string) {
    this.text = text;
  }

  scan(): readonly YamlPlace[] {
    while (this.skipToToken()) {
      this.readToken();
    }
    return this.places;
  }

  private get column(): number {
    return this.offset - this.lineStart;
  }

  private get indent(): number {
    return this.indents.at(-1) ?? -1;
  }

  /** Skips blanks, line ends and comments. `false` at the end of the text. */
  private skipToToken(): boolean {
    const { text } = this;
    for (;;) {
      const character = text[this.offset];
      if (character === undefined) {
        return false;
      }
      if (character === '\n') {
        this.offset += 1;
        this.lineStart = this.offset;
        if (this.flowDepth === 0) {
          this.keyColumn = null;
        }
      } else if (character === '#') {
        const end = contentEnd(text, this.offset);
        this.places.push({ kind: 'comment', start: this.offset, end });
        this.offset = end;
      } else if (character === ' ' || character === '\t' || character === '\r') {
        this.offset += 1;
      } else {
        return true;
      }
    }
  }

  /** The end of the line that holds an offset; a long line is looked through once, however many tokens it has. */
  private lineEnd(offset: number): number {
    const { from, end } = this.line;
    if (offset < from || offset > end) this.line = { from: offset, end: lineEnd(this.text, offset) };
    return this.line.end;
  }

  private readToken(): void {
    const { text, offset } = this;
    const character = text[offset]!;
    if (this.flowDepth === 0) {
      if (text.slice(this.lineStart, offset).trim() === '' && text.slice(this.lineStart, offset).includes('\t')) {
        this.stop();
        return;
      }
      this.unrollIndents(this.column);
    }
    if (this.column === 0 && character === '%') {
      this.offset = this.lineEnd(offset);
    } else if (this.column === 0 && isDocumentMarker(text, offset)) {
      this.indents.length = 0;
      this.flowDepth = 0;
      this.keyColumn = null;
      this.offset += 3;
    } else if (this.isIndicator(character)) {
      this.readIndicator(character);
    } else if (character === '*' || character === '&' || character === '!') {
      this.noteKey();
      const length = /^[^\s,[\]{}]*/.exec(text.slice(offset, this.lineEnd(offset)))![0].length;
      this.tag = character === '!' ? text.slice(offset, offset + length) : this.tag;
      this.offset += Math.max(length, 1);
    } else if ((character === '|' || character === '>') && this.flowDepth === 0) {
      this.readBlockScalar();
    } else if (character === '"' || character === "'") {
      this.readQuoted(character);
    } else {
      this.readPlain();
    }
  }

  private isIndicator(character: string): boolean {
    if ('[]{},'.includes(character)) {
      return true;
    }
    if (!'-?:'.includes(character)) {
      return false;
    }
    const next = this.text[this.offset + 1];
    return isBlank(next) || (this.flowDepth > 0 && character !== '-');
  }

  private readIndicator(character: string): void {
    const { text, offset } = this;
    const next = text[offset + 1];
    if (character === '[' || character === '{') {
      this.noteKey();
      this.flowDepth += 1;
    } else if (character === ']' || character === '}') {
      this.flowDepth = Math.max(0, this.flowDepth - 1);
    } else if (this.flowDepth > 0 && character !== ',' && !isBlank(next) && !',[]{}'.includes(next!)) {
      // `{"a":x}` is a value for every reader; `?x` and `:x` are so for some, and plain text for others.
      if (character !== ':' || !`"']}`.includes(text[offset - 1] ?? ' ')) {
        this.stop();
        return;
      }
    } else if (this.flowDepth === 0 && character !== ',') {
      this.rollIndent(character === ':' ? (this.keyColumn ?? this.column) : this.column);
      this.keyColumn = null;
    }
    this.tag = null;
    this.offset += 1;
  }

  private readBlockScalar(): void {
    const block = readBlock(this.text, this.offset, this.indent, this.tag);
    if (block === null) {
      this.stop();
      return;
    }
    const comment = this.text.slice(this.offset, block.start).indexOf('#');
    if (comment !== -1) {
      this.places.push({ kind: 'comment', start: this.offset + comment, end: contentEnd(this.text, this.offset) });
    }
    this.places.push(block);
    this.offset = block.end;
    this.lineStart = block.end;
    this.keyColumn = null;
    this.tag = null;
  }

  private readQuoted(quote: string): void {
    this.noteKey();
    const start = this.offset + 1;
    const pattern = quote === '"' ? /(?:[^"\\]|\\[^])*"/y : /(?:[^']|'')*'(?!')/y;
    pattern.lastIndex = start;
    const match = pattern.exec(this.text);
    if (match === null) {
      this.stop();
      return;
    }
    this.addScalar(quote === '"' ? 'double' : 'single', start, start + match[0].length - 1, pattern.lastIndex);
  }

  private readPlain(): void {
    this.noteKey();
    const { text } = this;
    const start = this.offset;
    let end = start;
    for (let lineFrom: number | null = start; lineFrom !== null; lineFrom = this.continuation(end)) {
      const stop = this.plainStop(lineFrom);
      end = lineFrom + text.slice(lineFrom, stop).trimEnd().length;
      if (end === lineFrom || text.slice(end, this.lineEnd(end)).trim() !== '') {
        break;
      }
    }
    this.addScalar('plain', start, Math.max(end, start + 1), Math.max(end, start + 1));
  }

  /** The offset in this line at which a plain scalar ends, blanks before it included. */
  private plainStop(from: number): number {
    const { text } = this;
    const line = this.lineEnd(from);
    for (let at = from; at < line; at += 1) {
      const character = text[at]!;
      const next = text[at + 1];
      const isValue = character === ':' && (isBlank(next) || (this.flowDepth > 0 && ',[]{}'.includes(next!)));
      const isComment = character === '#' && at > from && isBlank(text[at - 1]);
      if (isValue || isComment || (this.flowDepth > 0 && ',[]{}'.includes(character))) {
        return at;
      }
    }
    return line;
  }

  /** Where a plain scalar goes on after the line that ends at `end`, or `null`. */
  private continuation(end: number): number | null {
    const { text } = this;
    const next = /\S/.exec(text.slice(end));
    if (next === null) {
      return null;
    }
    const at = end + next.index;
    const column = at - (text.lastIndexOf('\n', at - 1) + 1);
    const isEnd =
      text[at] === '#' ||
      (column === 0 && isDocumentMarker(text, at)) ||
      (this.flowDepth === 0 ? column <= this.indent : this.plainStop(at) === at);
    return isEnd ? null : at;
  }

  private addScalar(kind: ScalarPlace['kind'], start: number, end: number, next: number): void {
    const { text } = this;
    const after = /^[ \t]*:(?=([^]?))/.exec(text.slice(next, next + 200));
    const isKey = after !== null && (isBlank(after[1] || undefined) || this.flowDepth > 0);
    const isMultiLine = text.slice(start, end).includes('\n');
    this.places.push({ kind, start, end, isMultiLine, isKey, isInFlow: this.flowDepth > 0, tag: this.tag });
    this.tag = null;
    this.offset = next;
    if (isMultiLine) {
      this.lineStart = text.lastIndexOf('\n', next - 1) + 1;
    }
  }

  private noteKey(): void {
    if (this.flowDepth === 0) {
      this.keyColumn ??= this.column;
    }
  }

  private rollIndent(column: number): void {
    if (column > this.indent) {
      this.indents.push(column);
    }
  }

  private unrollIndents(column: number): void {
    while (this.indent > column) {
      this.indents.pop();
    }
  }

  private stop(): void {
    this.offset = this.text.length;
  }
}

/** Whether a character separates tokens; so does the end of the text. */
function isBlank(character: string | undefined): boolean {
  return character === undefined || /[ \t\r\n]/.test(character);
}

function isDocumentMarker(text: string, offset: number): boolean {
  return /^(?:---|\.\.\.)(?:\s|$)/.test(text.slice(offset, offset + 4));
}
