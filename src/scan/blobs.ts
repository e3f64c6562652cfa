/** Objects of a git repository, streamed through the search: `git cat-file --batch`. */
import type { Git } from './git.ts';
import type { Leaks } from './leaks.ts';
import type { Hit, Scanner } from './scanner.ts';

/** An object to look at, and where it is known to stand. */
export interface Wanted {
  readonly id: string;
  readonly path: Buffer;
}

/** A damaged object ends git; after so many it is not begun again. */
const MOST_RESTARTS = 50;

export interface BlobSearch {
  readonly git: Git;
  readonly scanner: Scanner;
  readonly leaks: Leaks;
  readonly step: () => Promise<void>;
  readonly found: (wanted: Wanted, hits: readonly Hit[], isCut: boolean) => void;
}

/** Searches those of the objects that are blobs. */
export async function searchBlobs(wanted: AsyncIterable<Wanted>, search: BlobSearch): Promise<void> {
  const source = wanted[Symbol.asyncIterator]();
  const waiting: Wanted[] = [];
  try {
    for (let starts = 0; !(await searchSome(source, waiting, search)); starts += 1) {
      const damaged = waiting.shift();
      if (damaged === undefined || starts >= MOST_RESTARTS) {
        search.leaks.unread('git could not read the objects of this repository', 'look: git fsck');
        return;
      }
      search.leaks.unread(`object ${damaged.id} of this repository is missing or damaged`, 'look: git fsck');
    }
  } finally {
    // Where the search was ended, whoever lists the objects ends too.
    await source.return?.();
  }
}

/** @param waiting asked for and not answered; kept for the next start @returns whether all was answered */
async function searchSome(source: AsyncIterator<Wanted>, waiting: Wanted[], search: BlobSearch): Promise<boolean> {
  const { scanner, leaks } = search;
  const run = search.git.start(['cat-file', '--batch', '--buffer']);
  const { stdin } = run.child;
  const again = [...waiting];
  const send = async ({ id }: Wanted): Promise<void> => {
    if (stdin.write(`${id}\n`) || run.hasEnded) return;
    await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), run.end]);
  };
  const feeding = (async () => {
    for (const one of again) await send(one);
    while (!run.hasEnded) {
      const next = await source.next();
      if (next.done === true) break;
      waiting.push(next.value);
      await send(next.value);
    }
  })().finally(() => stdin.end());
  // Its failure is met below, where it is waited for.
  feeding.catch(() => undefined);
  const reader = new BatchReader((id, size) => {
    if (size === null) leaks.unread(`object ${id} of this repository is missing or damaged`, 'look: git fsck');
    scanner.begin();
  });
  try {
    for await (const part of run.child.stdout) {
      for (const piece of reader.read(part as Buffer)) {
        if (piece.bytes !== null) scanner.push(piece.bytes);
        if (!piece.isLast) continue;
        const one = waiting.shift()!;
        const hits = scanner.end();
        if (piece.isBlob) leaks.searched += 1;
        if (hits.length > 0) search.found(one, hits, scanner.isCut);
      }
      await search.step();
    }
  } finally {
    run.child.kill();
    await run.end;
    await feeding;
  }
  return waiting.length === 0;
}

interface Piece {
  readonly bytes: Buffer | null;
  readonly isLast: boolean;
  readonly isBlob: boolean;
}

/** Reads `ID TYPE SIZE\n…bytes…\n`, or `ID missing\n`, wherever the parts are cut. */
class BatchReader {
  readonly #begin: (id: string, size: number | null) => void;
  #head = '';
  /** Bytes still to come, the final newline among them; 0 where a head is read. */
  #left = 0;
  #isBlob = false;

  constructor(begin: (id: string, size: number | null) => void) {
    this.#begin = begin;
  }

  *read(part: Buffer): Generator<Piece> {
    for (let at = 0; at < part.length;) {
      if (this.#left === 0) {
        const end = part.indexOf(0x0a, at);
        this.#head += part.toString('latin1', at, end === -1 ? part.length : end);
        if (end === -1) return;
        at = end + 1;
        const [id, type, size] = this.#head.split(' ') as [string, string, string | undefined];
        this.#head = '';
        this.#begin(id, size === undefined ? null : Number(size));
        this.#isBlob = type === 'blob';
        if (size === undefined) yield { bytes: null, isLast: true, isBlob: false };
        else this.#left = Number(size) + 1;
        continue;
      }
      const count = Math.min(this.#left, part.length - at);
      const isLast = count === this.#left;
      const bytes = this.#isBlob ? part.subarray(at, at + count - (isLast ? 1 : 0)) : null;
      this.#left -= count;
      at += count;
      yield { bytes, isLast, isBlob: this.#isBlob };
    }
  }
}
