/** What is listed, handed out in blocks of neighbours to whoever asks next, each with its place in the list. */

export interface Listed<T> {
  readonly one: T;
  readonly order: number;
}

const SIZE = 512;

export class Blocks<T> {
  /** Whether there is more than one block: known once there is, or the list is at its end. */
  readonly hasMany: Promise<boolean>;
  readonly #source: AsyncIterator<T>;
  #order = 0;
  /** Whether all of it was handed out, or it was ended. */
  isOver = false;
  /** Blocks are filled one at a time, or neighbours would be torn apart. */
  #filling: Promise<unknown> = Promise.resolve();
  #decide: (hasMany: boolean) => void = () => undefined;

  constructor(list: AsyncIterable<T>) {
    this.#source = list[Symbol.asyncIterator]();
    this.hasMany = new Promise((resolve) => (this.#decide = resolve));
  }

  /** Empty at the end. */
  next(): Promise<Listed<T>[]> {
    const block = this.#filling.then(() => this.#fill());
    this.#filling = block.catch(() => undefined);
    return block;
  }

  async #fill(): Promise<Listed<T>[]> {
    const block: Listed<T>[] = [];
    try {
      while (!this.isOver && block.length < SIZE) {
        const { done, value } = await this.#source.next();
        if (done === true) this.isOver = true;
        else block.push({ one: value, order: this.#order++ });
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    if (block.length === SIZE) this.#decide(true);
    else if (this.isOver) this.#decide(false);
    return block;
  }

  /** Ends the list, wherever it is. */
  async close(): Promise<void> {
    this.isOver = true;
    this.#decide(false);
    await this.#source.return?.();
  }
}
