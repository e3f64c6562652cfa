/** Text as editors save it: UTF-8, with a byte order mark or without, and UTF-16 with one. */
import { errors } from '../errors.ts';

/** @throws invalid_value */
export function decodeText(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Told below, for both.
  }
  throw errors.invalid_value(`${file} is not text in UTF-8, or in UTF-16 with a byte order mark`, 'save it as UTF-8');
}
