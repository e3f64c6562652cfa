/**
 * Dotenv files, for three readers at once: `sh`, the dotenv package, and Node's `--env-file`. They agree on little, so
 * a value goes in only where all three read the same: in single quotes everything but `'`, a carriage return and a
 * backslash at the end; in double quotes nothing that any of them expands. Single quotes are taken wherever knox may
 * choose, since a reader that expands `$` leaves them alone. The rest is refused.
 */
import { envItems } from './env-lines.ts';
import type { EnvAssignment, EnvItem } from './env-lines.ts';
import { answer, endsWithBackslash, HOLE, intoComment, lineEnd, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';

/** Characters that mean themselves without quotes, for every reader of env files. */
export const BARE = /^[A-Za-z0-9_./+=@%:,-]*$/;

export const writeDotenv: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  const firstLine = skeleton.hasByteOrderMark ? lineEnd(text, 0) : -1;
  const into = (start: number, end: number, rule: (hole: Hole) => Written): void =>
    answer(skeleton, answers, start, end, (hole) =>
      hole.offset < firstLine ? refuse('sh cannot read the line after a byte order mark') : rule(hole),
    );
  /** Up to here a reader may still be in the middle of what an earlier line began. */
  let swallowedTo = 0;
  for (const item of envItems(text)) {
    const { start, end } = item;
    if (start < swallowedTo) continue;
    if (item.kind === 'comment') {
      into(start, end, (hole) => intoComment(hole.value));
    } else if (text[end] === '\r') {
      into(start, end, () => refuse(WINDOWS_LINE_END));
    } else if (item.kind === 'assignment' && item.isEndSure) {
      into(item.from, item.to, (hole) => intoPlace(skeleton, item, hole));
      if (item.comment !== null) into(item.comment.start, end, (hole) => intoComment(hole.value));
    } else {
      swallowedTo = afterDoubt(text, item);
    }
  }
  answer(skeleton, answers, 0, text.length, (hole) => answers.get(hole) ?? refuse(NO_PLACE));
  return answers;
};

/** Where the next line is one for all readers: not in the middle of what this one may have begun. */
function afterDoubt(text: string, item: Exclude<EnvItem, { kind: 'comment' }>): number {
  const rest = text.slice(item.kind === 'odd' ? item.at : item.start, item.end);
  if (/["'`]|<</.test(rest)) return text.length + 1;
  return rest.endsWith('\\') ? lineEnd(text, item.end + 1) : 0;
}

const NO_PLACE =
  'sh, dotenv and Node would read a value differently here; write NAME={{secret:…}} on a line of its own';
const WINDOWS_LINE_END =
  'the line has a Windows line end (CRLF), which sh reads as part of the value; save the file with Unix line ends (LF)';

function intoPlace(skeleton: Skeleton, place: EnvAssignment, hole: Hole): Written {
  const { value } = hole;
  if (value.includes('\0')) {
    return refuse('the value has a NUL, which no variable can hold');
  }
  if (value.includes('\r')) {
    return refuse('the value has a carriage return, which dotenv turns into a line feed');
  }
  if (place.quote === "'") {
    const isOpenEnded = endsWithBackslash(skeleton, place.from, place.to);
    return canBeSingleQuoted(value) && !isOpenEnded ? write(value) : refuse(singleQuotes(value));
  }
  if (place.quote === '"') {
    return canBeDoubleQuoted(value) ? write(value) : refuse(DOUBLE_QUOTES);
  }
  if (skeleton.text.slice(place.from, place.to) === HOLE) {
    return wholeValue(value);
  }
  return BARE.test(value)
    ? write(value)
    : refuse('the value needs quotes; put single quotes around the whole value in the file');
}

function canBeSingleQuoted(value: string): boolean {
  return !value.includes("'");
}

function canBeDoubleQuoted(value: string): boolean {
  return !/["\\$`]/.test(value);
}

function wholeValue(value: string): Written {
  if (canBeSingleQuoted(value) && !value.endsWith('\\')) {
    return write(`'${value}'`);
  }
  return canBeDoubleQuoted(value) ? write(`"${value}"`) : refuse(NO_QUOTES);
}

function singleQuotes(value: string): string {
  return value.includes("'")
    ? "the value has a ', which is not allowed in single quotes"
    : 'a backslash before the closing quote makes dotenv read on';
}

const DOUBLE_QUOTES =
  'the value has one of " \\ $ `, which sh, dotenv and Node read differently in double quotes; remove the quotes or use single ones';
const NO_QUOTES =
  'sh, dotenv and Node have no common way to write a value that has a \' and one of " \\ $ `, or a backslash at its end; use a filter such as base64';
