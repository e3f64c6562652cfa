/** The vault's own keys as text: whoever finds one opens the vault. All of them begin alike, so one word is looked for, and what follows is tried. */
import { publicHalfOf } from '../vault/keys/key-material.ts';
import type { Manifest } from '../vault/documents/manifest.ts';
import type { Found } from './pattern-index.ts';
import type { Owner, Pattern } from './patterns.ts';

const WORD = Buffer.from('knox_key_1_');
/** In bytes: 32 of the key and 4 of its check, in base64url. */
const LENGTH = WORD.length + 48;

export class KeySearch {
  readonly longest = LENGTH;
  /** One owner a slot, behind those of the values. */
  readonly owners: readonly Owner[];
  readonly #first: number;
  readonly #keys: ReadonlyMap<string, number>;

  /** @param first the number of the first of these owners */
  constructor({ slots }: Pick<Manifest, 'slots'>, first: number) {
    this.owners = slots.map(({ id, label }) => ({ secret: label, base: `key ${id}`, environment: null, key: id }));
    this.#keys = new Map(slots.map(({ publicKey }, index) => [publicKey, index]));
    this.#first = first;
  }

  /** In the first bytes of a buffer. */
  find(bytes: Buffer, filled: number): Found[] {
    const found: Found[] = [];
    for (
      let start = bytes.indexOf(WORD);
      start !== -1 && start + LENGTH <= filled;
      start = bytes.indexOf(WORD, start + 1)
    ) {
      const end = start + LENGTH;
      const index = this.#keys.get(publicHalfOf(bytes.toString('latin1', start, end)) ?? '');
      if (index === undefined) continue;
      const owners: Pattern['owners'] = [{ owner: this.#first + index, form: 'plain' }];
      found.push({ start, end, pattern: { bytes: bytes.subarray(start, end), slack: 'none', owners } });
    }
    return found;
  }
}
