/**
 * The one way in which several fields become the bytes that are hashed, signed or bound as associated data: each field with its
 * length before it, as four bytes, big-endian. So no two different lists of fields give the same bytes.
 */

export type Field = string | Uint8Array | number;

/**
 * Text as UTF-8, an integer as eight bytes, big-endian, in two's complement (a damaged file can hold a negative one), bytes as they are.
 */
export function frame(...fields: Field[]): Uint8Array {
  const room = fields.reduce<number>((sum, field) => sum + 4 + mostBytes(field), 0);
  const out = room <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafeSlow(room);
  let at = 0;
  for (const field of fields) {
    const length = writeField(out, field, at + 4);
    out.writeUInt32BE(length, at);
    at += 4 + length;
  }
  const framed = new Uint8Array(out.subarray(0, at));
  // A field may be a key.
  out.fill(0, 0, at);
  return framed;
}

/** Most frames are short, and many thousands are made: each is put together here and copied out. */
const SCRATCH = Buffer.alloc(4096);

function mostBytes(field: Field): number {
  if (typeof field === 'string') return 3 * field.length;
  return typeof field === 'number' ? 8 : field.length;
}

/** @returns the bytes written */
function writeField(out: Buffer, field: Field, at: number): number {
  if (typeof field === 'string') return out.write(field, at, 'utf8');
  if (typeof field === 'number') return out.writeBigInt64BE(BigInt(field), at) - at;
  out.set(field, at);
  return field.length;
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
