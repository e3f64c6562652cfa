/** Text as editors save it: UTF-8, with a byte order mark or without, and UTF-16 with one. */
import { errors } from '../errors.ts';

/** @throws invalid_value */
export function decodeText(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  let text: string | null = null;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Told below.
  }
  const nul = text?.indexOf('\0') ?? -1;
  if (text !== null && nul === -1) return text;
  if (text !== null)
    throw errors.invalid_value(
      `${file}:${text.slice(0, nul).split('\n').length} has a NUL byte: it is not a text file`,
      'is this the right file?',
    );
  throw errors.invalid_value(`${file} is neither UTF-8 text nor UTF-16 with a byte order mark`, 'save it as UTF-8');
}
