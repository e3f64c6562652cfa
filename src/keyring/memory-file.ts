/**
 * A file for where there is no keyring: mode 0600, in a folder of mode 0700 that belongs to the user, on a file system that lies in memory.
 * It is gone with the next start of the machine at the latest. Links are not followed, and a folder or file of somebody else is not used.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { Plaintext, reveal } from '../domain/plaintext.ts';
import { errors, isKnoxError, systemError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { memoryPlaces } from '../files/memory-folder.ts';
import type { Keyring, OpenKeyring } from './keyring.ts';

const MOST_BYTES = 65_536;

export const openMemoryFile: OpenKeyring = async ({ variable, platform, uid }) => {
  if (platform === null || uid === null) return null;
  const runtime = variable('XDG_RUNTIME_DIR');
  // The runtime folder is the user's own; in a folder of everybody the name says whose it is.
  const folders = memoryPlaces(runtime).map((place) => join(place, place === runtime ? 'knox' : `knox-${uid}`));
  return folders.length === 0 ? null : new MemoryFile(folders, uid);
};

class MemoryFile implements Keyring {
  readonly name = 'memory-file';
  readonly title: string;
  readonly #folders: readonly string[];
  readonly #uid: number;

  /** @param folders the first takes a key; one that a session with other variables wrote may lie in the others */
  constructor(folders: readonly string[], uid: number) {
    this.#folders = folders;
    this.#uid = uid;
    this.title = `a file in memory (${folders[0]})`;
  }

  async read(account: string): Promise<Plaintext | null> {
    for (const folder of this.#folders) {
      const text = this.#isOwnFolder(folder) ? this.#readFile(join(folder, `${account}.key`)) : null;
      if (text !== null) return text;
    }
    return null;
  }

  async write(account: string, text: Plaintext): Promise<void> {
    const folder = this.#folders[0]!;
    const file = join(folder, `${account}.key`);
    // Only here: reading, which every command may do, needs none of it.
    const { randomUUID } = await import('node:crypto');
    const fresh = `${file}.${randomUUID()}`;
    try {
      if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
      if (!this.#isOwnFolder(folder)) throw openToOthers(folder);
      writeFileSync(fresh, reveal(text), { mode: 0o600, flag: 'wx' });
      renameSync(fresh, file);
    } catch (error) {
      rmSync(fresh, { force: true });
      if (isKnoxError(error)) throw error;
      throw systemError(`cannot write ${file}`, error);
    }
  }

  async remove(account: string): Promise<boolean> {
    let isFound = false;
    for (const folder of this.#folders.filter((place) => this.#isOwnFolder(place))) {
      const file = join(folder, `${account}.key`);
      try {
        if (lstatSync(file, { throwIfNoEntry: false }) === undefined) continue;
        rmSync(file);
      } catch (error) {
        throw systemError(`cannot remove ${file}`, error);
      }
      isFound = true;
    }
    return isFound;
  }

  close(): void {
    // Nothing is open.
  }

  #readFile(path: string): Plaintext | null {
    let file: number;
    try {
      file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw systemError(`cannot read ${path}`, error);
    }
    try {
      const stat = fstatSync(file);
      if (!stat.isFile() || !this.#isOwn(stat) || stat.size > MOST_BYTES) throw openToOthers(path);
      return new Plaintext(readFileSync(file));
    } finally {
      closeSync(file);
    }
  }

  /** What somebody else put there holds no key of this user. */
  #isOwnFolder(folder: string): boolean {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    return stat !== undefined && stat.isDirectory() && this.#isOwn(stat);
  }

  #isOwn({ uid, mode }: Stats): boolean {
    return uid === this.#uid && (mode & 0o077) === 0;
  }
}

function openToOthers(path: string): KnoxError {
  return errors.io(`other users can access ${path}`);
}
