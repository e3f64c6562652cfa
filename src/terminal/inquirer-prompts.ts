/**
 * Questions that inquirer draws, in knox's colours and symbols. It is loaded with the first such question. What inquirer
 * leaves open is closed here: an end of input answers nothing and would leave the process hanging, the output stream must
 * survive the prompt, and a prompt that is taken back to the foreground must read again.
 */
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { errors } from '../errors.ts';
import { dropTyped } from './drop-typed.ts';
import { stopWithGroup, whileAsking, type ProcessSignals } from './prompt-signals.ts';
import type { Style } from './style.ts';

export interface QuestionTerminal {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  style: Style;
  signals: ProcessSignals | undefined;
}

/** A question as inquirer takes it; texts must be printable already. */
export type Question = { type: 'confirm' | 'select' | 'search' | 'checkbox' | 'input'; message: string } & Record<
  string,
  unknown
>;

type Ask = (questions: object[]) => Promise<{ answer: unknown }>;

const SHOW_CURSOR = '\x1b[?25h';
const ERASE_BELOW = '\x1b[J';
/** What inquirer's ways of giving up are called. */
const GIVEN_UP = new Set(['ExitPromptError', 'AbortPromptError', 'CancelPromptError']);

/**
 * The answer. Throws `cancelled` on Ctrl-C, at the end of input and when the process is told to end.
 * @param more what `?` shows above the question; null where that is a character like any other
 */
export async function askInquirer(
  question: Question,
  terminal: QuestionTerminal,
  more: string | null = null,
): Promise<unknown> {
  const { default: inquirer } = await import('inquirer');
  const { input, output, style, signals } = terminal;
  const wasRaw = input.isRaw;
  const screen = keptOpen(output);
  return whileAsking(signals, async (controller) => {
    const giveUp = (): void => controller.abort();
    let isOpen = true;
    const resume = (): void => {
      if (!isOpen || input.destroyed) return;
      input.setRawMode(false);
      input.setRawMode(true);
      input.resume();
      screen.drawAgain();
    };
    const stop = (given: ProcessSignals): void => {
      output.write(`${SHOW_CURSOR}\n`);
      input.setRawMode(false);
      stopWithGroup(given, resume);
    };
    const watchForEnd = (_: unknown, key?: Key): void => {
      // readline closes, and with that pauses its input, when Ctrl-D comes on an empty line; elsewhere it deletes.
      if (isControl(key, 'd')) setImmediate(() => input.isPaused() && giveUp());
    };
    const explain = (): void => {
      screen.erase();
      output.write(`${more}\n`);
      screen.drawAgain();
    };
    const hearAll = withoutKeys(input, (typed, key) => {
      if (signals !== undefined && isControl(key, 'z')) return () => stop(signals);
      return more !== null && typed === '?' ? explain : null;
    });
    input.on('keypress', watchForEnd).on('end', giveUp).on('close', giveUp).on('error', giveUp);
    try {
      await dropTyped(input, controller.signal);
      signals?.on('SIGCONT', resume);
      const ask = inquirer.createPromptModule({
        input,
        output: screen.stream,
        signal: controller.signal,
      }) as unknown as Ask;
      const { answer } = await ask([{ ...question, name: 'answer', theme: theme(style) }]);
      return answer;
    } catch (error) {
      if (error instanceof Error && GIVEN_UP.has(error.name)) {
        output.write(SHOW_CURSOR);
        throw errors.cancelled('cancelled');
      }
      throw error;
    } finally {
      isOpen = false;
      signals?.off('SIGCONT', resume);
      hearAll();
      input.off('keypress', watchForEnd).off('end', giveUp).off('close', giveUp).off('error', giveUp);
      input.pause();
      if (!input.destroyed && input.isRaw !== wasRaw) {
        input.setRawMode(wasRaw);
      }
    }
  });
}

interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
}

function isControl(key: Key | undefined, letter: string): boolean {
  return key?.ctrl === true && key.name === letter;
}

/**
 * Keeps some keys from whoever listens to keys: at a Ctrl-Z readline would stop this process alone, and a list takes what is typed for the
 * beginning of a search.
 * @param taken what such a key does instead; null for all others
 * @returns what ends that
 */
function withoutKeys(
  input: NodeJS.ReadStream,
  taken: (typed: unknown, key: Key | undefined) => (() => void) | null,
): () => void {
  const emit = input.emit.bind(input) as (event: string | symbol, ...given: unknown[]) => boolean;
  const own = (event: string | symbol, ...given: unknown[]): boolean => {
    const does = event === 'keypress' ? taken(given[0], given[1] as Key | undefined) : null;
    if (does === null) return emit(event, ...given);
    does();
    return true;
  };
  Object.defineProperty(input, 'emit', { value: own, configurable: true, writable: true });
  return () => void Reflect.deleteProperty(input, 'emit');
}

/** What inquirer writes before a new frame: down to the end of the one before, and each of its lines erased. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what it looks for
const ERASING = /^(?:\x1b\[\d*B)?(?:\x1b\[2K(?:\x1b\[\d*A)?)*(?:\x1b\[\d*G)?/;

/** How far the cursor goes back up at the end of a frame. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what it looks for
const BACK_UP = /\x1b\[(\d+)A(?!.*\n)/;

interface Screen {
  readonly stream: NodeJS.WriteStream;
  readonly drawAgain: () => void;
  /** Takes the frame away: the cursor stands where it began. */
  readonly erase: () => void;
}

/** A stand-in for `output` that inquirer may end. It knows what is drawn: inquirer draws only what has changed, and no line wraps. */
function keptOpen(output: NodeJS.WriteStream): Screen {
  let drawn = '';
  const sink = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      output.write(chunk);
      const frame = String(chunk).replace(ERASING, () => '');
      // Others only move the cursor.
      if (stripVTControlCharacters(frame).trim() !== '') drawn = frame;
      done();
    },
  });
  const stream = Object.defineProperties(sink, {
    isTTY: { value: true },
    columns: { get: () => output.columns },
    rows: { get: () => output.rows },
  }) as unknown as NodeJS.WriteStream;
  const erase = (): void => {
    const lines = drawn.split('\n').length - 1 - Number(BACK_UP.exec(drawn)?.[1] ?? 0);
    output.write(`${lines > 0 ? `\x1b[${lines}A` : ''}\r${ERASE_BELOW}`);
  };
  return { stream, erase, drawAgain: () => void output.write(drawn) };
}

function theme(style: Style): object {
  const { symbols } = style;
  const arrows = (keys: string): string => (keys === '↑↓' ? 'up/down' : keys === '⏎' ? 'enter' : keys);
  return {
    i18n: { disabledError: 'not this one: the arrow keys choose' },
    prefix: { idle: style.heading(symbols.question), done: style.ok(symbols.done) },
    spinner: { interval: 120, frames: ['-', '\\', '|', '/'] },
    icon: {
      cursor: symbols.pointer,
      checked: ` ${style.ok(symbols.checked)}`,
      unchecked: ` ${symbols.unchecked}`,
      disabledChecked: ` ${symbols.checked}`,
      disabledUnchecked: ` ${symbols.skipped}`,
    },
    style: {
      answer: style.command,
      message: (text: string) => style.heading(text),
      error: (text: string) => style.error(`${symbols.failed} ${text}`),
      defaultAnswer: (text: string) => style.dim(`(${text})`),
      help: style.dim,
      highlight: style.command,
      key: style.command,
      description: style.dim,
      disabled: style.dim,
      searchTerm: style.command,
      keysHelpTip: (keys: readonly [string, string][]) =>
        style.dim(keys.map(([key, action]) => `${arrows(key)} ${action}`).join(', ')),
    },
  };
}
