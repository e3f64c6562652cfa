/**
 * The filters of a placeholder. They work on bytes, left to right, before the format's escaping. A filter that can't
 * be applied says why without showing the value or a part of it.
 */
import { quoted } from '../domain/secret-name.ts';

const PLAIN_FILTERS = ['base64', 'base64url', 'hex', 'url', 'json', 'shell', 'trim', 'raw'] as const;

export type Filter =
  | { readonly kind: (typeof PLAIN_FILTERS)[number] }
  | { readonly kind: 'field'; readonly path: readonly string[] };

export type Filtered = { readonly bytes: Uint8Array } | { readonly refusal: string };

/** Reads one filter as written between bars, blanks around it removed; a text is the reason why it is none. */
export function parseFilter(text: string): Filter | string {
  if (text === '') {
    return 'a filter is missing after "|"';
  }
  const plain = PLAIN_FILTERS.find((kind) => kind === text);
  if (plain !== undefined) {
    return { kind: plain };
  }
  if (text === 'field' || text.startsWith('field:')) {
    const path = text.slice('field:'.length).trim().split('.');
    return path.includes('') ? 'the filter field needs a path, as in field:db.password' : { kind: 'field', path };
  }
  return `unknown filter ${quoted(text)}; filters: ${PLAIN_FILTERS.slice(0, -1).join(', ')}, field:PATH and raw`;
}

/** Applies filters in order to a value's bytes, which are not changed. `raw` changes nothing here. */
export function applyFilters(filters: readonly Filter[], value: Uint8Array): Filtered {
  let bytes = value;
  for (const filter of filters) {
    const result = applyFilter(filter, bytes);
    if ('refusal' in result) {
      return result;
    }
    bytes = result.bytes;
  }
  return { bytes };
}

function applyFilter(filter: Filter, bytes: Uint8Array): Filtered {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (filter.kind) {
    case 'base64':
    case 'base64url':
    case 'hex':
      return ofText(buffer.toString(filter.kind));
    case 'url':
      return ofText(percentEncoded(buffer));
    case 'json':
      return withText(buffer, 'json', (text) => ofText(JSON.stringify(text)));
    case 'shell':
      return shellWord(buffer);
    case 'trim':
      return { bytes: trimmed(buffer) };
    case 'field':
      return withText(buffer, 'field', (text) => fieldOf(text, filter.path));
    case 'raw':
      return { bytes };
  }
}

function ofText(text: string): Filtered {
  return { bytes: Buffer.from(text, 'utf8') };
}

function withText(bytes: Buffer, filter: string, use: (text: string) => Filtered): Filtered {
  const text = decodeUtf8(bytes);
  return text === null ? { refusal: `the value is not UTF-8 text, which the filter ${filter} needs` } : use(text);
}

/** The text of UTF-8 bytes, a byte order mark kept; `null` where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** RFC 3986: every byte but the unreserved characters as `%XX`. */
function percentEncoded(bytes: Buffer): string {
  let result = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    result += /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}

/** One word of `sh`, in single quotes. Byte by byte, so that bytes that are not text pass. */
function shellWord(bytes: Buffer): Filtered {
  if (bytes.includes(0)) {
    return { refusal: 'the value has a NUL byte, which sh cannot hold' };
  }
  const escaped = bytes.toString('latin1').replaceAll("'", () => "'\\''");
  return { bytes: Buffer.from(`'${escaped}'`, 'latin1') };
}

function trimmed(bytes: Buffer): Uint8Array {
  const isBlank = (byte: number | undefined): boolean =>
    byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start])) {
    start += 1;
  }
  while (end > start && isBlank(bytes[end - 1])) {
    end -= 1;
  }
  return bytes.subarray(start, end);
}

/** A number as the JSON text writes it, since a JavaScript number can't hold every one. */
class NumberText {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

function fieldOf(text: string, path: readonly string[]): Filtered {
  const keepNumbers: Reviver = (_key, value, context) =>
    typeof value === 'number' ? new NumberText(context.source ?? String(value)) : value;
  let part: unknown;
  try {
    part = JSON.parse(text, keepNumbers as (this: unknown, key: string, value: unknown) => unknown);
  } catch {
    return { refusal: 'the value is not JSON, which the filter field needs' };
  }
  if (typeof part !== 'object' || part === null || Array.isArray(part) || part instanceof NumberText) {
    return { refusal: 'the value is not a JSON object, which the filter field needs' };
  }
  for (const key of path) {
    const isInside =
      typeof part === 'object' &&
      part !== null &&
      !(part instanceof NumberText) &&
      Object.hasOwn(part, key) &&
      (!Array.isArray(part) || /^[0-9]+$/.test(key));
    if (!isInside) {
      return { refusal: `the value has no field ${quoted(path.join('.'))}` };
    }
    part = (part as Record<string, unknown>)[key];
  }
  if (part instanceof NumberText) {
    return ofText(part.source);
  }
  if (typeof part !== 'string' && typeof part !== 'boolean') {
    return { refusal: `the field ${quoted(path.join('.'))} is not a string, a number or a boolean` };
  }
  // JSON can spell half of a surrogate pair, which no UTF-8 text holds.
  return typeof part === 'string' && !part.isWellFormed()
    ? { refusal: `the field ${quoted(path.join('.'))} is not Unicode text` }
    : ofText(String(part));
}
