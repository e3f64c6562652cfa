/**
 * Everything that knox asks a person. A question goes to the terminal, never to stdout, and shows text only after it was
 * made printable. Whatever ends a question (an answer, Ctrl-C, the end of input, a signal) leaves the terminal as it was:
 * echo and line mode on, cursor visible, pastes unmarked. Giving up is the error `cancelled`.
 */
import { printable } from '../domain/printable.ts';
import { askHidden } from './hidden-prompt.ts';
import { askInquirer, type Question } from './inquirer-prompts.ts';
import { whileAsking, type ProcessSignals } from './prompt-signals.ts';
import { plainStyle, type Style } from './style.ts';

/** With more choices than this, typing narrows them down. */
const FILTER_ABOVE = 10;
/** Lines of the window that a list leaves for the question, the description and the keys. */
const LINES_AROUND_LIST = 6;

export interface Choice<Value> {
  name: string;
  value: Value;
  /** Shown under the list while the choice is the active one. */
  description?: string;
  /** Why it cannot be chosen. */
  disabled?: string;
}

/** `more` is what `?` shows, lines as they are: the question is asked again below it. */
interface Explained {
  more?: string;
}

export interface Prompts {
  /**
   * Asks for a value that must not be seen. A paste is taken whole, its line ends as `\n`, less one at its end. Help may
   * have several lines. `singleLine` is for passphrases: the first Enter ends it.
   */
  hidden(question: { message: string; help?: string; allowEmpty?: boolean; singleLine?: boolean }): Promise<Uint8Array>;
  /** `default` is what Enter alone answers; no, where it is left out. With `none` it answers nothing: y or n is typed. */
  confirm(question: { message: string; default?: boolean | 'none' } & Explained): Promise<boolean>;
  /** One of `choices`, of which at least one can be chosen. With `isDeliberate` Enter alone chooses none of them. */
  select<Value>(
    question: {
      message: string;
      choices: readonly Choice<Value>[];
      default?: Value;
      isDeliberate?: boolean;
    } & Explained,
  ): Promise<Value>;
  /** Any number of `choices`, in their order. */
  checkbox<Value>(question: {
    message: string;
    choices: readonly (Choice<Value> & { checked?: boolean })[];
    required?: boolean;
  }): Promise<Value[]>;
  /** A line of text. `validate` answers `true`, or what is wrong with it. */
  input(question: {
    message: string;
    default?: string;
    validate?: (text: string) => true | string | Promise<true | string>;
  }): Promise<string>;
}

export interface PromptOptions {
  style?: Style;
  /** `process`, so that a signal gives the terminal back before the program ends, and Ctrl-Z works. */
  signals?: ProcessSignals;
  /** Plain text, nothing of it drawn again: for a screen reader, and a terminal that knows no escape sequences. */
  isAccessible?: boolean;
}

/** Prompts on a terminal: `input` and `output` as `openTerminal` gives them. */
export async function createPrompts(
  streams: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
  options: PromptOptions = {},
): Promise<Prompts> {
  const input = streams.input as NodeJS.ReadStream;
  const output = streams.output as NodeJS.WriteStream;
  const style = options.style ?? plainStyle('ascii');
  const signals = options.signals;

  const hidden: Prompts['hidden'] = (question) =>
    whileAsking(signals, ({ signal }) =>
      askHidden(
        {
          message: printable(question.message),
          help: question.help === undefined ? [] : question.help.split('\n').map(printable),
          allowsEmpty: question.allowEmpty ?? false,
          isOneLine: question.singleLine ?? false,
        },
        { input, output, style, isAnsi: options.isAccessible !== true, signals, signal },
      ),
    );
  if (options.isAccessible === true) {
    const { accessiblePrompts } = await import('./accessible-prompts.ts');
    return accessiblePrompts({ input, output, signals }, hidden);
  }

  const ask = (question: Question, more: string | null = null): Promise<unknown> =>
    askInquirer({ ...question, message: printable(question.message) }, { input, output, style, signals }, more);
  const pageSize = (): number => Math.max(3, Math.min(FILTER_ABOVE, (output.rows || 24) - LINES_AROUND_LIST));

  return {
    hidden,
    async confirm({ message, default: byEnter = false, more }) {
      if (byEnter !== 'none') return (await ask({ type: 'confirm', message, default: byEnter }, more)) as boolean;
      const validate = (text: string): true | string => YES_OR_NO.test(text.trim()) || 'type y or n';
      const typed = (await ask({ type: 'input', message: `${message} (y/n)`, validate }, more)) as string;
      return typed.trim().toLowerCase().startsWith('y');
    },
    async select<Value>(question: {
      message: string;
      choices: readonly Choice<Value>[];
      default?: Value;
      isDeliberate?: boolean;
      more?: string;
    }) {
      const choices: object[] = question.choices.map(shown);
      if (question.isDeliberate === true) choices.unshift(NOTHING_YET);
      const common = {
        message: question.message,
        pageSize: pageSize(),
        ...('default' in question ? { default: question.default } : {}),
      };
      if (choices.length <= FILTER_ABOVE) {
        return (await ask({ ...common, type: 'select', choices, loop: false }, question.more)) as Value;
      }
      const all = question.choices.map(shown);
      const source = (term?: string): Choice<Value>[] => matching(all, term);
      return (await ask({ ...common, type: 'search', source }, question.more)) as Value;
    },
    async checkbox<Value>(question: {
      message: string;
      choices: readonly (Choice<Value> & { checked?: boolean })[];
      required?: boolean;
    }) {
      return (await ask({
        type: 'checkbox',
        message: question.message,
        choices: question.choices.map((choice) => ({ ...shown(choice), checked: choice.checked ?? false })),
        required: question.required ?? false,
        pageSize: pageSize(),
        loop: false,
      })) as Value[];
    },
    input: async (question) =>
      (await ask({
        type: 'input',
        message: question.message,
        ...(question.default === undefined ? {} : { default: question.default }),
        ...(question.validate === undefined ? {} : { validate: question.validate }),
      })) as string,
  };
}

const YES_OR_NO = /^(?:y|yes|n|no)$/i;
/** Where the arrow stands at first. */
const NOTHING_YET = { name: 'nothing yet:', value: null, disabled: 'the arrow keys choose' };

function shown<Value>(choice: Choice<Value>): Choice<Value> {
  return {
    name: printable(choice.name),
    value: choice.value,
    ...(choice.description === undefined ? {} : { description: printable(choice.description) }),
    ...(choice.disabled === undefined ? {} : { disabled: `(${printable(choice.disabled)})` }),
  };
}

/** The choices in which every word of `term` occurs, those first whose name begins with it. */
function matching<Value>(choices: readonly Choice<Value>[], term: string | undefined): Choice<Value>[] {
  const wanted = (term ?? '').trim().toLowerCase();
  const words = wanted.split(/\s+/);
  const found = choices.filter(({ name, description }) => {
    const text = `${name} ${description ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const isFirst = ({ name }: Choice<Value>): boolean => name.toLowerCase().startsWith(wanted);
  return [...found.filter(isFirst), ...found.filter((choice) => !isFirst(choice))];
}
