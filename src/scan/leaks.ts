/** What a scan has found, and what it could not look at. */
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
  readonly #warn: (code: string, message: string) => void;
  readonly #hide: (text: string) => string;
  readonly #leaks = new Map<string, Leak>();
  #unread = 0;
  #cure: string | null = null;

  /** @param hide takes the values out of a text: a file may be named after one */
  constructor(
    owners: readonly Owner[],
    { warn, hide }: { warn: (code: string, message: string) => void; hide: (text: string) => string },
  ) {
    this.#owners = owners;
    this.#hide = hide;
    this.#warn = (code, message) => warn(code, printable(hide(message)));
  }

  add(hits: readonly Hit[], { file: name, commit, authoredAt }: Spot, isCut: boolean): void {
    if (hits.length === 0) return;
    const file = this.#hide(name);
    for (const { owner, form, line, column } of hits) {
      const { secret, base, environment } = this.#owners[owner]!;
      const leak = { secret, base, environment, form, file, line, column, commit, authoredAt };
      const key = [commit, file, line, column, secret, environment].join('\0');
      // Two paths that are given may hold one file.
      if (!this.#leaks.has(key)) this.#leaks.set(key, leak);
    }
    if (isCut) this.#warn('cut', `${file}: only the first ${MOST_PLACES} places of each value are told`);
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
