/** `knox demo`: a whole rotation to watch, in a temporary folder. The one command that prints as it goes: its output is a story. */
import type { Run } from '../../command-line/command.ts';
import { playDemo } from '../../demo/demo.ts';
import type { LineKind } from '../../demo/demo.ts';
import type { Style } from '../../terminal/style.ts';
import { wrapText } from '../../terminal/text-width.ts';
import type { Demo } from './declared.ts';

/** A pipe gets each line whole. */
const UNWRAPPED = 100_000;

export const demo: Run<Demo> = async (context, { keep }) => {
  const { stdout } = context.io;
  const style = await context.style(stdout);
  const width = stdout.isTTY === true ? Math.max(40, stdout.columns || 80) : UNWRAPPED;
  const tell = (line: string, kind: LineKind): void => {
    if (!context.isJson) stdout.write(`${drawn(line, kind, style, width)}\n`);
  };
  const result = await playDemo(context.io, keep, tell);
  const kept = result.folder === null ? '' : `\nThe project is in ${result.folder}`;
  return { json: result, text: `\nDone. Your turn: knox init${kept}` };
};

function drawn(line: string, kind: LineKind, style: Style, width: number): string {
  if (kind === 'chapter') return style.heading(`== ${line}`);
  // Lines of a diff or a list keep their own indent.
  const indent = ' '.repeat((kind === 'output' ? 2 : 0) + line.length - line.trimStart().length);
  const text = line.trim();
  // Wrapping joins blanks: what fits keeps them.
  const lines = text.length + indent.length < width ? [text] : wrapText(text, width - indent.length - 3);
  const tone = kind === 'typed' ? style.command : (same: string) => same;
  return lines.map((part, index) => tone(`${indent}${index === 0 ? '' : '  '}${part}`)).join('\n');
}
