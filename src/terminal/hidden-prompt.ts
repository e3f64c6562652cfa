/**
 * Asks for a secret on the terminal. Nothing of it is drawn, neither its characters nor how many they are: one fixed mark
 * says that something was typed. inquirer's own password prompt takes text of one line only and can reveal it, so this
 * one reads the terminal itself, in raw mode and with pastes marked by the terminal. However it ends, echo and line mode
 * are back and the marking is off.
 */
import { errors } from '../errors.ts';
import { dropTyped } from './drop-typed.ts';
import { HiddenInput } from './hidden-input.ts';
import { MarkedLine, PlainLine } from './hidden-line.ts';
import { stopWithGroup } from './prompt-signals.ts';
import type { ProcessSignals } from './prompt-signals.ts';
import type { Style } from './style.ts';

const MARK_PASTES = '\x1b[?2004h';
const DO_NOT_MARK_PASTES = '\x1b[?2004l';
/** How long an unmarked paste may pause behind a line end before that counts as the Enter. */
const PASTE_PAUSE_MS = 120;

export interface HiddenQuestion {
  /** Printable already. */
  message: string;
  help: readonly string[];
  allowsEmpty: boolean;
  isOneLine: boolean;
}

export interface HiddenTerminal {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  style: Style;
  /** Whether escape sequences may be written, and what stands there be drawn again. */
  isAnsi: boolean;
  signals: ProcessSignals | undefined;
  /** Aborted when the program is asked to end: the question is then given up. */
  signal: AbortSignal;
}

/**
 * The bytes of the answer. What was typed before the question was shown is not part of it, nor what is typed behind its Enter. Throws
 * `cancelled` on Ctrl-C, on Ctrl-D or an end of input before anything was typed, and when `signal` is aborted.
 */
export async function askHidden(question: HiddenQuestion, terminal: HiddenTerminal): Promise<Uint8Array> {
  const { input, signal } = terminal;
  const wasRaw = input.isRaw;
  try {
    await dropTyped(input, signal);
    return await readHidden(question, terminal, wasRaw);
  } finally {
    // A terminal that is gone cannot be restored, and nobody would see it.
    if (!input.destroyed) input.setRawMode(wasRaw);
  }
}

function readHidden(question: HiddenQuestion, terminal: HiddenTerminal, wasRaw: boolean): Promise<Uint8Array> {
  const { input, output, signal, signals } = terminal;
  const typed = new HiddenInput({ isOneLine: question.isOneLine });
  const line = terminal.isAnsi ? new MarkedLine(question, terminal) : new PlainLine(question, terminal);

  const takeTerminal = (): void => {
    input.setRawMode(true);
    output.write(terminal.isAnsi ? MARK_PASTES : '');
  };
  const giveBack = (): void => {
    output.write(terminal.isAnsi ? DO_NOT_MARK_PASTES : '');
    // A terminal that is gone cannot be restored, and nobody would see it.
    if (!input.destroyed) {
      input.setRawMode(wasRaw);
    }
  };

  return new Promise((resolve, reject) => {
    let pause: NodeJS.Timeout | undefined;
    let isFinished = false;
    const finish = (settle: () => void): void => {
      if (isFinished) return;
      isFinished = true;
      clearTimeout(pause);
      input.off('data', read).off('end', cancel).off('close', cancel);
      signal.removeEventListener('abort', cancel);
      signals?.off('SIGCONT', resume);
      input.pause();
      giveBack();
      // Not before: giving back a terminal that has just gone is such an error.
      input.off('error', cancel);
      line.end(typed.isEmpty);
      settle();
    };
    const cancel = (): void =>
      finish(() => {
        typed.clear();
        reject(errors.cancelled('cancelled'));
      });
    const enter = (rest: Uint8Array): void => {
      if (typed.isEmpty && !question.allowsEmpty) {
        typed.clear();
        line.askAgain();
        take(rest);
        return;
      }
      rest.fill(0);
      finish(() => resolve(typed.take()));
    };
    const suspend = (): void => {
      if (signals === undefined) return;
      giveBack();
      output.write('\n');
      stopWithGroup(signals, resume);
    };
    const resume = (): void => {
      if (isFinished) return;
      // The shell may have changed the terminal behind our back, so that setting raw mode again would be taken as done.
      input.setRawMode(false);
      takeTerminal();
      line.draw(typed.isEmpty);
    };
    const take = (bytes: Uint8Array): void => {
      clearTimeout(pause);
      if (bytes.length === 0) return;
      const { event, rest } = typed.feed(bytes);
      bytes.fill(0);
      if (event === 'cancelled') {
        cancel();
      } else if (event === 'entered') {
        enter(rest);
      } else if (event === 'suspended') {
        line.show(typed.isEmpty);
        suspend();
        take(rest);
      } else {
        line.show(typed.isEmpty);
        if (event === 'maybe-entered') {
          pause = setTimeout(() => enter(new Uint8Array()), PASTE_PAUSE_MS);
        }
      }
    };
    const read = (chunk: Buffer | string): void => take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);

    if (signal.aborted) {
      reject(errors.cancelled('cancelled'));
      return;
    }
    takeTerminal();
    input.on('data', read).on('end', cancel).on('close', cancel).on('error', cancel);
    signal.addEventListener('abort', cancel);
    signals?.on('SIGCONT', resume);
    line.draw(true);
    input.resume();
  });
}
