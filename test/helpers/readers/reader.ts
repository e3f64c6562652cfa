/** A program or library that reads rendered files, as a test sees it. One file a family of readers. */
import type { ProgramName } from '../../../scripts/test-programs.js';
import { isHere } from '../programs.ts';

export interface Rendered {
  readonly text: string;
  /** The names that are asked for. */
  readonly names: readonly string[];
}

export type ReadBack = { readonly value: unknown } | { readonly error: string };

export interface Reader {
  readonly name: string;
  /** What has to be on the machine; null where it is. */
  readonly missing: () => ProgramName | null;
  /** Of each batch only so many are read: one process a document is slow. */
  readonly atMost?: number;
  /** One answer a document. */
  readonly read: (documents: readonly Rendered[]) => Promise<ReadBack[]>;
}

/** A reader in this process: what it throws is its refusal. */
export function inProcess(name: string, read: (text: string) => unknown): Reader {
  return {
    name,
    missing: () => null,
    read: async (documents) =>
      documents.map(({ text }) => {
        try {
          return { value: read(text) };
        } catch (error) {
          return { error: String(error) };
        }
      }),
  };
}

/** `missing` of a reader that needs a program. */
export function needs(name: ProgramName): () => ProgramName | null {
  return () => (isHere(name) ? null : name);
}
