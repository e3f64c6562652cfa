/**
 * Replacing a file whole or not at all: a temporary file beside it, made durable, then renamed over it. What a killed run left beside a
 * target is swept away by the next run that writes the same target.
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Makes the names of this process differ; that a name is nobody else's is seen when the file is made. */
let count = 0;

/** Bytes of a target's name that its temporary file bears. */
const LONGEST_KEPT = 180;

/**
 * @param target absolute, links followed
 * @param before done with the temporary file right before it takes the target's place: its mode and owner, a last look at the target
 * @throws what the system says; then the target is as it was
 */
export function replaceFile(target: string, bytes: Uint8Array, before: (temporary: string) => void): void {
  const folder = dirname(target);
  sweep(target);
  count += 1;
  // oxlint-disable-next-line no-restricted-globals -- the mark by which another run can tell whether this one lives
  const temporary = join(folder, `${prefixOf(target)}${process.pid}-${Date.now().toString(36)}-${count}`);
  try {
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(handle, bytes);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    before(temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

/** With the name of the target, or as much of its beginning as leaves room for the rest: a name has 255 bytes at most. */
function prefixOf(target: string): string {
  const characters = [...basename(target)];
  while (Buffer.byteLength(characters.join('')) > LONGEST_KEPT) characters.pop();
  return `.${characters.join('')}.knox-tmp-`;
}

/** Removes temporary files of this target whose process is gone. */
function sweep(target: string): void {
  const prefix = prefixOf(target);
  for (const name of readdirSync(dirname(target))) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(/^\d+/.exec(name.slice(prefix.length))?.[0]);
    if (pid > 0 && !isRunning(pid)) rmSync(join(dirname(target), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    // oxlint-disable-next-line no-restricted-globals -- the only way to ask for a process
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Makes the new name of a file outlast a power cut. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
