/**
 * What text looks like, by meaning and never by colour name: the rest of knox says `style.warn(…)`. Only the sixteen basic
 * colours are used, and of them none that vanishes on a light or on a dark background (no black, white, yellow or bright
 * ones). Whether there is colour, and whether symbols may leave ASCII, is decided by the caller. Without colour chalk is
 * not loaded.
 */

/** The meanings that text can have. */
export const TONES = [
  'heading',
  'dim',
  'ok',
  'warn',
  'error',
  'added',
  'removed',
  'addedPart',
  'removedPart',
  'name',
  'command',
  'path',
] as const;
export type Tone = (typeof TONES)[number];

export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly warning: string;
  readonly current: string;
  readonly todo: string;
  readonly skipped: string;
  readonly waiting: string;
  readonly question: string;
  readonly pointer: string;
  readonly arrow: string;
  readonly separator: string;
  readonly ellipsis: string;
  /** Stands for hidden input, however long that is. */
  readonly hidden: string;
  /** The two halves and the middle of the progress bar. */
  readonly barDone: string;
  readonly barCurrent: string;
  readonly barTodo: string;
  readonly barFailed: string;
  readonly checked: string;
  readonly unchecked: string;
  /** In a cell that says whether something is so. */
  readonly yes: string;
  readonly no: string;
}

/** What stands for a state: signs, those of ASCII alone, or words for text that is read out. */
export type Signs = 'unicode' | 'ascii' | 'words';

export type Style = { readonly [Key in Tone]: (text: string) => string } & {
  /** False where every tone returns its text unchanged. */
  readonly hasColor: boolean;
  /** Text that is read out: no picture made of signs, and nothing that is drawn again in its place. */
  readonly isReadOut: boolean;
  readonly symbols: Symbols;
};

const UNICODE_SYMBOLS: Symbols = {
  done: '✔',
  failed: '✘',
  warning: '▲',
  current: '▶',
  todo: '○',
  skipped: '–',
  waiting: '◔',
  question: '?',
  pointer: '❯',
  arrow: '→',
  separator: '·',
  ellipsis: '…',
  hidden: '••••••',
  barDone: '●',
  barCurrent: '◉',
  barTodo: '○',
  barFailed: '✘',
  checked: '◉',
  unchecked: '○',
  yes: '✔',
  no: '–',
};

const ASCII_SYMBOLS: Symbols = {
  done: '+',
  failed: 'x',
  warning: '!',
  current: '>',
  todo: '.',
  skipped: '-',
  waiting: '~',
  question: '?',
  pointer: '>',
  arrow: '->',
  separator: '-',
  ellipsis: '...',
  hidden: '******',
  barDone: '#',
  barCurrent: '>',
  barTodo: '.',
  barFailed: 'x',
  checked: '[x]',
  unchecked: '[ ]',
  yes: '+',
  no: '-',
};

const WORDS: Symbols = {
  ...ASCII_SYMBOLS,
  done: 'done:',
  failed: 'failed:',
  warning: 'warning:',
  current: 'now:',
  todo: 'to do:',
  skipped: 'skipped:',
  waiting: 'waiting:',
  yes: 'yes',
  no: 'no',
};

const SYMBOLS: Readonly<Record<Signs, Symbols>> = { unicode: UNICODE_SYMBOLS, ascii: ASCII_SYMBOLS, words: WORDS };

/** A style without colour. */
export function plainStyle(signs: Signs): Style {
  const same = (text: string): string => text;
  const tones = Object.fromEntries(TONES.map((tone) => [tone, same])) as Record<Tone, (text: string) => string>;
  return { ...tones, hasColor: false, isReadOut: signs === 'words', symbols: SYMBOLS[signs] };
}

/**
 * A style with colour, or the plain one where `colorLevel` is 0. The levels are chalk's; as only basic colours are used,
 * 1, 2 and 3 look the same.
 */
export async function createStyle(options: { colorLevel: 0 | 1 | 2 | 3; signs: Signs }): Promise<Style> {
  const plain = plainStyle(options.signs);
  if (options.colorLevel === 0) {
    return plain;
  }
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: options.colorLevel });
  return {
    ...plain,
    hasColor: true,
    heading: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    ok: (text) => chalk.green(text),
    warn: (text) => chalk.magenta(text),
    error: (text) => chalk.bold.red(text),
    added: (text) => chalk.green(text),
    removed: (text) => chalk.red(text),
    addedPart: (text) => chalk.inverse.green(text),
    removedPart: (text) => chalk.inverse.red(text),
    name: (text) => chalk.bold(text),
    command: (text) => chalk.cyan(text),
    path: (text) => chalk.underline(text),
  };
}
