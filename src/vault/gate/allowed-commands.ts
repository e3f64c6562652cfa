/**
 * What the person at this machine has allowed of one vault: texts of commands, or all that a slot vouches for, by place; and what ran there
 * last. Without a folder for it nothing is remembered, and that is not a failure.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frame } from '../../crypto/frame.ts';
import { hash, randomId } from '../../crypto/sodium.ts';
import { isId } from '../records/codec.ts';

/** A text, what it belongs to, and the slot that vouches for it; null for none that could. */
export interface AllowedText {
  readonly record: string;
  readonly text: string;
  readonly slot: string | null;
}

interface Place {
  /** Hashes (hex) of allowed texts. */
  readonly texts: readonly string[];
  /** Ids of slots whose every command is allowed. */
  readonly slots: readonly string[];
  /** By record: the entry that put the text which ran last. */
  readonly ran: Readonly<Record<string, number>>;
}

interface Remembered {
  readonly vault: string;
  readonly places: Readonly<Record<string, Place>>;
}

const NOTHING: Place = { texts: [], slots: [], ran: {} };

/** libsodium must be loaded before. */
export class AllowedCommands {
  readonly #vault: string;
  readonly #location: string;
  readonly #folder: string | null;

  /** @param stateFolder `$XDG_STATE_HOME/knox` or what stands for it; null where there is none @param location the file's real path, or a URL */
  constructor(stateFolder: string | null, vault: string, location: string) {
    this.#vault = vault;
    this.#location = location;
    this.#folder = stateFolder === null ? null : join(stateFolder, 'commands');
  }

  isAllowed(allowed: AllowedText): boolean {
    const { texts, slots } = this.#place();
    return (allowed.slot !== null && slots.includes(allowed.slot)) || texts.includes(hashOf(this.#vault, allowed));
  }
  allowText(allowed: AllowedText): void {
    const { texts, ...place } = this.#place();
    this.#put({ ...place, texts: [...new Set([...texts, hashOf(this.#vault, allowed)])] });
  }
  /** Everything that a slot vouches for, now and later. */
  allowSlot(slot: string): void {
    const { slots, ...place } = this.#place();
    this.#put({ ...place, slots: [...new Set([...slots, slot])] });
  }

  /** The entry that put what ran here last in a record's place, or null. */
  lastRan(record: string): number | null {
    return this.#place().ran[record] ?? null;
  }
  noteRan(record: string, entry: number): void {
    const { ran, ...place } = this.#place();
    if (ran[record] !== entry) this.#put({ ...place, ran: { ...ran, [record]: entry } });
  }

  #place(): Place {
    return this.#read().places[this.#location] ?? NOTHING;
  }
  #put(place: Place): void {
    const known = this.#read();
    this.#write({ ...known, places: { ...known.places, [this.#location]: place } });
  }

  #read(): Remembered {
    const nothing = { vault: this.#vault, places: {} };
    if (this.#folder === null) return nothing;
    try {
      const known: unknown = JSON.parse(readFileSync(this.#file(this.#folder), 'utf8'));
      return isRemembered(known) && known.vault === this.#vault ? known : nothing;
    } catch {
      return nothing;
    }
  }

  #write(known: Remembered): void {
    if (this.#folder === null) return;
    const file = this.#file(this.#folder);
    const temporary = `${file}.${randomId()}`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(temporary, JSON.stringify(known), { mode: 0o600, flag: 'wx' });
      renameSync(temporary, file);
    } catch {
      // What cannot be remembered is asked about again.
      rmSync(temporary, { force: true });
    }
  }

  #file(folder: string): string {
    // An id comes from the vault's file: what a path is made of is its hash.
    return join(folder, `${hex(hash(new TextEncoder().encode(this.#vault))).slice(0, 32)}.json`);
  }
}

function hashOf(vault: string, { record, text, slot }: AllowedText): string {
  return hex(hash(frame('knox/allowed/1', vault, record, slot ?? '', text)));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

type Fields<T> = Partial<Record<keyof T, unknown>>;

function isRemembered(value: unknown): value is Remembered {
  const { vault, places } = Object(value) as Fields<Remembered>;
  return typeof vault === 'string' && isMapOf(places, isPlace);
}

function isPlace(value: unknown): boolean {
  const { texts, slots, ran } = Object(value) as Fields<Place>;
  const isText = (one: unknown): boolean => typeof one === 'string';
  return isListOf(texts, isText) && isListOf(slots, isId) && isMapOf(ran, Number.isSafeInteger);
}

function isListOf(value: unknown, is: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((one) => is(one));
}

function isMapOf(value: unknown, is: (one: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(is);
}
