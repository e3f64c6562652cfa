/**
 * What a person hands in, read whole up to a limit: a file, a pipe, a device. A pipe is read once. What never ends is refused as soon as it
 * is longer than the limit.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Limit } from '../domain/limits.ts';
import { isMisplacedText } from '../domain/misplaced-text.ts';
import { printable } from '../domain/printable.ts';
import { errors, systemError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';

const PART_BYTES = 65_536;

/** @returns null where it is longer @throws what the system says */
export function readUpTo(path: string, cwd: string, limit: Limit): Buffer | null {
  const { descriptor, isOwn } = open(resolve(cwd, path));
  try {
    if (fstatSync(descriptor).size > limit.bytes) return null;
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const part = Buffer.allocUnsafe(PART_BYTES);
      const count = readSync(descriptor, part, 0, PART_BYTES, null);
      if (count === 0) return Buffer.concat(parts);
      length += count;
      if (length > limit.bytes) return null;
      parts.push(part.subarray(0, count));
    }
  } finally {
    if (isOwn) closeSync(descriptor);
  }
}

/** @throws io; invalid_value where it is longer; usage for what is not a name of a file */
export async function readNamed(path: string, cwd: string, limit: Limit): Promise<Buffer> {
  let bytes: Buffer | null;
  try {
    bytes = readUpTo(path, cwd, limit);
  } catch (error) {
    throw await unreadable(path, error);
  }
  if (bytes === null) throw tooLong(printable(path), limit);
  return bytes;
}

/** A value that was given in place of a file's name is not shown. */
async function unreadable(path: string, error: unknown): Promise<KnoxError> {
  const { literalCredential } = await import('../domain/literal-credential.ts');
  if (isMisplacedText(path) || literalCredential(path) !== null)
    return errors.usage('expected the name of a file', 'write the text to a file and give its name, or pipe it in');
  return systemError(`cannot read ${printable(path)}`, error);
}

/** A socket cannot be opened by its name, only taken as it was handed over. */
function open(path: string): { descriptor: number; isOwn: boolean } {
  try {
    return { descriptor: openSync(path, 'r'), isOwn: true };
  } catch (error) {
    const handed = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/(\d{1,4}))$/.exec(path);
    if (handed === null || (error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    return { descriptor: Number(handed[1] ?? 0), isOwn: false };
  }
}

/** The same of a stream; it is closed where it is longer. @throws invalid_value */
export async function readStream(stream: AsyncIterable<unknown>, what: string, limit: Limit): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    const bytes = Buffer.from(part as Buffer);
    length += bytes.length;
    if (length > limit.bytes) throw tooLong(what, limit);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

export function tooLong(what: string, limit: Limit) {
  return errors.invalid_value(`${what} is longer than ${limit.text}`, `the limit is ${limit.text}`);
}
