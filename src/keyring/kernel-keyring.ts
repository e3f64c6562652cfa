/**
 * The Linux kernel's keyring of the user, through the program `keyctl` (keyutils): the key lies in the kernel's own memory, which is never
 * swapped, and the kernel forgets it when it expires, whether knox runs or not. It goes to `keyctl` on stdin. Every process of the user may
 * read it, in any session, as a file of mode 0600 could be. The kernel lists keys of other users too, where they let anybody see them: a key
 * that this user does not own is not a key of knox, whatever its name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plaintext, reveal } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import type { Keyring, KeyringSurroundings, OpenKeyring } from './keyring.ts';

const USER_KEYRING = '@u';
const SESSION_KEYRING = '@s';
/** The possessor everything; the user may view, read and search (keyctl_setperm(3)). */
const PERMISSIONS = '0x3f0b0000';
/** What `keyctl` says where there is no such key any more. */
const GONE = /Required key not available|Key has (been revoked|expired)/;
/** What it says in a container that keeps the kernel's keyrings away. */
const FORBIDDEN = /Operation not permitted|Function not implemented/;

export const openKernelKeyring: OpenKeyring = async (surroundings) => {
  const { platform, uid, variable } = surroundings;
  if (platform !== 'linux' || uid === null) return null;
  const program = findKeyctl(variable('PATH'));
  return program === null ? null : new KernelKeyring(program, uid, surroundings);
};

/** Only folders that are named from the root: a program of this name in the working directory gets no key. */
function findKeyctl(path: string | null): string | null {
  const folders = (path ?? '').split(':').filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => join(folder, 'keyctl')).find((file) => existsSync(file)) ?? null;
}

class KernelKeyring implements Keyring {
  readonly name = 'kernel';
  readonly title = "the kernel's keyring";
  readonly #program: string;
  readonly #uid: number;
  readonly #surroundings: KeyringSurroundings;

  constructor(program: string, uid: number, surroundings: KeyringSurroundings) {
    this.#program = program;
    this.#uid = uid;
    this.#surroundings = surroundings;
  }

  async read(account: string): Promise<Plaintext | null> {
    const [id] = await this.#find(account);
    if (id === undefined) return null;
    const ran = await this.#keyctl(['pipe', id]);
    if (ran.isDone) return new Plaintext(ran.output);
    if (GONE.test(ran.message)) return null;
    throw failed(ran);
  }

  async write(account: string, text: Plaintext, expiresAt: Date): Promise<void> {
    await this.remove(account);
    const seconds = Math.max(1, Math.ceil((expiresAt.getTime() - this.#surroundings.now().getTime()) / 1000));
    const add = async (keyring: string): Promise<string> => {
      const made = await this.#must(['padd', 'user', description(account), keyring], reveal(text));
      return made.toString('latin1').trim();
    };
    // Only who possesses a key may say when it ends and who reads it. Whether this session possesses what lies in the user's keyring is
    // up to how the session was begun; where it does not, the key is made in the session's own keyring, and moved.
    const direct = await add(USER_KEYRING);
    const limited = await this.#limit(direct, seconds);
    if (limited.isDone) return;
    await this.#keyctl(['unlink', direct, USER_KEYRING]);
    const id = await add(SESSION_KEYRING);
    const again = await this.#limit(id, seconds);
    const linked = again.isDone ? await this.#keyctl(['link', id, USER_KEYRING]) : again;
    await this.#keyctl(['unlink', id, SESSION_KEYRING]);
    if (!linked.isDone) throw failed(linked);
  }

  async #limit(id: string, seconds: number): Promise<Ran> {
    const ran = await this.#keyctl(['timeout', id, String(seconds)]);
    return ran.isDone ? this.#keyctl(['setperm', id, PERMISSIONS]) : ran;
  }

  async remove(account: string): Promise<boolean> {
    const ids = await this.#find(account);
    const refused: Ran[] = [];
    for (const id of ids) {
      const ran = await this.#keyctl(['invalidate', id]);
      if (!ran.isDone && !GONE.test(ran.message)) refused.push(ran);
    }
    if (refused[0] !== undefined) throw failed(refused[0]);
    return ids.length > 0;
  }

  close(): void {
    // Nothing is open.
  }

  /** The numbers of this user's keys for it. The kernel lists what there is, so that most commands start no program to know that there is none. */
  async #find(account: string): Promise<string[]> {
    const keys = listedKeys();
    if (keys !== null) return ownKeys(keys, account, this.#uid);
    const ran = await this.#keyctl(['search', USER_KEYRING, 'user', description(account)]);
    if (ran.isDone) {
      const id = ran.output.toString('latin1').trim();
      return (await this.#isOwn(id)) ? [id] : [];
    }
    if (GONE.test(ran.message) || FORBIDDEN.test(ran.message)) return [];
    throw failed(ran);
  }

  /** `TYPE;UID;GID;PERMISSIONS;DESCRIPTION` (keyctl(1)). */
  async #isOwn(id: string): Promise<boolean> {
    const described = await this.#keyctl(['rdescribe', id]);
    return described.isDone && described.output.toString('latin1').split(';')[1] === String(this.#uid);
  }

  async #must(argv: readonly string[], input?: Uint8Array): Promise<Buffer> {
    const ran = await this.#keyctl(argv, input);
    if (!ran.isDone) throw failed(ran);
    return ran.output;
  }

  async #keyctl(argv: readonly string[], input: Uint8Array = new Uint8Array()): Promise<Ran> {
    // Only here: most commands learn from the list above that there is nothing to ask for.
    const { spawn } = await import('node:child_process');
    return new Promise((resolve) => {
      const child = spawn(this.#program, argv, { env: { LC_ALL: 'C' }, timeout: this.#surroundings.patience.answer });
      const parts = { output: [] as Buffer[], message: [] as Buffer[] };
      child.stdout.on('data', (part: Buffer) => parts.output.push(part));
      child.stderr.on('data', (part: Buffer) => parts.message.push(part));
      // A program that ends without reading breaks the pipe: what it says counts.
      child.stdin.on('error', () => undefined);
      const message = (): string => Buffer.concat(parts.message).toString('latin1').trim();
      child.on('error', (error) => resolve({ isDone: false, output: Buffer.alloc(0), message: error.message }));
      child.on('close', (code) => {
        resolve({
          isDone: code === 0,
          output: Buffer.concat(parts.output),
          message: message() || 'keyctl was stopped',
        });
      });
      child.stdin.end(input);
    });
  }
}

interface Ran {
  readonly isDone: boolean;
  readonly output: Buffer;
  readonly message: string;
}

interface ListedKey {
  /** Hex. */
  readonly id: string;
  /** The number of the user whose key it is. */
  readonly owner: number;
  /** Description and size. */
  readonly text: string;
  readonly isOver: boolean;
}

/** Keys of the type `user` in /proc/keys (proc_keys(5)); null where that is kept away, as in a container. */
function listedKeys(): ListedKey[] | null {
  try {
    const lines = readFileSync('/proc/keys', 'latin1');
    return lines === '' ? null : parseListedKeys(lines);
  } catch {
    return null;
  }
}

/** Those that expired, were revoked (R), are dead (D) or invalidated (i) are listed until the kernel gets round to them: they are over. */
export function parseListedKeys(lines: string): ListedKey[] {
  return [...lines.matchAll(LISTED)].map(([, id, flags, left, owner, text]) => {
    return { id: id!, owner: Number(owner), text: text!, isOver: left === 'expd' || /[RDi]/.test(flags!) };
  });
}

/** Those of this user, in the form in which `keyctl` takes a number. */
export function ownKeys(keys: readonly ListedKey[], account: string, uid: number): string[] {
  const own = keys.filter(({ owner, isOver }) => owner === uid && !isOver);
  return own.filter(({ text }) => text.startsWith(`${description(account)}: `)).map(({ id }) => `0x${id}`);
}

const LISTED = /^([0-9a-f]+) (\S+) +\d+ +(\S+) +[0-9a-f]+ +(\d+) +-?\d+ user +(\S.*)$/gm;

function description(account: string): string {
  return `knox:${account}`;
}

/** @param ran its message is keyctl's own, which never holds what it was given on stdin */
function failed({ message }: Ran) {
  return errors.io(`the kernel's keyring: ${message}`);
}
