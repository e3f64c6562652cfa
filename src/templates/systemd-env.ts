/**
 * The file of systemd's `EnvironmentFile=` (systemd.exec(5)): a value in double quotes takes backslash escapes for
 * `" \ $` and the back-tick, and may go over several lines; in single quotes nothing is escaped. Comments are whole
 * lines that begin with `#` or `;`, and a backslash at the end of one swallows the next line.
 */
import { BARE } from './dotenv.ts';
import { envPlaces, isWholeValue } from './assignments.ts';
import type { EnvPlace } from './assignments.ts';
import { answer, endsWithBackslash, intoComment, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';

const RULES = {
  name: /^[ \t]*[A-Za-z_][A-Za-z0-9_]*=/,
  comment: /^[ \t]*[#;]/,
  isForShell: false,
};

/** What the manual rules out: NUL, byte order marks and noncharacters. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\0\uFEFF\uFDD0-\uFDEF]|\p{Noncharacter_Code_Point}/u;

export const writeSystemdEnv: Writer = (skeleton) => {
  const answers: Answers = new Map();
  for (const place of envPlaces(skeleton.text, RULES)) {
    answer(skeleton, answers, place.start, place.end, (hole) => intoPlace(skeleton, place, hole));
  }
  return answers;
};

function intoPlace(skeleton: Skeleton, place: EnvPlace, hole: Hole): Written {
  const { value } = hole;
  if (FORBIDDEN.test(value)) {
    return refuse('the value has a character that systemd does not take in an environment file');
  }
  if (place.kind === 'comment') {
    return endsWithBackslash(skeleton, place.start, place.end)
      ? refuse('a backslash at the end of a comment swallows the next line')
      : intoComment(value);
  }
  if (place.kind === 'double') {
    return write(escaped(value));
  }
  if (place.kind === 'single') {
    return value.includes("'")
      ? refuse("the value has a ', which can not stand in single quotes; leave the quotes out or use double ones")
      : write(value);
  }
  if (isWholeValue(skeleton.text, place)) {
    return write(`"${escaped(value)}"`);
  }
  return BARE.test(value)
    ? write(value)
    : refuse('the value needs quotes; put double quotes around the whole value in the file');
}

function escaped(value: string): string {
  return value.replace(/["\\$`]/g, (character) => `\\${character}`);
}
