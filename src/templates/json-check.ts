/**
 * Whether a text is JSON, with what JSONC and JSON5 allow on top: comments, a comma at the end, single quotes, bare
 * keys, more kinds of numbers. Asked only where a raw value went into a file, so it takes rather too much than too
 * little.
 */
const BLANK = String.raw`(?:[\s\uFEFF]|//[^\n\r\u2028\u2029]*|/\*[^]*?\*/)*`;
const TOKEN = new RegExp(
  `${BLANK}(?:` +
    [
      String.raw`(?<string>"(?:[^"\\\n\r]|\\[^])*"|'(?:[^'\\\n\r]|\\[^])*')`,
      String.raw`(?<word>[\p{L}\p{Nl}$_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}$\u200C\u200D]*)`,
      String.raw`(?<number>[-+]?(?:0[xX][0-9A-Fa-f]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|Infinity|NaN))`,
      String.raw`(?<mark>[{}[\],:])`,
      String.raw`(?<end>$)`,
    ].join('|') +
    ')',
  'uy',
);

type Token = { readonly kind: 'string' | 'word' | 'number' | 'mark' | 'end'; readonly text: string };

const LITERALS = ['true', 'false', 'null', 'Infinity', 'NaN'];

/** Reads the whole text; `false` at the first thing that does not fit. Nesting is followed without recursion. */
export function isJsonWithComments(text: string): boolean {
  const tokens = tokensOf(text);
  if (tokens === null) {
    return false;
  }
  const open: string[] = [];
  let expected: 'value' | 'value or close' | 'key or close' | 'colon' | 'comma or close' | 'end' = 'value';
  const afterValue = (): typeof expected => (open.length === 0 ? 'end' : 'comma or close');
  for (const { kind, text: written } of tokens) {
    const isClosing = open.at(-1) === '{' ? written === '}' : open.at(-1) === '[' && written === ']';
    const isMark = kind === 'mark';
    if (isMark && isClosing && expected.endsWith('or close')) {
      open.pop();
      expected = afterValue();
    } else if (expected === 'end') {
      return kind === 'end';
    } else if (expected === 'colon') {
      if (!isMark || written !== ':') {
        return false;
      }
      expected = 'value';
    } else if (expected === 'comma or close') {
      if (!isMark || written !== ',') {
        return false;
      }
      expected = open.at(-1) === '{' ? 'key or close' : 'value or close';
    } else if (expected === 'key or close') {
      if (kind !== 'string' && kind !== 'word') {
        return false;
      }
      expected = 'colon';
    } else if (isMark && (written === '{' || written === '[')) {
      open.push(written);
      expected = written === '{' ? 'key or close' : 'value or close';
    } else if (kind === 'string' || kind === 'number' || (kind === 'word' && LITERALS.includes(written))) {
      expected = afterValue();
    } else {
      return false;
    }
  }
  return false;
}

/** The tokens, the last of kind `end`; `null` where something is none. */
function tokensOf(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) {
      return null;
    }
    const [kind, written] = Object.entries(groups).find((entry) => entry[1] !== undefined)!;
    tokens.push({ kind: kind as Token['kind'], text: written });
    if (kind === 'end') {
      return tokens;
    }
  }
}
