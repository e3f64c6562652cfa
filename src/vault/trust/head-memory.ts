/**
 * What this machine remembers of vaults it has seen: identity, generation, newest audit entry, and for each realm that it could check the
 * newest entry of that one, per vault and place. A vault that is older than the memory was turned back. libsodium must be loaded before. Without a folder for it there is no memory, and that is not a failure.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash as digest, randomId } from '../../crypto/sodium.ts';

export interface Remembered {
  readonly vault: string;
  readonly location: string;
  /** `knox_vault_1_…` */
  readonly identity: string;
  /** Of the manifest. */
  readonly generation: number;
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
  /** By the realms' ids: number of the newest entry that named it. */
  readonly realms: Readonly<Record<string, number>>;
  /** Ids of the slots whose keys opened the vault here. */
  readonly slots: readonly string[];
  /** The identities that this vault had here before, as this machine saw them; nothing a file says makes one of them. */
  readonly earlier?: readonly string[];
}

export class HeadMemory {
  readonly #folder: string | null;

  /** @param stateFolder `$XDG_STATE_HOME/knox` or what stands for it; null where there is none */
  constructor(stateFolder: string | null) {
    this.#folder = stateFolder === null ? null : join(stateFolder, 'heads');
  }

  #file(location: string): string | null {
    if (this.#folder === null) return null;
    return join(
      this.#folder,
      `${Buffer.from(digest(Buffer.from(location)))
        .toString('hex')
        .slice(0, 32)}.json`,
    );
  }

  /** What was last seen of each vault that was ever at this place. */
  at(location: string): readonly Remembered[] {
    const file = this.#file(location);
    return file === null ? [] : readRemembered(file);
  }

  /** What was seen of a vault at other places, newest first. */
  elsewhere(vault: string, location: string): readonly Remembered[] {
    if (this.#folder === null) return [];
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return [];
    }
    const others = names
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => readRemembered(join(this.#folder!, name)))
      .filter((seen) => seen.vault === vault && seen.location !== location);
    return others.toSorted((left, right) => right.seq - left.seq);
  }

  /** Call after the commit is durable. A memory that is already newer is kept; one that can't be written is done without. */
  remember(seen: Omit<Remembered, 'earlier'>): void {
    const file = this.#file(seen.location);
    if (file === null) return;
    const before = readRemembered(file);
    const last = before.find((known) => known.vault === seen.vault);
    const isOlder = last !== undefined && last.seq > seen.seq;
    const others = before.filter((known) => known.vault !== seen.vault);
    const earlier = last === undefined || isOlder ? (last?.earlier ?? []) : identitiesBefore(last, seen.identity);
    // Whoever has another key checked other realms: what was seen of each stays.
    const realms: Record<string, number> = { ...last?.realms };
    for (const [realm, seq] of Object.entries(seen.realms)) realms[realm] = Math.max(realms[realm] ?? 0, seq);
    const slots = [...new Set([...(last?.slots ?? []), ...seen.slots])];
    const newest = { ...(isOlder ? last : seen), realms, slots };
    const fresh: Remembered = earlier.length === 0 ? newest : { ...newest, earlier };
    if (JSON.stringify(fresh) === JSON.stringify(last)) return;
    const temporary = `${file}.${randomId()}`;
    const write = () => writeFileSync(temporary, JSON.stringify([...others, fresh]), { mode: 0o600, flag: 'wx' });
    try {
      try {
        write();
      } catch {
        mkdirSync(this.#folder!, { recursive: true, mode: 0o700 });
        write();
      }
      renameSync(temporary, file);
    } catch {
      discard(temporary);
    }
  }

  /** Notes that the whole log of this vault verified here. */
  rememberVerified(vault: string, location: string, at: string): void {
    const file = this.#file(location)?.replace(/json$/, 'verified');
    if (file === undefined) return;
    try {
      mkdirSync(this.#folder!, { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify({ vault, at }), { mode: 0o600 });
    } catch {
      // It is told in an overview and decides nothing: without a place for it, it is done without.
    }
  }

  /** When that was last, as an ISO time, or null. */
  verifiedAt(vault: string, location: string): string | null {
    const file = this.#file(location)?.replace(/json$/, 'verified');
    try {
      const seen = JSON.parse(readFileSync(file ?? '', 'utf8')) as { vault?: unknown; at?: unknown };
      return seen.vault === vault && typeof seen.at === 'string' ? seen.at : null;
    } catch {
      return null;
    }
  }

  /** Forgets a place, when the vault that lies there was replaced or turned back on purpose. */
  forget(location: string): void {
    const file = this.#file(location);
    if (file !== null) discard(file);
  }
}

function identitiesBefore({ identity, earlier = [] }: Remembered, next: string): readonly string[] {
  return identity === next ? earlier : [...earlier.filter((known) => known !== next), identity];
}

function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // No folder, or one that can't be written: there is nothing to discard, or nothing to be done about it.
  }
}

function readRemembered(file: string): Remembered[] {
  try {
    const seen: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(seen) && seen.every(isRemembered) ? seen : [];
  } catch {
    return [];
  }
}

function isRemembered(value: unknown): value is Remembered {
  const found = (value ?? {}) as Partial<Record<keyof Remembered, unknown>>;
  const { vault, location, identity, generation, seq, hash, realms, slots, earlier = [] } = found;
  if (!Array.isArray(slots) || !Array.isArray(earlier) || typeof realms !== 'object' || realms === null) return false;
  const texts: unknown[] = [vault, location, identity, hash, ...(slots as unknown[]), ...(earlier as unknown[])];
  const numbers: unknown[] = [generation, seq, ...Object.values(realms)];
  return texts.every((text) => typeof text === 'string') && numbers.every((number) => Number.isSafeInteger(number));
}
