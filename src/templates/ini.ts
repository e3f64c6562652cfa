/**
 * INI files. No two readers agree on quotes, escapes and comments, so a value goes in as it is, and only where all of
 * them take it as it is: letters, digits and a few marks, and no word that some of them take for a boolean. Everything
 * else is refused; base64 or the filter raw is the way.
 */
import { answer, contentEnd, filled, intoComment, lineEnd, refuse, write } from './skeleton.ts';
import type { Answers, Writer } from './skeleton.ts';

const SAFE = /^[A-Za-z0-9_./+@,:-]+$/;
const WORD = /^\s*(?:true|false|yes|no|on|off|null|none)\s*$/i;

export const writeIni: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  for (let start = 0; start < text.length; start = lineEnd(text, start) + 1) {
    const end = contentEnd(text, start);
    const line = text.slice(start, end);
    if (/^\s*[#;]/.test(line)) {
      answer(skeleton, answers, start, end, (hole) => intoComment(hole.value));
      continue;
    }
    const key = /^[ \t]*[^\s=:;#[\]\uDC00][^=:;#[\]\uDC00]*=[ \t]*/.exec(line);
    const valueStart = start + (key?.[0].length ?? line.length);
    const isWord = WORD.test(filled(skeleton, valueStart, end));
    answer(skeleton, answers, valueStart, end, (hole) =>
      SAFE.test(hole.value) && !isWord
        ? write(hole.value)
        : refuse('readers of INI files disagree about this value; use the filter raw, or base64'),
    );
  }
  return answers;
};
