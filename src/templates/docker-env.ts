/**
 * The file of `docker run --env-file`: `NAME=` and then everything to the end of the line as it is, with no quotes and
 * no escapes. So a value can stand there when it has no line end and no NUL, and the line is not longer than the client reads.
 */
import { answer, contentEnd, filled, HOLE, intoComment, lineEnd, refuse, write } from './skeleton.ts';
import type { Answers, Writer } from './skeleton.ts';

/** Bytes: the client reads lines through a buffer of 64 KiB that has to hold the line end too. */
const LONGEST_LINE = 65_535;

export const writeDockerEnv: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  for (let start = 0; start < text.length; start = lineEnd(text, start) + 1) {
    const end = contentEnd(text, start);
    const line = text.slice(start, end);
    if (line.includes(HOLE) && Buffer.byteLength(filled(skeleton, start, lineEnd(text, start))) > LONGEST_LINE) {
      answer(skeleton, answers, start, end, () =>
        refuse('the line would be longer than the 65535 bytes that Docker reads'),
      );
      continue;
    }
    if (/^\s*#/.test(line)) {
      answer(skeleton, answers, start, end, (hole) => intoComment(hole.value));
      continue;
    }
    const equals = /^[ \t]*[^\s=\uDC00]+=/.exec(line);
    if (equals !== null) {
      answer(skeleton, answers, start + equals[0].length, end, (hole) =>
        // oxlint-disable-next-line no-control-regex
        /[\u0000\r\n]/.test(hole.value)
          ? refuse('the value has a line break or NUL, which a docker env file cannot hold')
          : write(hole.value),
      );
    }
  }
  return answers;
};
