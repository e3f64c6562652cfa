/** Types of man.js for the build and the tests. */
export function manPage(
  commands: readonly {
    readonly path: string;
    readonly summary: string;
    readonly arguments?: readonly string[];
    readonly options?: readonly (readonly [string, string, ...unknown[]])[];
    readonly examples?: readonly string[];
  }[],
  globals: readonly (readonly [string, string, ...unknown[]])[],
  about: { readonly version: string; readonly description: string },
): string;
export function roff(words: string): string;
