/** The variables that lead to a key of the vault. No program that knox starts gets one, wherever it may come from. */
const KEY_VARIABLES: ReadonlySet<string> = new Set(['KNOX_KEY', 'KNOX_KEY_FILE', 'KNOX_KEY_COMMAND']);

export function isKeyVariable(name: string): boolean {
  return KEY_VARIABLES.has(name);
}

/** A key, or another credential of knox's own. */
export function isKnoxOwn(name: string): boolean {
  return isKeyVariable(name) || name === 'KNOX_WEBHOOK';
}
