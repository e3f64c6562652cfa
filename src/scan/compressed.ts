/** What compressed files begin with, and reading those of them that can be read part by part. */
import { createGunzip } from 'node:zlib';

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

/** xz, bzip2, Zstandard, 7-Zip. */
const MAGIC = ['\xfd7zXZ\0', 'BZh', '\x28\xb5\x2f\xfd', '7z\xbc\xaf\x27\x1c'];

/** One of those, or a zip archive whose first entry is not merely stored. */
export function isCompressed(head: Buffer): boolean {
  const start = head.toString('latin1');
  if (MAGIC.some((magic) => start.startsWith(magic))) return true;
  return start.startsWith('PK\x03\x04') && head.length > 9 && head.readUInt16LE(8) !== 0;
}

/** @throws Z_… where it is damaged or cut off */
export function inflated(stream: NodeJS.ReadableStream): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error));
  return stream.pipe(gunzip) as AsyncIterable<Buffer>;
}
