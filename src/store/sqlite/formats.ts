/**
 * The formats that a vault's file can have, oldest first: the last is what this knox writes. A format is a number (`user_version`), the
 * text of its schema, and how the one before becomes it. A later format may append columns that can be null and add tables and indexes:
 * what was there keeps its digests, so that no key is needed. Once it is released, a format's schema is written out here and never changes.
 */
import type Database from 'better-sqlite3';
import { SCHEMA, schemaText } from './schema.ts';

export interface Format {
  readonly version: number;
  /** As `schemaText` gives it. */
  readonly schema: string;
  /** Brings a file of the format before to this one, inside a transaction; null for the first. */
  readonly upgrade: ((database: Database.Database) => void) | null;
}

export const FORMATS: readonly Format[] = [{ version: 1, schema: schemaText(SCHEMA), upgrade: null }];

/** The one that is written. */
export function newest(formats: readonly Format[]): Format {
  return formats.at(-1)!;
}
