/** What a source does elsewhere: it runs a program, or sends values to hosts. */
import { revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';

export type Reach =
  | { readonly what: 'command'; readonly text: string }
  | { readonly what: 'address'; readonly text: string; readonly hosts: readonly string[] };

/** Options that hold an address. */
const ADDRESSES = ['admin', 'token_url', 'revoke_url'] as const;

/**
 * @param kind as `kinds.ts` knows it
 * @param options filled in
 * @returns null where it neither runs nor asks anything
 */
export function reachOf(kind: string, options: ReadonlyMap<string, Plaintext>): Reach | null {
  if (kind === 'manual' || kind === 'generate') return null;
  const textOf = (name: string): string | null => {
    const value = options.get(name);
    return value === undefined ? null : revealText(value);
  };
  if (kind === 'command') return { what: 'command', text: textOf('program') ?? '' };
  const hosts = [...new Set(ADDRESSES.flatMap((name) => hostsIn(textOf(name))))];
  return { what: 'address', text: `${kind} at ${hosts.join(', ')}`, hosts };
}

/** A connection URL may name other hosts behind its question mark. */
function hostsIn(text: string | null): string[] {
  if (text === null) return [];
  // What is not an address leads to no host, and is as near as can be.
  if (!URL.canParse(text)) return [''];
  const { host, searchParams } = new URL(text);
  return [host, ...['host', 'hostaddr'].flatMap((name) => searchParams.getAll(name)).flatMap((one) => one.split(','))];
}
