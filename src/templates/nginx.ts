/**
 * `.conf` files by nginx's rules: words end at blanks, `;` and `{`; quotes of both kinds take backslash escapes; `#`
 * begins a comment. A `$` would begin a variable wherever it stands, and has no escape, so it is refused.
 */
import { answer, HOLE, intoComment, lineEnd, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Writer, Written } from './skeleton.ts';
import { BARE } from './dotenv.ts';

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export const writeNginx: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  let offset = 0;
  while (offset < text.length) {
    const start = offset;
    const character = text[offset]!;
    if (character === '#') {
      offset = lineEnd(text, start);
      answer(skeleton, answers, start, offset, (hole) => intoComment(hole.value));
    } else if (character === '"' || character === "'") {
      const close = wordEnd(text, start + 1, (one) => one === character);
      answer(skeleton, answers, start, close, intoQuotes);
      offset = close + 1;
    } else if (/[\s;{}]/.test(character)) {
      offset += 1;
    } else {
      offset = wordEnd(text, start, (one) => /[\s;{]/.test(one));
      const isWhole = text.slice(start, offset) === HOLE;
      answer(skeleton, answers, start, offset, (hole) => {
        const written = intoQuotes(hole);
        if (isWhole) {
          return 'text' in written ? write(`"${written.text}"`) : written;
        }
        return BARE.test(hole.value)
          ? write(hole.value)
          : refuse('the value needs quotes; put double quotes around the whole word in the file');
      });
    }
  }
  return answers;
};

function wordEnd(text: string, start: number, isEnd: (character: string) => boolean): number {
  let offset = start;
  while (offset < text.length && !isEnd(text[offset]!)) {
    offset += text[offset] === '\\' ? 2 : 1;
  }
  return Math.min(offset, text.length);
}

function intoQuotes(hole: Hole): Written {
  if (hole.value.includes('$')) {
    return refuse('the value has a $, which starts a variable in this file and cannot be escaped');
  }
  if (hole.value.includes('\0')) {
    return refuse('the value has a NUL, which is not allowed in this file');
  }
  return write(hole.value.replace(/["'\\\n\r\t]/g, (character) => ESCAPES[character] ?? `\\${character}`));
}
