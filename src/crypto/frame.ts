/**
 * The one way in which several fields become the bytes that are hashed, signed or bound as associated data: each field with its
 * length before it, as four bytes, big-endian. So no two different lists of fields give the same bytes.
 */

export type Field = string | Uint8Array | number;

/**
 * Text as UTF-8, an integer as eight bytes, big-endian, in two's complement (a damaged file can hold a negative one), bytes as they are.
 */
export function frame(...fields: Field[]): Uint8Array {
  const lengths = fields.map(lengthOf);
  const out = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  for (const [index, field] of fields.entries()) {
    const length = lengths[index]!;
    at = out.writeUInt32BE(length, at);
    if (typeof field === 'string') out.write(field, at, 'utf8');
    else if (typeof field === 'number') out.writeBigInt64BE(BigInt(field), at);
    else out.set(field, at);
    at += length;
  }
  return new Uint8Array(out.buffer, out.byteOffset, out.length);
}

function lengthOf(field: Field): number {
  if (typeof field === 'string') return Buffer.byteLength(field, 'utf8');
  return typeof field === 'number' ? 8 : field.length;
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
