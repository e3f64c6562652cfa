/**
 * BLAKE2b-256 of several fields, framed as `frame` does, put together in libsodium's own memory: where many thousands of records are hashed,
 * nothing is made and copied for each. The memory is used again and not wiped, so no field is a key or a plaintext.
 */
import type { Field } from './frame.ts';
import { sodium } from './sodium.ts';

/** What libsodium's module gives beside its functions, by the names that it has in WebAssembly. */
interface Module {
  /** Another one once the memory has grown; the one before is empty then. */
  readonly HEAPU8: Uint8Array;
  readonly [name: string]: unknown;
}

/** What is used of it. */
interface Memory {
  readonly module: Module;
  readonly allocate: (length: number) => number;
  readonly free: (pointer: number) => void;
  /** Result and its length, input and its length in two halves, key and its length; all of them addresses and numbers. */
  readonly hash: (...numbers: number[]) => number;
}

const HASH_BYTES = 32;
const LENGTH_BYTES = 4;
const NUMBER_BYTES = 8;
const FIRST_ROOM = 16_384;
/** Shorter text is written faster here than by Node. */
const SHORT = 24;

let memory: Memory | null = null;
let pointer = 0;
let size = 0;
/** The result, and after it what is hashed. */
let room: Buffer = Buffer.alloc(0);
let end = HASH_BYTES;
/** The last result that was asked for in hex: in a chain it is what is hashed next. */
const last = { hex: null as string | null, bytes: new Uint8Array(HASH_BYTES) };

/** Makes sure of so many bytes more. */
function reserve(more: number): void {
  if (end + more <= room.length) return;
  memory ??= memoryOf((sodium() as unknown as { readonly libsodium: Module }).libsodium);
  // The memory may have grown since.
  if (end + more > size) {
    const before = pointer;
    size = Math.max(FIRST_ROOM, 2 * (end + more));
    pointer = memory.allocate(size);
    if (pointer === 0) throw new Error('libsodium has no memory left');
    memory.module.HEAPU8.copyWithin(pointer, before, before + end);
    if (before !== 0) memory.free(before);
  }
  const { HEAPU8: bytes } = memory.module;
  room = Buffer.from(bytes.buffer, bytes.byteOffset + pointer, size);
}

function memoryOf(module: Module): Memory {
  const named = <F>(name: string): F => module[`_${name}`] as F;
  return { module, allocate: named('malloc'), free: named('free'), hash: named('crypto_generichash') };
}

function writeLength(at: number, length: number): void {
  room[at] = length >>> 24;
  room[at + 1] = length >>> 16;
  room[at + 2] = length >>> 8;
  room[at + 3] = length;
}

/** @returns the bytes written, or -1 where it is not plain ASCII */
function writeShort(text: string, at: number): number {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return -1;
    room[at + index] = code;
  }
  return text.length;
}

function writeText(text: string, at: number): number {
  const length = text.length <= SHORT ? writeShort(text, at) : -1;
  return length === -1 ? room.write(text, at, 'utf8') : length;
}

function writeNumber(value: number, at: number): void {
  if (value < 0) room.writeBigInt64BE(BigInt(value), at);
  else {
    writeLength(at, Math.floor(value / 2 ** 32));
    writeLength(at + LENGTH_BYTES, value >>> 0);
  }
}

/** Fields that are being put together. There is one, which `framed` reuses. */
class Framed {
  add(field: Field): this {
    if (typeof field === 'string') {
      reserve(LENGTH_BYTES + 3 * field.length);
      const length = writeText(field, end + LENGTH_BYTES);
      writeLength(end, length);
      end += LENGTH_BYTES + length;
    } else if (typeof field === 'number') {
      reserve(LENGTH_BYTES + NUMBER_BYTES);
      writeLength(end, NUMBER_BYTES);
      writeNumber(field, end + LENGTH_BYTES);
      end += LENGTH_BYTES + NUMBER_BYTES;
    } else {
      reserve(LENGTH_BYTES + field.length);
      writeLength(end, field.length);
      room.set(field, end + LENGTH_BYTES);
      end += LENGTH_BYTES + field.length;
    }
    return this;
  }

  /** A hash that is given as text. @returns whether it is one */
  addHex(hex: string): boolean {
    reserve(LENGTH_BYTES + HASH_BYTES);
    writeLength(end, HASH_BYTES);
    if (hex === last.hex) room.set(last.bytes, end + LENGTH_BYTES);
    else if (hex.length !== 2 * HASH_BYTES || room.write(hex, end + LENGTH_BYTES, 'hex') !== HASH_BYTES) return false;
    end += LENGTH_BYTES + HASH_BYTES;
    return true;
  }

  /** 32 bytes. */
  digest(): Uint8Array {
    this.#hash();
    return Uint8Array.prototype.slice.call(room, 0, HASH_BYTES);
  }

  /** The same in hex. */
  hex(): string {
    this.#hash();
    last.bytes.set(room.subarray(0, HASH_BYTES));
    last.hex = room.toString('hex', 0, HASH_BYTES);
    return last.hex;
  }

  /** Adds it up: eight numbers of 32 bits, each by itself. */
  addTo(sums: Uint32Array): void {
    this.#hash();
    for (let index = 0; index < sums.length; index += 1) sums[index]! += room.readUInt32LE(4 * index);
  }

  #hash(): void {
    reserve(0);
    const input = pointer + HASH_BYTES;
    if (memory!.hash(pointer, HASH_BYTES, input, end - HASH_BYTES, 0, 0, 0) !== 0)
      throw new Error('libsodium does not hash');
  }
}

const THE_ONE = new Framed();

/** Begins with these fields. What was begun before and has no digest yet is lost. */
export function framed(...fields: Field[]): Framed {
  // Another function of libsodium may have had the memory grow.
  if (memory !== null && room.length === 0) reserve(0);
  end = HASH_BYTES;
  for (const field of fields) THE_ONE.add(field);
  return THE_ONE;
}

/** BLAKE2b-256 of text as UTF-8, with nothing before it. */
export function hashOfText(text: string): Uint8Array {
  framed();
  reserve(3 * text.length);
  end += writeText(text, end);
  return THE_ONE.digest();
}
