/**
 * A command: what it takes, as data, and the module that does it, loaded only when it is called. Its arguments and options are read into one
 * record, which is handed to one function.
 */
import type { Context } from '../context.ts';
import { cannotCombine } from '../errors.ts';
import type { View } from '../output/view.ts';
import { attributeOf, longFlag, typedFlag } from './option.ts';
import type { Option, OptionLine, Reading } from './option.ts';
import type { Task } from './task.ts';

/** `[name]` may be left out; `<name...>` is one or more. */
type Notation = `[${string}]` | `<${string}>`;
type ArgumentValue<N> = N extends `${string}...${']' | '>'}`
  ? readonly string[]
  : N extends `<${string}`
    ? string
    : string | null;

export interface Takes<A, O> {
  readonly arguments: A;
  readonly options: O;
}
type Arguments = Readonly<Record<string, Notation>>;
type Options = Readonly<Record<string, Option<unknown>>>;

/** What a command takes: arguments in their order, and options, each under the name that it has in the record. */
export function takes<const A extends Arguments, const O extends Options>(args: A, options: O): Takes<A, O> {
  return { arguments: args, options };
}

/** The record that a command gets, from what it takes. */
export type Given<T> =
  T extends Takes<infer A, infer O>
    ? { readonly [K in keyof A]: ArgumentValue<A[K]> } & {
        readonly [K in keyof O]: O[K] extends Option<infer Value> ? Value : never;
      }
    : never;

/** What a command does. It never prints and never exits: what it returns is drawn. */
export type Run<G> = (context: Context, given: G) => Promise<View>;

interface Declared<T extends Takes<Arguments, Options>> {
  /** One word, or group and verb. */
  readonly path: string;
  /** What it is for: the heading that the help has it under. */
  readonly task: Task;
  readonly summary: string;
  readonly takes?: T;
  /** Options of which one at most is given. */
  readonly conflicts?: readonly (readonly (keyof T['options'] & string)[])[];
  /** Rules that a table cannot say. It throws usage. */
  readonly check?: () => Promise<(given: Given<T>) => void>;
  readonly examples?: readonly string[];
  /** What to type instead of too many arguments. */
  readonly surplus?: string;
  /** What follows the first argument is another program's, options and all. */
  readonly passThrough?: boolean;
  readonly load: () => Promise<Run<Given<T>>>;
}

/** A line that was read: what was given, and what does it. */
export interface Ready {
  readonly given: Readonly<Record<string, unknown>>;
  readonly run: (context: Context) => Promise<View>;
}

export interface CommandSpec {
  readonly path: string;
  readonly task: Task;
  readonly summary: string;
  /** In commander's notation. */
  readonly arguments: readonly string[];
  readonly options: readonly OptionLine[];
  readonly examples: readonly string[];
  readonly surplus: string | null;
  readonly passThrough: boolean;
  /** @param values by commander's names @throws usage, invalid_value */
  readonly read: (
    args: readonly string[],
    values: Readonly<Record<string, unknown>>,
    at: Omit<Reading, 'flag'>,
  ) => Promise<Ready>;
}

export function command<T extends Takes<Arguments, Options>>(declared: Declared<T>): CommandSpec {
  const { arguments: args, options } = declared.takes ?? { arguments: {}, options: {} };
  return {
    path: declared.path,
    task: declared.task,
    summary: declared.summary,
    arguments: Object.values(args),
    options: Object.values(options).flatMap(({ lines }) => lines),
    examples: declared.examples ?? [],
    surplus: declared.surplus ?? null,
    passThrough: declared.passThrough ?? false,
    read: async (words, values, at) => {
      refuseConflicts(options, declared.conflicts ?? [], values);
      const read = { ...argumentsOf(args, words), ...(await optionsOf(options, values, at)) };
      // The one place where what was read gets its type: by what the same declaration says.
      const given = read as Given<T>;
      (await declared.check?.())?.(given);
      return { given: read, run: async (context) => (await declared.load())(context, given) };
    },
  };
}

function argumentsOf(args: Arguments, given: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, notation], index) => [
      name,
      notation.includes('...') ? given.slice(index) : (given[index] ?? null),
    ]),
  );
}

async function optionsOf(options: Options, values: Readonly<Record<string, unknown>>, at: Omit<Reading, 'flag'>) {
  const read: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const raw = values[attributeOf(option)];
    if (option.isStored && raw !== undefined) await refuseLiterals(longFlag(option.lines[0]), [raw].flat());
    read[name] = await option.read(raw, { ...at, flag: typedFlag(option) });
  }
  return read;
}

/** @throws invalid_value */
async function refuseLiterals(flag: string, texts: readonly unknown[]): Promise<void> {
  const { refuseLiteral } = await import('../domain/refuse-literal.ts');
  for (const text of texts) if (typeof text === 'string') refuseLiteral(flag, text);
}

/** @throws usage */
function refuseConflicts(
  options: Options,
  conflicts: readonly (readonly string[])[],
  values: Readonly<Record<string, unknown>>,
): void {
  for (const names of conflicts) {
    const [one, other] = names.filter((name) => values[attributeOf(options[name]!)] !== undefined);
    if (one === undefined || other === undefined) continue;
    throw cannotCombine(typedFlag(options[one]!), typedFlag(options[other]!));
  }
}
