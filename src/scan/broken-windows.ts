/**
 * Windows for a short pattern that a line break of the text may cut (base64 in lines). As long as whole windows are left on one side of the
 * break, these are found; between, a window holds the break itself. The text may hold LF or CRLF there; lines are longer than such a
 * pattern, so that there is one break at most. A break with blanks behind it is met only where one side is long enough.
 */

export interface Window {
  /** The pattern as it may stand in the text. */
  readonly text: Buffer;
  /** Where in that the window begins. */
  readonly at: number;
  /** The byte of the pattern that it begins with; at a break the one behind it. */
  readonly offset: number;
}

const BREAKS = ['\n', '\r\n'].map((text) => Buffer.from(text));

/** How many of them a pattern of that length has. */
export function countBrokenWindows(length: number, stride: number, width: number): number {
  return windowsIn(length, stride, width).length;
}

export function brokenWindows(bytes: Buffer, stride: number, width: number): Window[] {
  const texts = new Map<string, Buffer>();
  return windowsIn(bytes.length, stride, width).map(({ at, offset, cut }) => {
    if (cut === null) return { text: bytes, at, offset };
    const key = `${cut.before} ${cut.lineBreak.length}`;
    let text = texts.get(key);
    if (text === undefined) {
      text = Buffer.concat([bytes.subarray(0, cut.before), cut.lineBreak, bytes.subarray(cut.before)]);
      texts.set(key, text);
    }
    return { text, at, offset };
  });
}

interface Cut {
  /** Bytes of the pattern that stand before the break. */
  readonly before: number;
  readonly lineBreak: Buffer;
}

type Place = Pick<Window, 'at' | 'offset'> & { readonly cut: Cut | null };

/** By length, stride and width: they are the same for all patterns of a length. */
const known = new Map<string, readonly Place[]>();

function windowsIn(length: number, stride: number, width: number): readonly Place[] {
  const key = `${length} ${stride} ${width}`;
  let places = known.get(key);
  if (places === undefined) known.set(key, (places = placesIn(length, stride, width)));
  return places;
}

function placesIn(length: number, stride: number, width: number): Place[] {
  const run = stride + width - 1;
  const last = length - run;
  // A run of windows at the beginning, and one at the end.
  const offsets = new Set([...numbers(0, stride), ...numbers(last, last + stride)]);
  const places: Place[] = [...offsets].map((offset) => ({ at: offset, offset, cut: null }));
  for (let before = Math.max(1, last + 1); before < Math.min(run, length); before += 1) {
    for (const lineBreak of BREAKS) {
      const end = before + lineBreak.length;
      // Of the run at the beginning of the text and that at its end the one that takes fewer windows with the break in them.
      const [fewest] = [0, last + lineBreak.length]
        .map((start) => numbers(start, start + stride).filter((at) => at < end && at + width > before))
        .toSorted((left, right) => left.length - right.length);
      for (const at of fewest!) places.push({ at, offset: Math.min(at, before), cut: { before, lineBreak } });
    }
  }
  return places;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
