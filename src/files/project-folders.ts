/**
 * Which folders use a vault that lies outside of them. A repository brings its `.knox/config.json` and its scripts along, so that a folder
 * which points to somebody's vault could have its own scripts run with that vault's values: it may not before a person says so, once a
 * machine. Kept under the state folder, one file a folder; without a state folder there is no memory.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class ProjectFolder {
  /** As it is shown. */
  readonly root: string;
  /** Of the vault that it points to, as it is shown. */
  readonly vaultFile: string;
  readonly #states: string | null;

  /** @param stateFolder `$XDG_STATE_HOME/knox` or what stands for it; null where there is none */
  constructor(stateFolder: string | null, place: { readonly root: string; readonly file: string }) {
    this.root = place.root;
    this.vaultFile = place.file;
    this.#states = stateFolder === null ? null : join(stateFolder, 'folders');
  }

  /** @param vault the vault's id */
  isKnown(vault: string): boolean {
    if (this.#states === null) return false;
    const seen = this.#seen(vault);
    try {
      return readFileSync(this.#fileOf(seen), 'utf8') === seen;
    } catch {
      return false;
    }
  }

  /** From now on this folder is used with that vault. One that can't be written is done without. */
  remember(vault: string): void {
    if (this.#states === null) return;
    const seen = this.#seen(vault);
    try {
      mkdirSync(this.#states, { recursive: true, mode: 0o700 });
      writeFileSync(this.#fileOf(seen), seen, { mode: 0o600 });
    } catch {
      // It is asked for again.
    }
  }

  /** The vault by its id and its place: another vault in that place, or the same one in another, is not what was meant. */
  #seen(vault: string): string {
    return JSON.stringify({ vault, location: realOf(this.vaultFile), root: realOf(this.root) });
  }

  #fileOf(seen: string): string {
    return join(this.#states!, `${createHash('sha256').update(seen).digest('hex').slice(0, 32)}.json`);
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
