/**
 * Adding lines to a log that others add to at the same time: each is one write at the file's end, so that no two are mixed. Durable when
 * it returns.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { printable } from '../domain/printable.ts';
import { errors, systemError } from '../errors.ts';

const NEWLINE = 10;

/** @param lines each with its line end @throws io */
export function appendLines(path: string, lines: readonly string[]): void {
  try {
    // Without O_NONBLOCK a pipe that nobody reads would keep knox waiting.
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
    const file = openSync(path, flags, 0o600);
    try {
      const { size } = requireFile(file, path);
      // What a full disk cut off is not part of the next line.
      if (size > 0 && lastByte(file, size) !== NEWLINE) writeWhole(file, '\n');
      for (const line of lines) writeWhole(file, line);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'io') throw error;
    throw systemError(`cannot write ${printable(path)}`, error);
  }
}

function requireFile(file: number, path: string): { size: number } {
  const stats = fstatSync(file);
  if (!stats.isFile()) throw errors.io(`cannot write ${printable(path)}: not a regular file`, 'use another file');
  return stats;
}

function lastByte(file: number, size: number): number {
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, size - 1);
  return byte[0]!;
}

function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  if (writeSync(file, bytes) < bytes.length)
    throw errors.io('no space left on the disk: a line was cut off', 'free some space and run it again');
}
