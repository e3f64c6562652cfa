/** A person at a terminal, for commands that run in this process: a stream that says it is one, and answers in an order that is kept. */
import { Writable } from 'node:stream';
import type { OutputStream } from '../../src/session.ts';
import type { Prompts } from '../../src/terminal/prompts.ts';

/** A terminal's stdout. */
export function terminal(columns = 80): OutputStream & { readonly text: () => string } {
  const parts: Buffer[] = [];
  const sink = new Writable({
    write(part: Buffer, _encoding, next) {
      parts.push(Buffer.from(part));
      next();
    },
  });
  return Object.assign(sink, { isTTY: true, columns, text: () => Buffer.concat(parts).toString() });
}

/** Question and answer: a value for a list, a line, a yes or no, or what is typed unseen. */
export type Answer = readonly [question: RegExp, answer: string | boolean];

export interface Answering {
  readonly prompts: Prompts;
  /** Fails where a question that was expected was never asked. */
  readonly done: () => void;
}

/** Answers in this order; any other question, or a choice that is not offered, fails the command. */
export function answering(...answers: readonly Answer[]): Answering {
  const left = [...answers];
  const next = (kind: 'string' | 'boolean', message: string): never => {
    const [question, answer] = left.shift() ?? [];
    if (question === undefined || !question.test(message)) throw new Error(`nobody expected the question: ${message}`);
    if (typeof answer !== kind) throw new Error(`the answer to "${message}" is of another kind`);
    return answer as never;
  };
  const prompts: Prompts = {
    hidden: async ({ message }) => Buffer.from(next('string', message)),
    confirm: async ({ message }) => next('boolean', message),
    async select({ message, choices }) {
      const wanted: unknown = next('string', message);
      const found = choices.find(({ value }) => value === wanted);
      if (found === undefined) throw new Error(`"${String(wanted)}" is not offered by: ${message}`);
      return found.value;
    },
    checkbox: async ({ message }) => {
      throw new Error(`nobody expected the question: ${message}`);
    },
    async input({ message, validate }) {
      const text: string = next('string', message);
      const verdict = (await validate?.(text)) ?? true;
      if (verdict !== true) throw new Error(`"${text}" is refused: ${verdict}`);
      return text;
    },
  };
  const done = () => {
    if (left.length > 0) throw new Error(`never asked: ${left.map(([question]) => question.source).join(', ')}`);
  };
  return { prompts, done };
}
