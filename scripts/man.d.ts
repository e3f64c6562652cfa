/** Types of man.js for the build and the tests. */
export function manPage(
  commands: readonly {
    readonly path: string;
    readonly summary: string;
    readonly arguments?: readonly string[];
    readonly options?: readonly { readonly flags: string; readonly about: string }[];
    readonly examples?: readonly string[];
  }[],
  globals: readonly { readonly flags: string; readonly about: string }[],
  about: { readonly version: string; readonly description: string },
  reference: {
    readonly exits: Readonly<Record<string, string>>;
    readonly variables: Readonly<Record<string, { readonly means: string }>>;
  },
): string;
export function roff(words: string): string;
