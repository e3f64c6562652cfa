/**
 * Questions as plain text, for a screen reader and for a terminal that knows no escape sequences: choices are numbered, an answer is a
 * line that the terminal itself edits, what was not accepted is said on a line of its own and asked again. Only text is ever written,
 * nothing of it is drawn again, and no key does anything by itself. The same promises hold as for the drawn questions.
 */
import { stripVTControlCharacters } from 'node:util';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import { dropTyped } from './drop-typed.ts';
import { whileAsking, type ProcessSignals } from './prompt-signals.ts';
import type { Choice, Prompts } from './prompts.ts';

interface LineTerminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly signals: ProcessSignals | undefined;
}

/** What a line amounts to: an answer, or why it is none. */
type Judged<Value> = { readonly answer: Value } | { readonly refused: string };

/** @param hidden what asks for a value that is not to be seen: it draws nothing here */
export function accessiblePrompts(terminal: LineTerminal, hidden: Prompts['hidden']): Prompts {
  const ask = async <Value>(
    { above = [], line, more }: { above?: readonly string[]; line: string; more?: string | undefined },
    judge: (typed: string) => Judged<Value> | Promise<Judged<Value>>,
  ): Promise<Value> => {
    for (let lines = [...above, line]; ; lines = [line]) {
      const typed = await askLine(lines.join('\n'), terminal);
      const judged = typed === '?' && more !== undefined ? null : await judge(typed);
      if (judged !== null && 'answer' in judged) return judged.answer;
      terminal.output.write(judged === null ? `${more}\n` : `Not accepted: ${judged.refused}\n`);
    }
  };
  return {
    hidden,
    confirm: ({ message, default: byEnter = false, more }) => {
      const hint = byEnter === 'none' ? '(y/n)' : `(y/n, Enter means ${byEnter ? 'yes' : 'no'})`;
      return ask({ line: `${printable(message)} ${hint}: `, more }, (typed) => yesOrNo(typed, byEnter));
    },
    select: (question) => {
      const { message, choices, more } = question;
      const byEnter = 'default' in question ? choices.findIndex(({ value }) => value === question.default) : -1;
      const hint = byEnter === -1 ? '' : `, Enter means ${byEnter + 1}`;
      const line = `Enter a number (1 to ${choices.length}${hint}): `;
      return ask({ above: [printable(message), ...numbered(choices)], line, more }, (typed) =>
        one(typed === '' && byEnter !== -1 ? String(byEnter + 1) : typed, choices),
      );
    },
    checkbox: ({ message, choices, required = false }) => {
      const marked = choices.flatMap(({ checked }, index) => (checked === true ? [index + 1] : []));
      const byEnter = marked.length === 0 ? 'none' : marked.join(',');
      const hint = marked.length === 0 && required ? '' : ` (none for none of them, Enter means ${byEnter})`;
      const line = `Enter numbers separated by commas${hint}: `;
      return ask({ above: [printable(message), ...numbered(choices)], line }, (typed) => {
        const words = typed === '' ? byEnter : typed;
        const judged = words.toLowerCase() === 'none' ? { answer: [] } : several(words, choices);
        if (!required || !('answer' in judged) || judged.answer.length > 0) return judged;
        return { refused: 'choose at least one' };
      });
    },
    input: ({ message, default: byEnter, validate }) => {
      const hint = byEnter === undefined || byEnter === '' ? '' : ` (Enter means ${printable(byEnter)})`;
      return ask({ line: `${printable(message)}${hint}: ` }, async (typed): Promise<Judged<string>> => {
        const text = typed === '' ? (byEnter ?? '') : typed;
        const verdict = (await validate?.(text)) ?? true;
        return verdict === true ? { answer: text } : { refused: printable(verdict) };
      });
    },
  };
}

function yesOrNo(typed: string, byEnter: boolean | 'none'): Judged<boolean> {
  if (typed === '' && byEnter !== 'none') return { answer: byEnter };
  const word = typed.toLowerCase();
  if (['y', 'yes'].includes(word)) return { answer: true };
  return ['n', 'no'].includes(word) ? { answer: false } : { refused: 'type y or n' };
}

function numbered(choices: readonly Choice<unknown>[]): string[] {
  return choices.map(({ name, description, disabled }, index) => {
    const more = description === undefined ? '' : `: ${printable(description)}`;
    const why = disabled === undefined ? '' : ` (cannot be chosen: ${printable(disabled)})`;
    return `${String(index + 1).padStart(String(choices.length).length)}. ${printable(name)}${more}${why}`;
  });
}

/** By its number, or by its whole name. Text that stands in some of the names only says which of the numbers those have. */
function one<Value>(typed: string, choices: readonly Choice<Value>[]): Judged<Value> {
  const named = choices.findIndex(({ name }) => name === typed);
  const index = named === -1 && /^\d+$/.test(typed) ? Number(typed) - 1 : named;
  const choice = choices[index];
  if (choice === undefined)
    return { refused: [`enter a number from 1 to ${choices.length}`, ...near(typed, choices)].join('\n') };
  if (choice.disabled !== undefined) return { refused: `${index + 1} cannot be chosen: ${printable(choice.disabled)}` };
  return { answer: choice.value };
}

function near(typed: string, choices: readonly Choice<unknown>[]): string[] {
  const wanted = typed.toLowerCase();
  if (wanted === '' || /^\d+$/.test(wanted)) return [];
  const lines = numbered(choices);
  return choices.flatMap(({ name }, index) => (name.toLowerCase().includes(wanted) ? [lines[index]!] : []));
}

/** In the order of the choices, each once. */
function several<Value>(typed: string, choices: readonly Choice<Value>[]): Judged<Value[]> {
  const chosen = new Set<Value>();
  for (const part of typed.split(',').map((text) => text.trim())) {
    const judged = one(part, choices);
    if ('refused' in judged) return judged;
    chosen.add(judged.answer);
  }
  return { answer: choices.flatMap(({ value }) => (chosen.has(value) ? [value] : [])) };
}

/**
 * Shows the text and takes the line that is typed behind it. The terminal is in line mode meanwhile, so that it shows and edits what is
 * typed; Ctrl-C is a signal then, and Ctrl-D on an empty line the end of input.
 * @throws cancelled
 */
function askLine(text: string, { input, output, signals }: LineTerminal): Promise<string> {
  const wasRaw = input.isRaw;
  return whileAsking(signals, async ({ signal }) => {
    try {
      await dropTyped(input, signal);
      input.setRawMode(false);
      return await readLine(text, { input, output, signals }, signal);
    } finally {
      // A terminal that is gone cannot be restored, and nobody would see it.
      if (!input.destroyed && input.isRaw !== wasRaw) input.setRawMode(wasRaw);
    }
  });
}

function readLine(text: string, { input, output, signals }: LineTerminal, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = Buffer.alloc(0);
    const finish = (settle: () => void): void => {
      input.off('data', read).off('end', cancel).off('close', cancel).off('error', cancel);
      signal.removeEventListener('abort', cancel);
      signals?.off('SIGCONT', show);
      input.pause();
      settle();
    };
    const cancel = (): void =>
      finish(() => {
        output.write('\n');
        reject(errors.cancelled('cancelled'));
      });
    const read = (chunk: Buffer | string): void => {
      typed = Buffer.concat([typed, typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
      const end = typed.indexOf('\n');
      if (end !== -1) finish(() => resolve(stripVTControlCharacters(typed.toString('utf8', 0, end)).trim()));
    };
    // The system forgets half a line where the program was stopped.
    const show = (): void => void output.write(text);
    if (signal.aborted) {
      reject(errors.cancelled('cancelled'));
      return;
    }
    input.on('data', read).on('end', cancel).on('close', cancel).on('error', cancel);
    signal.addEventListener('abort', cancel);
    signals?.on('SIGCONT', show);
    show();
    input.resume();
  });
}
