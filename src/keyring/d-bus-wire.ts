/**
 * The bytes of D-Bus messages, as far as the Secret Service needs them (D-Bus Specification 0.43, "Type System" and "Message Protocol").
 * Written in little-endian order, read in both. What is read comes from another program: a length that leads out of the message is an error.
 */

/** A value with its type, where the message leaves the type open. */
export interface Variant {
  readonly signature: string;
  readonly value: unknown;
}

/** By the number that stands for them in a header. */
export interface Message {
  readonly type: number;
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly signature?: string;
  readonly body: readonly unknown[];
}

export const CALL = 1;
export const RETURN = 2;
export const FAILURE = 3;
export const SIGNAL = 4;

/** No answer that knox asks for comes near it. */
const MOST_BYTES = 1 << 20;
const MOST_DEPTH = 16;

const FIELDS = [
  ['path', 1, 'o'],
  ['interface', 2, 's'],
  ['member', 3, 's'],
  ['errorName', 4, 's'],
  ['replySerial', 5, 'u'],
  ['destination', 6, 's'],
  ['signature', 8, 'g'],
] as const;

/** What is not a D-Bus message, or one that is larger than anything that was asked for. */
export class WireError extends Error {}

/** Splits `a{sv}ou` into `a{sv}`, `o`, `u`. */
function typesOf(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length;) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, start: number): number {
  let at = start;
  while (signature[at] === 'a') at += 1;
  const open = signature[at];
  if (open !== '(' && open !== '{') {
    if (open === undefined || !ALIGNMENT.has(open)) throw new WireError('a type that knox does not know');
    return at + 1;
  }
  for (let depth = 0; at < signature.length; at += 1) {
    if ('({'.includes(signature[at]!)) depth += 1;
    // One that holds nothing takes no room, and a list of them has no end.
    if (')}'.includes(signature[at]!) && '({'.includes(signature[at - 1]!)) throw new WireError('an empty structure');
    if (')}'.includes(signature[at]!) && --depth === 0) return at + 1;
  }
  throw new WireError('a type without its end');
}

const ALIGNMENT = new Map<string, number>(
  Object.entries({ y: 1, b: 4, i: 4, u: 4, x: 8, t: 8, s: 4, o: 4, g: 1, v: 1, a: 4, '(': 8, '{': 8 }),
);

class Writer {
  readonly #parts: Buffer[] = [];
  length = 0;

  align(size: number): void {
    this.#put(Buffer.alloc((size - (this.length % size)) % size));
  }
  #put(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.length += bytes.length;
  }
  uint32(value: number): void {
    this.align(4);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.#put(bytes);
  }
  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  write(type: string, value: unknown): void {
    switch (type[0]) {
      case 'y':
        this.#put(Buffer.from([value as number]));
        return;
      case 'b':
        this.uint32(value === true ? 1 : 0);
        return;
      case 'u':
        this.uint32(value as number);
        return;
      case 's':
      case 'o':
        this.uint32(Buffer.byteLength(value as string));
        this.#put(Buffer.from(`${value as string}\0`));
        return;
      case 'g':
        this.#put(Buffer.from([(value as string).length]));
        this.#put(Buffer.from(`${value as string}\0`));
        return;
      case 'v':
        this.write('g', (value as Variant).signature);
        this.write((value as Variant).signature, (value as Variant).value);
        return;
      case 'a':
        this.#array(type.slice(1), value);
        return;
      case '(':
      case '{':
        this.align(8);
        for (const [index, part] of typesOf(type.slice(1, -1)).entries())
          this.write(part, (value as readonly unknown[])[index]);
        return;
      default:
        throw new WireError('a type that knox does not write');
    }
  }

  /** The length does not count the gap before the first element. */
  #array(type: string, value: unknown): void {
    if (type === 'y') {
      this.uint32((value as Uint8Array).length);
      this.#put(Buffer.from(value as Uint8Array));
      return;
    }
    const count = Buffer.alloc(4);
    this.align(4);
    this.#put(count);
    this.align(ALIGNMENT.get(type[0]!)!);
    const start = this.length;
    for (const element of value as Iterable<unknown>) this.write(type, element);
    count.writeUInt32LE(this.length - start);
  }
}

class Reader {
  readonly #bytes: Buffer;
  readonly #isLittle: boolean;
  at: number;
  #depth = 0;

  constructor(bytes: Buffer, isLittle: boolean, at = 0) {
    this.#bytes = bytes;
    this.#isLittle = isLittle;
    this.at = at;
  }

  align(size: number): void {
    this.at += (size - (this.at % size)) % size;
  }
  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.at) throw new WireError('a message that is cut off');
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
  uint32(): number {
    this.align(4);
    const bytes = this.#take(4);
    return this.#isLittle ? bytes.readUInt32LE() : bytes.readUInt32BE();
  }
  #text(length: number): string {
    return this.#take(length + 1).toString('utf8', 0, length);
  }

  read(type: string): unknown {
    switch (type[0]) {
      case 'y':
        return this.#take(1)[0];
      case 'b':
        return this.uint32() !== 0;
      case 'i':
        return this.uint32() | 0;
      case 'u':
        return this.uint32();
      case 'x':
      case 't':
        // Only times, which knox does not look at.
        this.align(8);
        this.#take(8);
        return null;
      case 's':
      case 'o':
        return this.#text(this.uint32());
      case 'g':
        return this.#text(this.#take(1)[0]!);
      case 'v':
        return this.#deeper(() => {
          const types = typesOf(this.read('g') as string);
          if (types.length !== 1) throw new WireError('a value of no type');
          return this.read(types[0]!);
        });
      case 'a':
        return this.#deeper(() => this.#array(type.slice(1)));
      case '(':
      case '{':
        this.align(8);
        return this.#deeper(() => typesOf(type.slice(1, -1)).map((part) => this.read(part)));
      default:
        throw new WireError('a type that knox does not read');
    }
  }

  #array(type: string): unknown {
    const length = this.uint32();
    if (type === 'y') return Buffer.from(this.#take(length));
    this.align(ALIGNMENT.get(type[0]!)!);
    const end = this.at + length;
    if (end > this.#bytes.length) throw new WireError('a list that is cut off');
    const elements: unknown[] = [];
    while (this.at < end) elements.push(this.read(type));
    return elements;
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > MOST_DEPTH) throw new WireError('a value too deep');
    const value = read();
    this.#depth -= 1;
    return value;
  }
}

export function encodeMessage(message: Message): Buffer {
  const body = new Writer();
  for (const [index, type] of typesOf(message.signature ?? '').entries()) body.write(type, message.body[index]);
  const head = new Writer();
  for (const byte of [0x6c, message.type, 0, 1]) head.write('y', byte);
  head.uint32(body.length);
  head.uint32(message.serial);
  const fields = FIELDS.flatMap(([name, number, signature]) => {
    const value = message[name];
    return value === undefined ? [] : [[number, { signature, value }]];
  });
  head.write('a(yv)', fields);
  head.align(8);
  return Buffer.concat([head.bytes(), body.bytes()]);
}

/**
 * @returns the first message in `bytes` and how long it is, or null where it is not there as a whole yet
 * @throws WireError
 */
export function decodeMessage(bytes: Buffer): { message: Message; length: number } | null {
  if (bytes.length < 16) return null;
  if ((bytes[0] !== 0x6c && bytes[0] !== 0x42) || bytes[3] !== 1) throw new WireError('no D-Bus message');
  const isLittle = bytes[0] === 0x6c;
  const head = new Reader(bytes, isLittle, 4);
  const [bodyLength, serial, fieldsLength] = [head.uint32(), head.uint32(), head.uint32()];
  const start = 16 + fieldsLength + ((8 - (fieldsLength % 8)) % 8);
  const length = start + bodyLength;
  if (length > MOST_BYTES) throw new WireError('a message that is too large');
  if (bytes.length < length) return null;
  const fields = new Reader(bytes.subarray(0, start), isLittle, 12).read('a(yv)') as [number, unknown][];
  const known = Object.fromEntries(
    FIELDS.flatMap(([name, number]) => {
      const field = fields.find(([code]) => code === number);
      return field === undefined ? [] : [[name, field[1]]];
    }),
  ) as Partial<Message>;
  const reader = new Reader(Buffer.from(bytes.subarray(start, length)), isLittle);
  const body = typesOf(known.signature ?? '').map((type) => reader.read(type));
  return { message: { ...known, type: bytes[1]!, serial, body }, length };
}
