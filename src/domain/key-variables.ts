/** The variables that lead to the vault's key. No program that knox starts gets one, wherever it may come from. */
const KEY_VARIABLES: ReadonlySet<string> = new Set(['KNOX_KEY', 'KNOX_KEY_FILE', 'KNOX_KEY_COMMAND']);

export function isKeyVariable(name: string): boolean {
  return KEY_VARIABLES.has(name);
}
