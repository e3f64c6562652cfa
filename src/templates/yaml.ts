/**
 * YAML, for readers of 1.1 and 1.2 alike. A placeholder that is a whole plain scalar becomes a string in double quotes;
 * in double quotes a value is escaped; in single quotes, blocks and comments it stands as it is where it can; as a part
 * of a plain scalar only when nothing in it could mean anything and the whole can't be taken for another type.
 */
import {
  answer,
  filled,
  HOLE,
  holesIn,
  IN_ESCAPE,
  intoComment,
  isInsideEscape,
  nestedJsonRefusal,
  refuse,
  write,
} from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';
import { intoBlock, UNPRINTABLE } from './yaml-block.ts';
import { yamlPlaces } from './yaml-scanner.ts';
import type { ScalarPlace, YamlPlace } from './yaml-scanner.ts';

const NO_PLACE = 'knox cannot tell how YAML would read a value here; put double quotes around the placeholder';
/** A key in one line may be 1,024 characters long; longer ones are an error. */
const LONGEST_KEY = 1000;
/** Signs begin something only at the start of a scalar, `:` and `#` within one; between brackets more of them do. */
const SAFE_IN_PLAIN = /^(?:(?![:#])[\p{L}\p{M}\p{N}\p{P}\p{S}])+$/u;
const SAFE_IN_FLOW = /^(?:(?![:#,?[\]{}])[\p{L}\p{M}\p{N}\p{P}\p{S}])+$/u;
/** A superset of what readers take for a number, a date or a time. */
const NUMBER_LIKE = /^[-+]?[0-9._][0-9A-Fa-f_xobTtZz.,:eE+\- \t]*$|^[-+]?\.?(?:inf|nan)$/i;
const WORD_LIKE = /^(?:y|n|yes|no|true|false|on|off|null|~|=|<<)$/i;

export const writeYaml: Writer = (skeleton) => {
  const answers: Answers = new Map();
  for (const place of yamlPlaces(skeleton.text)) {
    if (holesIn(skeleton, place.start, place.end).length > 0) {
      answer(skeleton, answers, place.start, place.end, ruleOf(skeleton, place));
    }
  }
  for (const hole of skeleton.holes) {
    if (!answers.has(hole)) {
      answers.set(hole, refuse(NO_PLACE));
    }
  }
  return answers;
};

/** The rule for one place, made once however many holes it has. */
function ruleOf(skeleton: Skeleton, place: YamlPlace): (hole: Hole) => Written {
  if (place.kind === 'comment') {
    return (hole) => intoComment(hole.value, UNPRINTABLE);
  }
  if (place.tag !== null && !/^(?:!|!!str)$/.test(place.tag)) {
    return () => refuse('the tag before it would change the string; use the filter raw if that is intended');
  }
  if (place.kind === 'block') {
    return (hole) => intoBlock(skeleton, place, hole);
  }
  if (place.isKey && filled(skeleton, place.start, place.end, (one) => doubleQuoted(one.value)).length > LONGEST_KEY) {
    return () => refuse('the value is too long for a YAML key');
  }
  if (place.kind === 'plain') {
    return plainRule(skeleton, place);
  }
  return (hole) => {
    const refusal = place.isMultiLine ? foldingRefusal(skeleton, place, hole) : null;
    if (refusal !== null) {
      return refuse(refusal);
    }
    return place.kind === 'double' ? intoDouble(skeleton, place, hole) : intoSingle(skeleton, place, hole);
  };
}

function plainRule(skeleton: Skeleton, place: ScalarPlace): (hole: Hole) => Written {
  const written = skeleton.text.slice(place.start, place.end);
  if (written === HOLE) {
    return (hole) => write(`"${doubleQuoted(hole.value)}"`);
  }
  const whole = filled(skeleton, place.start, place.end);
  const isStringForSure =
    !place.isMultiLine &&
    !(place.isInFlow && written.includes('?')) &&
    !(written.startsWith(HOLE) && !/^[\p{L}\p{N}_/]/u.test(whole)) &&
    !/^(?:---|\.\.\.)/.test(whole) &&
    !NUMBER_LIKE.test(whole) &&
    !WORD_LIKE.test(whole);
  const safe = place.isInFlow ? SAFE_IN_FLOW : SAFE_IN_PLAIN;
  return (hole) =>
    isStringForSure && safe.test(hole.value)
      ? write(hole.value)
      : refuse('a value as part of a scalar needs quotes; put double quotes around all of it');
}

const UNFINISHED_ESCAPE = /\\(?:x[0-9A-Fa-f\uDC00]?|u[0-9A-Fa-f\uDC00]{0,3}|U[0-9A-Fa-f\uDC00]{0,7})?$/;

function intoDouble(skeleton: Skeleton, place: ScalarPlace, hole: Hole): Written {
  if (isInsideEscape(skeleton.text, place.start, hole.offset, UNFINISHED_ESCAPE)) {
    return refuse(IN_ESCAPE);
  }
  const nested = nestedJsonRefusal(skeleton.text.slice(place.start, hole.offset), hole);
  return nested === null ? write(doubleQuoted(hole.value)) : refuse(nested);
}

function intoSingle(skeleton: Skeleton, place: ScalarPlace, hole: Hole): Written {
  const { value } = hole;
  if (value.includes('\n') || UNPRINTABLE.test(value)) {
    return refuse('the value has a line break or control character, which single quotes cannot hold; use double ones');
  }
  if (place.isMultiLine && /^\s|\s$/.test(value)) {
    return refuse('a blank at either end of the value could be folded away; use double quotes');
  }
  const nested = nestedJsonRefusal(skeleton.text.slice(place.start, hole.offset), hole);
  return nested === null ? write(value.replaceAll("'", () => "''")) : refuse(nested);
}

/** What folding the lines of a quoted scalar could do to a value; blanks at its ends are escaped in double quotes. */
function foldingRefusal(skeleton: Skeleton, place: ScalarPlace, hole: Hole): string | null {
  const lineStart = skeleton.text.lastIndexOf('\n', hole.offset - 1) + 1;
  if (lineStart > place.start && hole.offset - lineStart < 3) {
    return 'at the start of a line inside a string, a value could be read as the end of the document';
  }
  return hole.value === '' ? 'an empty value would change how the lines around it are folded' : null;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const ESCAPED = new RegExp(`["\\\\\\n\\t]|^ | $|${UNPRINTABLE.source}`, 'gu');

/** The content of a string in double quotes. Blanks at its ends are escaped, so that no folding takes them. */
function doubleQuoted(value: string): string {
  return value.replace(ESCAPED, (character) => {
    const code = character.codePointAt(0)!;
    return ESCAPES[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}
