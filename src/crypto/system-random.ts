/**
 * The operating system's random source, as libsodium asks for it: 32 bits at a time. The built program gives libsodium this in the place
 * of `globalThis.crypto` (scripts/build.js): Node's own ways to the same source load modules for ten milliseconds at every start, and
 * cost a call into the system for every four bytes. So the device is read, a kilobyte at a time, and each word is given out once.
 * Where it is not there, or is not what it should be, Node's `randomFillSync` fills the same kilobyte.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { platform } from 'node:os';

const DEVICE = '/dev/urandom';
/** Linux: major number 1, minor number 9. A file that was put in the device's place would be read without a complaint. */
const LINUX_DEVICE = (1 << 8) | 9;

const pool = new Uint32Array(256);
let left = 0;

/** Fills `words`, as the function of that name in the Web Cryptography API does. */
export function getRandomValues(words: Uint32Array): Uint32Array {
  for (let index = 0; index < words.length; index++) {
    if (left === 0) {
      fillRandom(new Uint8Array(pool.buffer));
      left = pool.length;
    }
    left -= 1;
    words[index] = pool[left]!;
    pool[left] = 0;
  }
  return words;
}

/** Fills `bytes` from the system's source. @param device another one than the system's, for a test */
export function fillRandom(bytes: Uint8Array, device = DEVICE): void {
  if (readDevice(device, bytes)) return;
  // oxlint-disable-next-line no-restricted-globals -- a module of Node's that is loaded only here, without an import's wait
  process.getBuiltinModule('node:crypto').randomFillSync(bytes);
}

/** @returns whether the bytes were filled, all of them */
function readDevice(path: string, bytes: Uint8Array): boolean {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const found = fstatSync(handle);
    const isDevice = found.isCharacterDevice() && (platform() !== 'linux' || found.rdev === LINUX_DEVICE);
    if (!isDevice) return false;
    for (let filled = 0; filled < bytes.length;) {
      const count = readSync(handle, bytes, filled, bytes.length - filled, null);
      if (count === 0) return false;
      filled += count;
    }
    return true;
  } catch {
    return false;
  } finally {
    closeSync(handle);
  }
}
