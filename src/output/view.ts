/** What a command gives back: data for `--json`, and text for people. A command never prints. */

export interface View {
  /** The one JSON document; left out where the command has none. */
  readonly json?: unknown;
  /** Text for stdout, without a final newline; empty for none. */
  readonly text?: string;
  /** Exact bytes for stdout in place of text. */
  readonly bytes?: Uint8Array;
  /** Exit status where it is not 0. */
  readonly exit?: number;
  /** Errors to report although there is a document: what was done is kept and shown. */
  readonly error?: unknown;
}

/** stdout's bytes of a view. */
export function bytesOf(view: View, isJson: boolean): Uint8Array {
  if (isJson && view.json !== undefined) return Buffer.from(`${JSON.stringify(view.json, null, 2)}\n`);
  if (view.bytes !== undefined) return view.bytes;
  return view.text === undefined || view.text === '' ? new Uint8Array() : Buffer.from(`${view.text}\n`);
}
