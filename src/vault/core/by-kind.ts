/** What is known of records by their kinds and ids, in no more than so many places: a large change asks for each name many times. */
import type { KindName } from '../records/kinds.ts';

export class ByKind<T> {
  readonly #most: number;
  readonly #kinds = new Map<KindName, Map<string, T>>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(kind: KindName, id: string): T | undefined {
    return this.#kinds.get(kind)?.get(id);
  }

  /** Where there is no more room, all that was known before is let go. @param id that is not known yet */
  set(kind: KindName, id: string, value: T): void {
    if (this.#size >= this.#most) {
      this.#kinds.clear();
      this.#size = 0;
    }
    const known = this.#kinds.get(kind) ?? new Map<string, T>();
    this.#kinds.set(kind, known.set(id, value));
    this.#size += 1;
  }

  delete(kind: KindName, id: string): void {
    if (this.#kinds.get(kind)?.delete(id) === true) this.#size -= 1;
  }
}
