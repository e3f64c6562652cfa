/** Readers of the options of `knox rotate` and `knox rotations continue`. */
import { parseBetween, parseOn } from '../../domain/office-hours.ts';
import { errors } from '../../errors.ts';

/** Whose new value a file holds. */
export interface ValueFile {
  /** Null where the rotation is of one secret. */
  readonly name: string | null;
  readonly environment: string;
  readonly file: string;
}

/** `[NAME:]ENV=FILE`. @throws usage */
export function readValueFile(text: string): ValueFile {
  const match = /^(?:([^:=]+):)?([^:=]+)=(.+)$/s.exec(text);
  if (match === null)
    throw errors.usage('--value-file takes ENV=FILE, or NAME:ENV=FILE', 'for example --value-file staging=new.key');
  const [, name, environment, file] = match as unknown as [string, string | undefined, string, string];
  return { name: name ?? null, environment, file };
}

/** Kept as it was typed. @throws usage */
export function readBetween(text: string): string {
  parseBetween(text);
  return text;
}

/** Kept as it was typed. @throws usage */
export function readOn(text: string): string {
  parseOn(text);
  return text;
}

/** @throws usage */
export function readJobs(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw errors.usage('--jobs takes a number from 1 to 64', 'for example --jobs 4');
}
