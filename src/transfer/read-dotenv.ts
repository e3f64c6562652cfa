/**
 * The grammar of env files that `import` reads: `NAME=VALUE` a line, `export ` before it allowed, blanks around name and sign allowed, `#` at
 * the beginning of a line or after a blank begins a comment. Unquoted: the text up to there, without blanks at its ends. Single quotes:
 * everything up to the closing one, also line ends. Double quotes: the same, with `\n \r \t \\ \" \$` read as what they stand for and
 * any other backslash kept. Nothing is expanded.
 */
import type { ReadEntry, ReadProblem } from './read-values.ts';

const HEAD = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' };

export function readDotenv(text: string): { entries: ReadEntry[]; problems: ReadProblem[] } {
  const entries: ReadEntry[] = [];
  const problems: ReadProblem[] = [];
  let at = 0;
  let line = 1;
  const skipLine = (): void => {
    const end = text.indexOf('\n', at);
    at = end === -1 ? text.length : end + 1;
    line += 1;
  };
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const whole = text.slice(at, end === -1 ? text.length : end);
    if (/^[ \t\r]*(?:#.*)?$/.test(whole)) {
      skipLine();
      continue;
    }
    HEAD.lastIndex = at;
    const head = HEAD.exec(text);
    if (head === null) {
      problems.push({ line, message: 'is not NAME=VALUE' });
      skipLine();
      continue;
    }
    const begun = line;
    const value = readValue(text, HEAD.lastIndex);
    if (value === null) {
      problems.push({ line, message: 'has a quote that is not closed, or text behind a closed one' });
      skipLine();
      continue;
    }
    entries.push({ name: head[1]!, value: value.text, line: begun });
    line += text.slice(at, value.end).split('\n').length - 1;
    at = value.end;
    skipLine();
  }
  return { entries, problems };
}

/** @returns the value and where it ends on its last line; null where it does not end */
function readValue(text: string, from: number): { text: string; end: number } | null {
  const quote = text[from];
  if (quote !== '"' && quote !== "'") {
    const line = /[^\r\n]*/y;
    line.lastIndex = from;
    const whole = line.exec(text)![0];
    // Not `.`: a line ends where this grammar says, not at what else JavaScript takes for a line end.
    const value = whole.replace(/(?:^|[ \t])#[^]*$/, '').trimEnd();
    // A hash right behind the sign is a colour or a channel, not a comment.
    return {
      text: whole.startsWith('#') && text[from - 1] === '=' ? whole.replace(/[ \t]#[^]*$/, '').trimEnd() : value,
      end: from + whole.length,
    };
  }
  let value = '';
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === quote) {
      const rest = /[ \t]*(?:#[^\n]*)?\r?(?=\n|$)/y;
      rest.lastIndex = at + 1;
      const found = rest.exec(text);
      return found === null ? null : { text: value, end: rest.lastIndex };
    }
    const escaped = quote === '"' && character === '\\' ? ESCAPES[text[at + 1] ?? ''] : undefined;
    value += escaped ?? character;
    if (escaped !== undefined) at += 1;
  }
  return null;
}
