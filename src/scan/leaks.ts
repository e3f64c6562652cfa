/** What a scan has found, and what it could not look at. */
import type { WarningCode } from '../domain/reference/warnings.ts';
import { printable } from '../domain/printable.ts';
import type { FormName } from '../domain/value-forms.ts';
import { MOST_PLACES } from './scanner.ts';
import type { Hit } from './scanner.ts';
import type { Owner } from './patterns.ts';

export interface Leak {
  readonly secret: string;
  /** Of its lineage. */
  readonly base: string;
  /** Null for a shared value. */
  readonly environment: string | null;
  /** A slot's id, where it is a key of the vault and no value; null else. */
  readonly key: string | null;
  readonly form: FormName;
  /** Relative to the working directory; in history and index, to the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** In bytes, from 1. */
  readonly column: number;
  /** Null for a file as it stands. */
  readonly commit: string | null;
  /** ISO time. */
  readonly authoredAt: string | null;
}

/** Where hits were met. */
export interface Spot {
  readonly file: string;
  readonly commit: string | null;
  readonly authoredAt: string | null;
}

export class Leaks {
  /** Files and blobs that were searched. */
  searched = 0;
  readonly #owners: readonly Owner[];
  readonly #warn: (code: WarningCode, message: string) => void;
  readonly #hide: (text: string) => string;
  readonly #ownKey: string | null;
  readonly #leaks = new Map<string, Leak>();
  #unread = 0;
  #cure: string | null = null;

  /**
   * @param told.hide takes the values out of a text: a file may be named after one
   * @param told.ownKey the key file in use, as a file that is searched would be called: that it holds the key is what it is for
   */
  constructor(
    owners: readonly Owner[],
    told: { warn: (code: WarningCode, message: string) => void; hide: (text: string) => string; ownKey: string | null },
  ) {
    const { warn, hide, ownKey } = told;
    this.#ownKey = ownKey;
    this.#owners = owners;
    this.#hide = hide;
    this.#warn = (code, message) => warn(code, printable(hide(message)));
  }

  add(hits: readonly Hit[], { file: name, commit, authoredAt }: Spot, isCut: boolean): void {
    if (hits.length === 0) return;
    const file = this.#hide(name);
    for (const { owner, form, line, column } of hits) {
      const { secret, base, environment, key: slot = null } = this.#owners[owner]!;
      if (slot !== null && name === this.#ownKey) continue;
      const leak = { secret, base, environment, key: slot, form, file, line, column, commit, authoredAt };
      const key = [commit, file, line, column, base, secret, environment].join('\0');
      // Two paths that are given may hold one file.
      if (!this.#leaks.has(key)) this.#leaks.set(key, leak);
    }
    if (isCut) this.#warn('cut', `${file}: only the first ${MOST_PLACES} places of each value are listed`);
  }

  /** Something that should have been searched. @param cure what to type, said where nothing was found */
  unread(message: string, cure: string | null = null): void {
    this.#unread += 1;
    this.#cure ??= cure;
    this.#warn('unread', message);
  }

  /** Something that needs no search, but that somebody may wonder about. */
  note(message: string): void {
    this.#warn('not_searched', message);
  }

  get unreadCount(): number {
    return this.#unread;
  }
  get cure(): string | null {
    return this.#cure;
  }

  /** In order of files, lines and columns. */
  get all(): Leak[] {
    return [...this.#leaks.values()].toSorted(
      (left, right) =>
        compare(left.commit ?? '', right.commit ?? '') ||
        compare(left.file, right.file) ||
        left.line - right.line ||
        left.column - right.column ||
        compare(left.secret, right.secret) ||
        compare(left.environment ?? '', right.environment ?? ''),
    );
  }
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
