/** Reads what `git cat-file --batch` answers: `ID TYPE SIZE\n…bytes…\n`, or `ID missing\n`, wherever the parts are cut. */

export interface Piece {
  readonly bytes: Buffer | null;
  readonly isLast: boolean;
  readonly isBlob: boolean;
}

export class BatchReader {
  readonly #begin: (id: string, size: number | null) => void;
  #head = '';
  /** Bytes still to come, the final newline among them; 0 where a head is read. */
  #left = 0;
  #isBlob = false;

  /** @param begin called at each answer; a size of null says that the object is missing */
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
