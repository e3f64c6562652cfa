/** Types of man.js for the build and the tests. */
type Row = readonly [term: string, about: string];
export function manPage(
  tasks: readonly {
    readonly title: string;
    readonly commands: readonly {
      readonly usage: string;
      readonly summary: string;
      readonly options: readonly Row[];
      readonly examples: readonly string[];
    }[];
  }[],
  globals: readonly Row[],
  about: { readonly version: string; readonly description: string },
  reference: {
    readonly exits: Readonly<Record<string, string>>;
    readonly variables: Readonly<Record<string, { readonly means: string }>>;
  },
): string;
export function roff(words: string): string;
