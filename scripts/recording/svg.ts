/**
 * Frames of a terminal as one SVG that plays them: a strip of screens, moved on by a CSS animation behind a window. It needs no script and no
 * font from elsewhere, has its own background for light and dark pages, and stands still at the last frame where nothing moves.
 */
import type { Run } from '../../test/helpers/pty.ts';
import type { Frame } from './play.ts';

const CELL = 8.4;
const LINE = 18;
const MARGIN = 16;
const BAR = 34;
const BACKGROUND = '#0d1117';
const TEXT = '#d6dde6';
/** The eight colours that knox uses, and their bright ones. */
const COLOURS = ['#6e7681', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#f0f6fc'];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** @param title what the recording shows, for those who cannot see it */
export function toSvg(frames: readonly Frame[], { columns, rows }: Size, title: string): string {
  const width = Math.ceil(columns * CELL + 2 * MARGIN);
  const screen = rows * LINE + 2 * MARGIN;
  const height = BAR + screen;
  const total = frames.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const last = -(frames.length - 1) * screen;
  let past = 0;
  const stops = frames.map(({ milliseconds }, index) => {
    const stop = `${percent(past / total)}%{transform:translateY(${-index * screen}px)}`;
    past += milliseconds;
    return stop;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve">`,
    `<title>${escape(title)}</title>`,
    '<style>',
    `text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${TEXT};white-space:pre}`,
    `.b{font-weight:bold}.d{fill:#8b949e}`,
    COLOURS.map((colour, index) => `.c${index}{fill:${colour}}`).join(''),
    `@keyframes play{${stops.join('')}100%{transform:translateY(${last}px)}}`,
    `@media (prefers-reduced-motion:no-preference){.strip{animation:play ${total / 1000}s step-end infinite}}`,
    '</style>',
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}" stroke="#30363d"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (colour, index) => `<circle cx="${20 + index * 20}" cy="18" r="6" fill="${colour}"/>`,
    ),
    `<svg y="${BAR}" width="${width}" height="${screen}"><g class="strip" transform="translate(0 ${last})">`,
    ...frames.map(({ rows: shown }, index) => frame(shown, index * screen)),
    '</g></svg>',
    '</svg>',
    '',
  ].join('\n');
}

/** What the frames of such an SVG say, as the terminal had it, a text a frame. */
export function textsOf(svg: string): string[] {
  return [...svg.matchAll(/^<g class="frame"[^>]*>\n([^]*?)^<\/g>/gm)].map(([, frameText]) => {
    const rows: string[] = [];
    for (const [, y, runs] of frameText!.matchAll(/<text y="(\d+)">(.*?)<\/text>/g)) {
      const row = (Number(y) - MARGIN - 14) / LINE;
      while (rows.length < row) rows.push('');
      let text = '';
      for (const [, x, run] of runs!.matchAll(/<tspan x="([\d.]+)"[^>]*>(.*?)<\/tspan>/g))
        text = text.padEnd(Math.round((Number(x) - MARGIN) / CELL)) + unescape(run!);
      rows.push(text);
    }
    return rows.join('\n');
  });
}

function frame(rows: readonly (readonly Run[])[], y: number): string {
  const lines = rows.flatMap((runs, row) => {
    const spans = runs.flatMap(span);
    return spans.length === 0 ? [] : [`<text y="${MARGIN + 14 + row * LINE}">${spans.join('')}</text>`];
  });
  return [`<g class="frame" transform="translate(0 ${y})">`, ...lines, '</g>'].join('\n');
}

/** A run from its first character that is no blank to its last one. */
function span({ text, column, colour, isBold, isDim }: Run): string[] {
  const shown = text.trim();
  if (shown === '') return [];
  const x = MARGIN + (column + text.length - text.trimStart().length) * CELL;
  const classes = [
    ...(isBold ? ['b'] : []),
    ...(isDim ? ['d'] : []),
    ...(colour === null ? [] : [`c${colour % COLOURS.length}`]),
  ];
  const style = classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
  const length = round(shown.length * CELL);
  return [`<tspan x="${round(x)}" textLength="${length}"${style}>${escape(shown)}</tspan>`];
}

const round = (length: number): string => String(Math.round(length * 10) / 10);
const percent = (part: number): string => String(Math.round(part * 100_000) / 1000);

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
