/** From values to the byte patterns that are looked for. */
import { valueForms } from '../domain/value-forms.ts';
import type { FormName } from '../domain/value-forms.ts';
import { SHORTEST_PART, tellingParts } from '../domain/value-parts.ts';

/** What is shorter is not a secret that could be looked for: it would hit ordinary text. */
const SHORTEST_SOUGHT = SHORTEST_PART;
/** Of a longer value its beginning is looked for: a leak of that much is one, and memory stays flat. */
const LONGEST_SOUGHT = 16_384;

/** The least that has to stand in one piece for a pattern to be met at all. */
const SHORTEST_RUN = 7;

const LINE_FEED = 0x0a;

/** Whose value it is. */
export interface Owner {
  readonly secret: string;
  /** The lineage: one rotation changes all its versions. */
  readonly base: string;
  /** Null for a shared value. */
  readonly environment: string | null;
  /** The id of a slot, where it is not a value but a key of the vault; `secret` is its label then. */
  readonly key?: string;
}

/**
 * What of the text a pattern may pass over: nothing, indentation after its line ends (LF or CRLF), or line breaks anywhere. One that is
 * `written` is met only where characters of it are written otherwise.
 */
export type Slack = 'none' | 'indentation' | 'wrapping' | 'written';

export interface Pattern {
  readonly bytes: Buffer;
  readonly slack: Slack;
  readonly owners: { readonly owner: number; readonly form: FormName }[];
}

/**
 * The patterns of the values, the same bytes once. The place of a value in the list is its owner's number.
 * @returns in `tooShort` the owners whose value cannot be looked for
 */
export function patternsOf(values: readonly Uint8Array[]): { patterns: Pattern[]; tooShort: number[] } {
  const found = new Map<string, Pattern>();
  const tooShort: number[] = [];
  const add = (bytes: Buffer, slack: Slack, owner: number, form: FormName): void => {
    const key = `${slack}:${bytes.toString('latin1')}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { bytes, slack, owners: [{ owner, form }] });
    else if (!known.owners.some((one) => one.owner === owner)) known.owners.push({ owner, form });
  };
  const addPart = (core: Buffer, owner: number, plain: FormName): void => {
    const lines = withoutIndentation(core);
    const isIndented = core.includes(LINE_FEED) && longestLine(lines) >= SHORTEST_RUN;
    if (isIndented) add(lines, 'indentation', owner, plain);
    for (const variant of lineVariants(core)) {
      for (const { form, bytes } of valueForms(variant)) {
        const isBase64 = form === 'base64' || form === 'base64url';
        const slack = isBase64 ? 'wrapping' : form === 'plain' && isIndented ? 'written' : 'none';
        add(bytes, slack, owner, form === 'plain' ? plain : form);
      }
    }
  };
  for (const [owner, value] of values.entries()) {
    const core = sought(value);
    if (core.length < SHORTEST_SOUGHT) {
      tooShort.push(owner);
      continue;
    }
    addPart(core, owner, 'plain');
    // Of a very long value the beginning is looked for, so that its lines would be told beside it.
    for (const { part, bytes } of value.length > LONGEST_SOUGHT ? [] : tellingParts(core))
      if (part !== 'whole') addPart(sought(bytes), owner, part);
  }
  return { patterns: [...found.values()], tooShort };
}

/** Without the line ends at its end, which a file that holds it may not have, and not longer than what is looked for. */
function sought(value: Uint8Array): Buffer {
  let end = value.length;
  while (end > 0 && (value[end - 1] === LINE_FEED || value[end - 1] === 0x0d)) end -= 1;
  if (end > LONGEST_SOUGHT) {
    end = LONGEST_SOUGHT;
    // Not in the middle of a character of UTF-8, whose forms as text would be lost.
    for (let back = 0; back < 3 && (value[end]! & 0xc0) === 0x80; back += 1) end -= 1;
  }
  return Buffer.from(value.buffer, value.byteOffset, end);
}

/** As it is, with LF and with CRLF. */
function lineVariants(value: Buffer): Buffer[] {
  if (!value.includes(LINE_FEED)) return [value];
  const text = value.toString('latin1');
  const unix = text.replaceAll('\r\n', '\n');
  return [...new Set([text, unix, unix.replaceAll('\n', '\r\n')])].map((variant) => Buffer.from(variant, 'latin1'));
}

/** Blanks at a line's beginning and the CR before its end are passed over in the text, so they are not in the pattern. */
function withoutIndentation(value: Buffer): Buffer {
  return Buffer.from(value.toString('latin1').replace(/\r?\n[ \t]*/g, '\n'), 'latin1');
}

/** Bytes of a pattern that stand in the text in one piece. */
export function soughtInOnePiece({ bytes, slack }: Pattern): number {
  return slack === 'indentation' ? longestLine(bytes) : bytes.length;
}

function longestLine(bytes: Buffer): number {
  let longest = 0;
  for (let start = 0; start <= bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found === -1 ? bytes.length : found;
    longest = Math.max(longest, end - start);
    start = end + 1;
  }
  return longest;
}
