/**
 * The one way in which several fields become the bytes that are hashed, signed or bound as associated data: each field with its
 * length before it, as four bytes, big-endian. So no two different lists of fields give the same bytes.
 */

export type Field = string | Uint8Array | number;

const TEXT = new TextEncoder();

function bytesOf(field: Field): Uint8Array {
  if (typeof field === 'string') return TEXT.encode(field);
  if (typeof field !== 'number') return field;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(field));
  return bytes;
}

/** Text as UTF-8, a number as eight bytes, big-endian, bytes as they are. */
export function frame(...fields: Field[]): Uint8Array {
  const parts = fields.map(bytesOf);
  const out = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    out.set(part, at + 4);
    at += 4 + part.length;
  }
  return out;
}

/** The fields of a frame, or `null` where the bytes are none. */
export function unframe(bytes: Uint8Array): Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return null;
    const length = view.getUint32(at);
    if (at + 4 + length > bytes.length) return null;
    fields.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}
