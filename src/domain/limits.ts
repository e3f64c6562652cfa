/** How much of an input is read at most. What goes on beyond that is refused soon, and little of it was held. */

export interface Limit {
  readonly bytes: number;
  readonly text: string;
}

/** Of one value. */
export const VALUE_LIMIT: Limit = { bytes: 1_048_576, text: '1 MiB' };
/** Of a template, an env file, a file to import, a list of findings, a JSON object of values. */
export const FILE_LIMIT: Limit = { bytes: 16 * 1_048_576, text: '16 MiB' };
/** Of a log of uses, which grows. */
export const LOG_LIMIT: Limit = { bytes: 64 * 1_048_576, text: '64 MiB' };
/** Of a key file, or of what a program prints that gives the key. */
export const KEY_LIMIT: Limit = { bytes: 65_536, text: '64 KiB' };
