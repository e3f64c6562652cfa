/** What a command's declaration says: its words, options and help, and the module that does it, imported only when it is called. */
import type { Context } from '../context.ts';
import type { Choices } from '../domain/choices.ts';
import type { View } from '../output/view.ts';

export type OptionValues = Readonly<Record<string, unknown>>;
export type Handler = (context: Context, args: readonly string[], options: OptionValues) => Promise<View>;

/** Flags, help, `list` where it may be given several times, and the words that it takes where these are a fixed set. */
export type OptionLine = readonly [string, string, ...('list' | Choices)[]];

export interface CommandSpec {
  /** One word, or group and verb. */
  readonly path: string;
  readonly summary: string;
  /** In commander's notation: `<name>`, `[name]`, `<file...>`. */
  readonly arguments?: readonly string[];
  readonly options?: readonly OptionLine[];
  readonly examples?: readonly string[];
  /** What to type instead of more arguments than it takes. */
  readonly surplus?: string;
  /** What follows the first argument is another program's, options and all. */
  readonly passThrough?: boolean;
  readonly load: () => Promise<Handler>;
}

/** The option of every command that gives values out. */
export const USE_LOG = [
  '--use-log <file>',
  'write the uses down here, and not in the vault (default: KNOX_USE_LOG)',
] as const;

/** The option of every command that works on one environment. */
export const ENVIRONMENT = ['-e, --env <env>', 'the environment'] as const;

/** Where somebody may have typed a value behind the name. */
export const VALUE_IS_NO_ARGUMENT = 'a value is never given on the command line: pipe it in, or let knox ask for it';
