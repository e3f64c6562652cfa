/**
 * The pieces that guide a person through a rotation: where it stands, what is needed now, why, and how to leave, come back
 * or undo. Pure functions to text without a final newline. What they are given is escaped here; a part between backticks is
 * something to type and is shown as a command.
 */
import { printable } from '../domain/printable.ts';
import type { Style, Tone } from './style.ts';
import { displayWidth, padColumns, wrapText } from './text-width.ts';

export type StepState = 'done' | 'current' | 'todo' | 'skipped' | 'failed' | 'waiting';

export interface Step {
  /** Counts from 1. */
  number: number;
  total: number;
  id: string;
  title: string;
  state: StepState;
  /** What is known of it: when and by whom it was done, what it waits for. May be empty. */
  detail?: string | null;
}

export interface View {
  /** Columns of the window. */
  width: number;
  style: Style;
}

const STATE_TONE: Record<StepState, Tone | null> = {
  done: 'ok',
  current: 'heading',
  todo: 'dim',
  skipped: 'dim',
  failed: 'error',
  waiting: 'warn',
};
const STATE_SYMBOL = {
  done: 'done',
  current: 'current',
  todo: 'todo',
  skipped: 'skipped',
  failed: 'failed',
  waiting: 'waiting',
} as const;

/** Text wider than this is tiring to read, however wide the window. */
const WIDEST_TEXT = 100;
/** Below this, labels stand above their text instead of beside it. */
const TWO_COLUMNS_FROM = 64;

/** One sign a step: `●●●◉○○○○○○○`. */
export function progressBar(states: readonly StepState[], style: Style): string {
  const { symbols } = style;
  const sign = (state: StepState): string => {
    if (state === 'done' || state === 'skipped') return style.ok(symbols.barDone);
    if (state === 'failed') return style.error(symbols.barFailed);
    return state === 'todo' ? style.dim(symbols.barTodo) : style.heading(symbols.barCurrent);
  };
  return states.map(sign).join('');
}

/** `Step 4 of 11 · Update staging` and the bar, on one line where they fit, else on two; where text is read out, no bar. */
export function progressHeader(
  step: { number: number; title: string; states: readonly StepState[] },
  { width, style }: View,
): string {
  const title = printable(step.title);
  const text = `Step ${step.number} of ${step.states.length} ${style.symbols.separator} ${title}`;
  if (style.isReadOut) return style.heading(text);
  const bar = progressBar(step.states, style);
  const isOneLine = displayWidth(text) + 3 + step.states.length <= width;
  return isOneLine ? `${style.heading(text)}   ${bar}` : `${style.heading(text)}\n${bar}`;
}

/** All steps, one under the other, details in one column. */
export function overview(steps: readonly Step[], view: View): string {
  const titleWidth = Math.max(0, ...steps.map((step) => displayWidth(printable(step.title))));
  return steps.map((step) => lineOf(step, titleWidth, view)).join('\n');
}

/** One step, its detail wrapped under itself: `  ✔  4  Update staging   2 files, by ana`. */
function lineOf(step: Step, titleWidth: number, { width, style }: View): string {
  const tone = STATE_TONE[step.state];
  const paint = (text: string): string => (tone === null ? text : style[tone](text));
  const number = String(step.number).padStart(String(step.total).length);
  const symbol = padColumns(style.symbols[STATE_SYMBOL[step.state]], widestSign(style));
  const title = printable(step.title);
  const detail = step.detail ?? '';
  const isFinished = step.state === 'done';
  const begin = `  ${paint(symbol)} ${style.dim(number)}  ${isFinished ? title : paint(title)}`;
  if (detail === '') {
    return begin;
  }
  const indent = displayWidth(`  ${symbol} ${number}  `) + titleWidth + 3;
  if (width - indent < 24) {
    const below = ' '.repeat(indent - titleWidth - 3 + 2);
    const lines = wrapLines(detail, Math.max(10, width - below.length));
    return [begin, ...lines.map((line) => below + style.dim(line))].join('\n');
  }
  const [first, ...rest] = wrapLines(detail, Math.min(WIDEST_TEXT, width - indent));
  const padded = padColumns(begin, indent);
  return [padded + style.dim(first!), ...rest.map((line) => ' '.repeat(indent) + style.dim(line))].join('\n');
}

function widestSign({ symbols }: Style): number {
  return Math.max(...Object.values(STATE_SYMBOL).map((name) => displayWidth(symbols[name])));
}

/** What a person should know at a step. Each is a sentence or two; what is left out is not shown. */
export interface Guide {
  does?: string;
  needs?: string;
  why?: string;
  leave?: string;
  undo?: string;
}

const GUIDE_LABELS: Record<keyof Guide, string> = {
  does: 'What happens here',
  needs: 'What knox needs from you',
  why: 'Why',
  leave: 'How to leave and come back',
  undo: 'How to undo',
};

/** The guide's answers, labels on the left and text on the right, or one under the other in a narrow window and for reading out. */
export function guideBlock(guide: Guide, { width, style }: View): string {
  const order = ['does', 'why', 'needs', 'leave', 'undo'] as const;
  const entries = order.flatMap((key) => (guide[key] ? [{ label: GUIDE_LABELS[key], text: guide[key] }] : []));
  const labelWidth = Math.max(...Object.values(GUIDE_LABELS).map((label) => label.length));
  if (width < TWO_COLUMNS_FROM || style.isReadOut) {
    return entries
      .flatMap(({ label, text }) => [`  ${style.heading(label)}`, ...paragraph(text, 4, { width, style })])
      .join('\n');
  }
  const indent = 2 + labelWidth + 2;
  return entries
    .flatMap(({ label, text }) => {
      const [first, ...rest] = paragraph(text, indent, { width, style });
      return [`  ${padColumns(style.heading(label), labelWidth)}  ${first!.slice(indent)}`, ...rest];
    })
    .join('\n');
}

/** `text` wrapped and indented by `indent` columns, its commands shown as such. */
export function paragraph(text: string, indent: number, { width, style }: View): string[] {
  const room = Math.max(16, Math.min(WIDEST_TEXT, width - indent - 1));
  let isCommand = false;
  return wrapLines(text, room).map((line) => {
    const pieces = line.split('`').map((piece, index) => {
      if (index > 0) {
        isCommand = !isCommand;
      }
      return isCommand && piece !== '' ? style.command(piece) : piece;
    });
    // With colour the colour says what the backticks say without it.
    return ' '.repeat(indent) + pieces.join(style.hasColor ? '' : '`');
  });
}

/** Each line of it, such as of what a program has printed, by itself. */
function wrapLines(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapText(printable(line), width));
}
