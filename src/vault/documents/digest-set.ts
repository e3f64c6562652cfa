/**
 * Whether two walks over the same records met the same digests, each in an order of its own, with none of them kept: what reads lists and
 * what reads records may go by different indexes of a file that somebody else wrote. The digests are hashed with a point that nobody could
 * foresee when he wrote the file, and added up; two sets have the same sum where they are the same.
 */
import type { Field } from '../../crypto/frame.ts';
import { framed } from '../../crypto/framed-hash.ts';
import { randomBytes } from '../../crypto/sodium.ts';

const POINT_BYTES = 32;
const SUMS = 8;

let point: Uint8Array | null = null;

export class DigestSet {
  #count = 0;
  readonly #sums = new Uint32Array(SUMS);

  /** @param fields a digest, or what one is bound to as well: all of it is one member */
  add(...fields: Field[]): void {
    point ??= randomBytes(POINT_BYTES);
    this.#count += 1;
    const all = framed(point);
    for (const field of fields) all.add(field);
    all.addTo(this.#sums);
  }

  isSame(other: DigestSet): boolean {
    return this.#count === other.#count && this.#sums.every((sum, index) => sum === other.#sums[index]);
  }
}
