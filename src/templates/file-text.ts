/**
 * A file as text, and back to the same bytes. Bytes that are not UTF-8, as a file in Latin-1 has them, become the lone surrogates U+DC80 to
 * U+DCFF, which no text decoded from UTF-8 holds: they stay where they are, and nothing has to know which character was meant.
 */
import { isUtf8 } from 'node:buffer';
import { decodeUtf8 } from './filters.ts';

const FOREIGN = /[\uDC80-\uDCFF]/u;

/** Never fails. */
export function textOf(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? withForeign(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Whether the text has bytes in it that are not UTF-8. */
export function hasForeignBytes(text: string): boolean {
  return FOREIGN.test(text);
}

export function bytesOf(text: string): Buffer {
  if (!hasForeignBytes(text)) return Buffer.from(text, 'utf8');
  const parts = text
    .split(/([\uDC80-\uDCFF])/u)
    .map((part) => (FOREIGN.test(part) ? Buffer.of(part.charCodeAt(0) - 0xdc_00) : Buffer.from(part, 'utf8')));
  return Buffer.concat(parts);
}

function withForeign(bytes: Buffer): string {
  let text = '';
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at);
    if (length === 0) {
      text += bytes.toString('utf8', start, at) + String.fromCharCode(0xdc_00 + bytes[at]!);
      start = at + 1;
    }
    at += Math.max(1, length);
  }
  return text + bytes.toString('utf8', start);
}

/** How many bytes the character takes that begins here; 0 where none does. */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return isUtf8(bytes.subarray(at, at + length)) && at + length <= bytes.length ? length : 0;
}
