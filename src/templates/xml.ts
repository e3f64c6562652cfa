/**
 * XML 1.0. In text and in attributes a value is escaped; an attribute without quotes gets them; CDATA sections and
 * comments have no escapes and take what does not end them. Names, processing instructions and declarations take no
 * value at all. In a file of another encoding than UTF-8 a character beyond ASCII is a reference, and stands only where
 * one can.
 */
import { hasForeignBytes } from './file-text.ts';
import { answer, filled, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';

/** What XML 1.0 cannot hold, escaped or not. */
const FORBIDDEN = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const NO_CHARACTER = 'the value has a control character that XML cannot hold; use a filter such as base64';

export const writeXml: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  const encoding = encodingOf(text);
  if (encoding !== null && WIDE.test(encoding)) {
    answer(skeleton, answers, 0, text.length, () => refuse(NOT_AS_DECLARED));
    return answers;
  }
  const ascii = encoding === null ? null : `the value has a character beyond ASCII, and the file is ${encoding}`;
  let offset = 0;
  const readTo = (open: string, close: string): [start: number, end: number] => {
    const start = offset + open.length;
    const end = text.indexOf(close, start);
    offset = end === -1 ? text.length : end + close.length;
    return [start, end === -1 ? text.length : end];
  };
  while (offset < text.length) {
    if (text.startsWith('<!--', offset)) {
      const [start, end] = readTo('<!--', '-->');
      const content = filled(skeleton, start, end);
      const isEnded =
        content.includes('--') || content.endsWith('-') || content.startsWith('>') || content.startsWith('->');
      answerAsIs(
        skeleton,
        answers,
        start,
        end,
        isEnded ? 'the value has "--", which is not allowed in a comment' : null,
        ascii,
      );
    } else if (text.startsWith('<![CDATA[', offset)) {
      const [start, end] = readTo('<![CDATA[', ']]>');
      const isEnded = filled(skeleton, start, end + 2)
        .slice(0, end === text.length ? undefined : -1)
        .includes(']]>');
      const isOpen = filled(skeleton, start, end).endsWith(']');
      answerAsIs(
        skeleton,
        answers,
        start,
        end,
        isEnded || isOpen ? 'the value would end the CDATA section' : null,
        ascii,
      );
    } else if (text.startsWith('<?', offset)) {
      readTo('<?', '?>');
    } else if (text.startsWith('<!', offset)) {
      // A declaration may hold strings and further declarations with ">" in them; nothing after an odd one is a place.
      const declaration = /<![^[<>"']*>/y;
      declaration.lastIndex = offset;
      offset = declaration.test(text) ? declaration.lastIndex : text.length;
    } else if (/^<[A-Za-z_:\u0080-\uFFFF/]/.test(text.slice(offset, offset + 2))) {
      offset = readTag(skeleton, answers, offset, encoding);
    } else {
      const next = text.indexOf('<', offset + 1);
      const end = next === -1 ? text.length : next;
      answer(skeleton, answers, offset, end, (hole) => intoText(text, hole, encoding));
      offset = end;
    }
  }
  return answers;
};

/** Reads a tag's attributes and gives the offset after it. */
function readTag(skeleton: Skeleton, answers: Answers, start: number, encoding: string | null): number {
  const { text } = skeleton;
  let offset = start + 1;
  while (offset < text.length && text[offset] !== '>') {
    const quote = text[offset]!;
    if (quote === '"' || quote === "'") {
      const close = text.indexOf(quote, offset + 1);
      const end = close === -1 ? text.length : close;
      answer(skeleton, answers, offset + 1, end, (hole) => intoText(text, hole, encoding));
      offset = end + 1;
    } else {
      const isWhole = text[offset - 1] === '=' && /[\s/>]/.test(text[offset + 1] ?? '');
      answer(skeleton, answers, offset, offset + 1, (hole) => {
        const written = intoText(text, hole, encoding);
        if (!isWhole) {
          return refuse('a value cannot be a part of a tag; put it into an attribute in quotes');
        }
        return 'text' in written ? write(`"${written.text}"`) : written;
      });
      offset += 1;
    }
  }
  return offset + 1;
}

/** For text and attributes alike: line ends and tabs as references, since readers change them where they stand bare. */
function intoText(text: string, hole: Hole, encoding: string | null): Written {
  if (FORBIDDEN.test(hole.value)) {
    return refuse(NO_CHARACTER);
  }
  if (/&[#\w]*\uDC00?$/.test(text.slice(Math.max(0, hole.offset - 12), hole.offset))) {
    return refuse('a value cannot be a part of a reference');
  }
  const referred = encoding === null ? /[&<>"'\t\n\r\u0085\u2028]/g : /[&<>"'\t\n\r]|[^\0-\x7f]/gu;
  return write(hole.value.replace(referred, (character) => `&#${character.codePointAt(0)!};`));
}

/** What the file is in, for a message: the encoding that it says; null where that is UTF-8, as it is. */
function encodingOf(text: string): string | null {
  const declared = /^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']/.exec(text)?.[1];
  if (declared === undefined || /^utf-?8$/i.test(declared)) return hasForeignBytes(text) ? 'not UTF-8' : null;
  return declared;
}

/** In these, not even ASCII is what it is in the bytes that were read. */
const WIDE =
  /^(?:utf-?(?:16|32)|ucs-?[24]|iso-10646-ucs-[24]|ebcdic|cp(?:037|1047|1140|500)|ibm(?:037|1047|1140|500))/i;
const NOT_AS_DECLARED =
  'the file declares an encoding that it is not in; save it as UTF-8 and say so in its first line';

function answerAsIs(
  skeleton: Skeleton,
  answers: Answers,
  start: number,
  end: number,
  why: string | null,
  ascii: string | null,
): void {
  answer(skeleton, answers, start, end, (hole) => {
    if (FORBIDDEN.test(hole.value) || hole.value.includes('\r')) {
      return refuse(NO_CHARACTER);
    }
    if (ascii !== null && /[^\0-\x7f]/.test(hole.value)) {
      return refuse(ascii);
    }
    return why === null ? write(hole.value) : refuse(why);
  });
}
