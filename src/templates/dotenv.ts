/**
 * Dotenv files, for three readers at once: `sh`, the dotenv package, and Node's `--env-file`. They agree on little, so
 * a value goes in only where all three read the same: in single quotes everything but `'`, a carriage return and a
 * backslash at the end; in double quotes nothing that any of them expands. Single quotes are taken wherever knox may
 * choose, since a reader that expands `$` leaves them alone. The rest is refused.
 */
import { envPlaces, isWholeValue } from './assignments.ts';
import type { EnvPlace } from './assignments.ts';
import { answer, endsWithBackslash, intoComment, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';

const RULES = {
  name: /^[ \t]*(?:export )?[A-Za-z_][A-Za-z0-9_]*=/,
  comment: /^[ \t]*#/,
  isForShell: true,
};

/** Characters that mean themselves without quotes, for every reader of env files. */
export const BARE = /^[A-Za-z0-9_./+=@%:,-]*$/;

export const writeDotenv: Writer = (skeleton) => {
  const answers: Answers = new Map();
  for (const place of envPlaces(skeleton.text, RULES)) {
    const isAfterMark = skeleton.hasByteOrderMark && !skeleton.text.slice(0, place.start).includes('\n');
    answer(skeleton, answers, place.start, place.end, (hole) =>
      isAfterMark ? refuse('sh can not read the line after a byte order mark') : intoPlace(skeleton, place, hole),
    );
  }
  for (const hole of skeleton.holes) {
    if (!answers.has(hole)) {
      answers.set(hole, refuse(NO_PLACE));
    }
  }
  return answers;
};

const NO_PLACE =
  'sh, dotenv and Node would not read a value alike here; write NAME={{secret:…}} on a line of its own that ends with a line feed only';

function intoPlace(skeleton: Skeleton, place: EnvPlace, hole: Hole): Written {
  const { value } = hole;
  if (value.includes('\0')) {
    return refuse('the value has a NUL, which no variable can hold');
  }
  if (place.kind === 'comment') {
    return intoComment(value);
  }
  if (value.includes('\r')) {
    return refuse('the value has a carriage return, which dotenv turns into a line feed');
  }
  if (place.kind === 'single') {
    const isOpenEnded = endsWithBackslash(skeleton, place.start, place.end);
    return canBeSingleQuoted(value) && !isOpenEnded ? write(value) : refuse(singleQuotes(value));
  }
  if (place.kind === 'double') {
    return canBeDoubleQuoted(value) ? write(value) : refuse(DOUBLE_QUOTES);
  }
  if (isWholeValue(skeleton.text, place)) {
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
    ? "the value has a ', which can not stand in single quotes"
    : 'with a backslash before the closing quote dotenv reads on';
}

const DOUBLE_QUOTES =
  'the value has one of " \\ $ `, which sh, dotenv and Node read differently in double quotes; leave the quotes out or use single ones';
const NO_QUOTES =
  'sh, dotenv and Node have no common way to write a value that has a \' beside one of " \\ $ `, or a backslash at its end; use a filter such as base64';
