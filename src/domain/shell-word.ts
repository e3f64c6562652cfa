/** A path as one word of a command to type. */
export function shellWord(path: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", () => `'\\''`)}'`;
}
