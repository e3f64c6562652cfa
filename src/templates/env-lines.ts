/**
 * The lines of env files: the one reader of `run --env-file`, of `import`, and of the places where `render` puts a value (docs/env-files.md
 * has the grammar). sh, the dotenv package and Node agree on few of them. What they read alike is read like that; of the rest the whole
 * text is taken and the line is marked, so that somebody can be told; where nobody can say what is meant, the line is an odd one.
 * A placeholder is one HOLE character. Nothing is expanded.
 */
import type { WarningCode } from '../domain/reference/warnings.ts';

export type EnvItem = EnvComment | EnvAssignment | EnvOdd;

interface Span {
  /** Offsets of the item, the end excluded, without its line end. */
  readonly start: number;
  readonly end: number;
  /** Of its first line, from 1. */
  readonly line: number;
}

export interface EnvComment extends Span {
  readonly kind: 'comment';
}

export interface EnvAssignment extends Span {
  readonly kind: 'assignment';
  readonly name: string;
  readonly quote: '' | '"' | "'" | '`';
  /** Offsets of what stands between the quotes, or of the text without quotes. */
  readonly from: number;
  readonly to: number;
  readonly value: string;
  readonly comment: { readonly start: number; readonly end: number } | null;
  /** Whether sh, dotenv and Node agree where the value begins and where it ends. */
  readonly isEndSure: boolean;
  /** Whether they agree on the whole value too. */
  readonly isReadAlike: boolean;
}

export type OddLine = 'no-assignment' | 'open-quote' | 'text-behind' | 'carriage-return';

export interface EnvOdd extends Span {
  readonly kind: 'odd';
  readonly why: OddLine;
  /** Offset of what is wrong. */
  readonly at: number;
}

export const ODD_LINE: Readonly<Record<OddLine, string>> = {
  'no-assignment': 'the line is not NAME=VALUE',
  'open-quote': 'the quote is not closed',
  'text-behind':
    'there is text after the closing quote, which sh, dotenv and Node read differently; use one pair of quotes',
  'carriage-return': 'there is a carriage return in the value',
};

/** One warning for all lines of a file. @param file as it is shown */
export function readDifferently(file: string, lines: readonly number[]): { code: WarningCode; message: string }[] {
  if (lines.length === 0) return [];
  const places =
    lines.length === 1 ? `line ${lines[0]}` : `lines ${lines.slice(0, 20).join(', ')}${lines.length > 20 ? ', …' : ''}`;
  const message = `${file}: sh, dotenv and Node read ${places} differently; knox takes the whole text. Put single quotes around the value`;
  return [{ code: 'read_differently', message }];
}

const HEAD = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/y;
/** What all three take for the beginning of an assignment. */
const SURE_HEAD = /^[ \t]*(?:export )?[A-Za-z_][A-Za-z0-9_]*=$/;
const SURE_BARE = /^[^\s"'`\\$#]*$/;
// oxlint-disable-next-line no-control-regex
const ALIKE_BARE = /^[^\s"'`\\$#~;&|<>()\0-\x1f\x7f]*$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' };

export function* envItems(text: string): Generator<EnvItem> {
  let line = 1;
  for (let start = 0; start < text.length;) {
    const item = readItem(text, start, line);
    if (item !== null) yield item;
    const end = endOfLine(text, item?.end ?? start);
    line += 1 + (item === null ? 0 : lineEnds(text, start, item.end));
    start = end + 1;
  }
}

function readItem(text: string, start: number, line: number): EnvItem | null {
  const end = contentEnd(text, start);
  const content = text.slice(start, end);
  const span = { start, end, line };
  if (/^[ \t]*$/.test(content)) return null;
  if (/^[ \t]*#/.test(content)) return { ...span, kind: 'comment' };
  HEAD.lastIndex = start;
  const name = HEAD.exec(text)?.[1];
  const from = HEAD.lastIndex;
  if (name === undefined || from > end) return { ...span, kind: 'odd', why: 'no-assignment', at: start };
  const head = { ...span, kind: 'assignment', name } as const;
  const isHeadSure = SURE_HEAD.test(text.slice(start, from));
  const quote = text[from];
  return quote === '"' || quote === "'" || quote === '`'
    ? readQuoted(text, head, { quote, open: from, isHeadSure })
    : readBare(text, head, from, isHeadSure);
}

type Head = Span & Pick<EnvAssignment, 'kind' | 'name'>;

function readBare(text: string, head: Head, from: number, isHeadSure: boolean): EnvItem {
  const { start, end, line } = head;
  const whole = text.slice(from, end);
  const odd = whole.indexOf('\r');
  if (odd !== -1) return { start, end, line, kind: 'odd', why: 'carriage-return', at: from + odd };
  // A hash right behind the sign is a colour or a channel, not a comment.
  const isComment = whole.startsWith('#') && text[from - 1] !== '=';
  const hash = isComment ? 0 : whole.search(/[ \t]#/);
  const value = (hash === -1 ? whole : whole.slice(0, hash)).replace(/[ \t]+$/, '');
  return {
    ...head,
    quote: '',
    from,
    to: from + value.length,
    value,
    comment: hash === -1 ? null : { start: from + whole.indexOf('#', hash), end },
    isEndSure: isHeadSure && SURE_BARE.test(value),
    // `export NAME=` with nothing behind it is a variable of the name "export NAME" for Node 24.
    isReadAlike: isHeadSure && ALIKE_BARE.test(value) && (value !== '' || !/export /.test(text.slice(start, from))),
  };
}

function readQuoted(
  text: string,
  head: Head,
  { quote, open, isHeadSure }: { quote: '"' | "'" | '`'; open: number; isHeadSure: boolean },
): EnvItem {
  const { start, line } = head;
  const from = open + 1;
  const to = closingQuote(text, from, quote);
  if (to === -1) return { start, end: head.end, line, kind: 'odd', why: 'open-quote', at: open };
  const end = contentEnd(text, to);
  const content = text.slice(from, to);
  const rest = text.slice(to + 1, end);
  const behind = /^[ \t]*(?:[ \t]#[^]*)?$/.test(rest) ? -1 : rest.search(/[^ \t]/);
  if (behind !== -1) return { start, end, line, kind: 'odd', why: 'text-behind', at: to + 1 + behind };
  const lone = /\r(?!\n)/.exec(content)?.index;
  if (lone !== undefined) return { start, end, line, kind: 'odd', why: 'carriage-return', at: from + lone };
  const isEndSure =
    isHeadSure && quote !== '`' && !content.endsWith('\\') && !content.includes('\r') && !content.includes(quote);
  return {
    ...head,
    end,
    quote,
    from,
    to,
    value: (quote === '"' ? unescaped(content) : content).replaceAll('\r\n', '\n'),
    comment: rest.includes('#') ? { start: to + 1 + rest.indexOf('#'), end } : null,
    isEndSure,
    isReadAlike: isEndSure && (quote === "'" || !/[\\$`]/.test(content)),
  };
}

function closingQuote(text: string, from: number, quote: string): number {
  if (quote !== '"') return text.indexOf(quote, from);
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function unescaped(content: string): string {
  return content.replace(/\\([^])/g, (both, character: string) => ESCAPES[character] ?? both);
}

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

/** Without the carriage return of a Windows line end. */
function contentEnd(text: string, offset: number): number {
  const end = endOfLine(text, offset);
  return end > offset && text[end - 1] === '\r' ? end - 1 : end;
}

function lineEnds(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
