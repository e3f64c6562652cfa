/** Inputs that are nearly right: what is valid, changed at a few places by what parsers stumble over. */
import * as fc from 'fast-check';

/** Pieces of text that mean something to one parser or another, or to a terminal. */
const HOSTILE_TEXT: readonly string[] = [
  ...'\0\t\n\r\v\f\x07\x1b\x7f\x85\u2028\u2029\u200b\u202e\ufeff\ufffd\uffff😀'.split(''),
  '\r\n',
  '\x1b[2J\x1b]0;x\x07',
  '\ud800',
  '\udc00',
  '\ud83d',
  ...`'"\`\\$#:;,=-+.?!&*|>%@~^(){}[]</ _0`.split(''),
  ...'{{ }} {{secret: {{secret:a}} ${ $( %s %00 -- --- ... /* */ // <!-- --> ]]> <![CDATA[ &amp; &x; << !! &a *a ? - null true'.split(
    ' ',
  ),
  ...'NaN Infinity -0 1e999 0x1F 1e-7 99999999999999999999 9007199254740993 -1 1.5 0 00 08'.split(' '),
  ...'__proto__ constructor prototype toString hasOwnProperty length shared production id then'.split(' '),
  ...'2024-02-30 9999-12-31T23:59:59.999-14:00 1969-12-31 24:00 .inf 1:20 ../../etc/passwd /dev/zero file:///'.split(
    ' ',
  ),
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...HOSTILE_TEXT) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...HOSTILE_TEXT), fc.integer({ min: 2, max: 3000 }))
      .map(([text, count]) => text.repeat(count)),
  },
);

type Edit<T> = (whole: T) => T;

/** Where in a text or in bytes, as a share of its length: the same choice works for any length. */
// Not a double, of which fast-check mostly takes the ends.
const share = fc.integer({ min: 0, max: 9999 }).map((part) => part / 10_000);
function at(length: number, part: number): number {
  return Math.min(length, Math.floor(part * (length + 1)));
}

const textEdit: fc.Arbitrary<Edit<string>> = fc.oneof(
  // Something put in, in place of a few characters or of none.
  fc.tuple(share, fc.nat(6), hostileText).map(([part, gone, text]) => (whole: string) => {
    const start = at(whole.length, part);
    return whole.slice(0, start) + text + whole.slice(start + gone);
  }),
  // Cut short, or a beginning lost.
  share.map((part) => (whole: string) => whole.slice(0, at(whole.length, part))),
  share.map((part) => (whole: string) => whole.slice(at(whole.length, part))),
  // A part again, or gone.
  fc.tuple(share, share, fc.integer({ min: 0, max: 3 })).map(([one, other, count]) => (whole: string) => {
    const [start, end] = [at(whole.length, one), at(whole.length, other)].toSorted((left, right) => left - right) as [
      number,
      number,
    ];
    return whole.slice(0, start) + whole.slice(start, end).repeat(count) + whole.slice(end);
  }),
  // A line again, or two in another order.
  fc.tuple(share, share).map(([one, other]) => (whole: string) => {
    const lines = whole.split('\n');
    const [from, to] = [at(lines.length - 1, one), at(lines.length - 1, other)];
    return lines.toSpliced(to, 0, lines[from]!).join('\n');
  }),
  // One character another, near it in the table.
  fc.tuple(share, fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128, 256, 0x20_00)).map(([part, bit]) => (whole: string) => {
    const index = at(whole.length - 1, part);
    if (whole === '') return whole;
    return whole.slice(0, index) + String.fromCharCode(whole.charCodeAt(index) ^ bit) + whole.slice(index + 1);
  }),
  fc.constantFrom<Edit<string>>(
    (whole) => whole.toUpperCase(),
    (whole) => whole.replaceAll('\n', '\r\n'),
    (whole) => whole.replaceAll('\n', '\r'),
    (whole) => `\ufeff${whole}`,
    (whole) => whole.normalize('NFD'),
    (whole) => whole.trim(),
    (whole) => whole + whole,
  ),
);

/** Now and then with no change at all. */
export function mutatedText(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(valid, fc.array(textEdit, { maxLength: 4 }))
    .map(([text, edits]) => edits.reduce((whole, edit) => edit(whole), text));
}

const bytesEdit: fc.Arbitrary<Edit<Buffer>> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(share, fc.nat(7)).map(([part, bit]) => (whole: Buffer) => {
      const changed = Buffer.from(whole);
      if (changed.length > 0) changed[at(changed.length - 1, part)]! ^= 1 << bit;
      return changed;
    }),
  },
  { weight: 1, arbitrary: share.map((part) => (whole: Buffer) => whole.subarray(0, at(whole.length, part))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(share, fc.nat(4), fc.uint8Array({ maxLength: 12 }))
      .map(([part, gone, bytes]) => (whole: Buffer) => {
        const start = at(whole.length, part);
        return Buffer.concat([whole.subarray(0, start), bytes, whole.subarray(start + gone)]);
      }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(share, share, fc.integer({ min: 0, max: 3 })).map(([one, other, count]) => (whole: Buffer) => {
      const [start, end] = [at(whole.length, one), at(whole.length, other)].toSorted((left, right) => left - right) as [
        number,
        number,
      ];
      return Buffer.concat([
        whole.subarray(0, start),
        ...Array.from({ length: count }, () => whole.subarray(start, end)),
        whole.subarray(end),
      ]);
    }),
  },
);

export function mutatedBytes(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(valid, fc.array(bytesEdit, { maxLength: 4 }))
    .map(([bytes, edits]) => edits.reduce<Buffer>((whole, edit) => edit(whole), Buffer.from(bytes)));
}

/** Text as it is saved: mutated as text, then as bytes, in one of the encodings that editors know. */
export function savedText(valid: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const saved = fc
    .tuple(mutatedText(valid), fc.constantFrom('utf8', 'utf8', 'utf8', 'utf16le', 'latin1'))
    .map(([text, encoding]) =>
      encoding === 'utf16le' ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text, encoding as BufferEncoding),
    );
  return fc.oneof({ weight: 4, arbitrary: saved }, { weight: 1, arbitrary: mutatedBytes(saved) });
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Any JSON in the place of another. */
const hostileJson: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, -0, -1, 1, 1.5, 2 ** 53, -(2 ** 63), 1e308, '', [], {}, [null], [[]], {
    a: null,
  }),
  fc.constantFrom<Json>(
    '__proto__',
    'constructor',
    'shared',
    'production',
    '-',
    '0',
    'true',
    '2024-02-30',
    '\ud800',
    '\0',
    '\x1b[2J\u202e',
  ),
  hostileText,
  fc.constantFrom<Json>(
    Array.from({ length: 2000 }, () => 0),
    { toString: 1 },
    { length: -1 },
  ),
);

type JsonEdit = (node: Json) => Json;
type Mutable = Record<string, Json>;

/** JSON.parse makes `__proto__` a key of its own, as a file can have it. */
function withProto(node: Json): Json {
  return typeof node === 'object' && node !== null && !Array.isArray(node)
    ? (JSON.parse(
        JSON.stringify(node).replace(/^\{/, `{"__proto__":{"polluted":true}${Object.keys(node).length > 0 ? ',' : ''}`),
      ) as Json)
    : node;
}

const jsonEdit: fc.Arbitrary<JsonEdit> = fc.oneof(
  { weight: 4, arbitrary: hostileJson.map((other) => () => other) },
  // A member gone, twice under another name, or in another's place.
  {
    weight: 3,
    arbitrary: fc.tuple(share, share, fc.constantFrom('drop', 'copy', 'swap', 'rename')).map(
      ([one, other, how]) =>
        (node: Json) =>
          edited(node, one, other, how),
    ),
  },
  { weight: 1, arbitrary: fc.constant(withProto) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 200 })
      .map((depth) => (node: Json) => Array.from({ length: depth }).reduce<Json>((inner) => [inner], node)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<JsonEdit>(
      (node) => [node],
      (node) => ({ value: node }),
      (node) => JSON.stringify(node),
      (node) => [node, node],
    ),
  },
  { weight: 2, arbitrary: textEdit.map((edit) => (node: Json) => (typeof node === 'string' ? edit(node) : node)) },
  { weight: 1, arbitrary: fc.integer().map((by) => (node: Json) => (typeof node === 'number' ? node + by : node)) },
);

function edited(node: Json, one: number, other: number, how: string): Json {
  if (typeof node !== 'object' || node === null) return node;
  const keys = Object.keys(node);
  if (keys.length === 0) return node;
  const [first, second] = [keys[at(keys.length - 1, one)]!, keys[at(keys.length - 1, other)]!];
  if (Array.isArray(node)) {
    const list = node as readonly Json[];
    return how === 'drop'
      ? list.toSpliced(Number(first), 1)
      : list.toSpliced(Number(second), how === 'copy' ? 0 : 1, list[Number(first)]!);
  }
  const copy: Mutable = { ...(node as Mutable) };
  if (how === 'drop' || how === 'rename') delete copy[first];
  if (how === 'copy') copy[second] = copy[first]!;
  if (how === 'rename') copy[second] = (node as Mutable)[first]!;
  if (how === 'swap') [copy[first], copy[second]] = [copy[second]!, copy[first]!];
  return copy;
}

/** Changes one node somewhere inside. */
function editSomewhere(node: Json, path: readonly number[], edit: JsonEdit): Json {
  const [part, ...rest] = path;
  const keys = typeof node === 'object' && node !== null ? Object.keys(node) : [];
  if (part === undefined || keys.length === 0) return edit(node);
  const key = keys[at(keys.length - 1, part)]!;
  const inner = editSomewhere((node as Mutable)[key]!, rest, edit);
  return Array.isArray(node)
    ? (node as readonly Json[]).with(Number(key), inner)
    : { ...(node as Mutable), [key]: inner };
}

function mutatedJson(valid: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const change = fc.tuple(fc.array(share, { maxLength: 3 }), jsonEdit);
  return fc
    .tuple(valid, fc.array(change, { maxLength: 3 }))
    .map(([node, changes]) => changes.reduce((whole, [path, edit]) => editSomewhere(whole, path, edit), node));
}

/** The text of mutated JSON: now and then with a member twice, blanks, a mark, deep nesting that JSON.stringify would not write. */
export function mutatedJsonText(valid: fc.Arbitrary<Json>): fc.Arbitrary<string> {
  const text = mutatedJson(valid).map((node) => JSON.stringify(node));
  return fc.oneof(
    { weight: 5, arbitrary: text },
    { weight: 3, arbitrary: mutatedText(text) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, hostileJson)
        .map(([whole, other]) =>
          whole.replace(/^\{("[^"]*"):/, (begin, key: string) => `{${key}:${JSON.stringify(other)},${begin.slice(1)}`),
        ),
    },
    { weight: 1, arbitrary: text.map((whole) => JSON.stringify(JSON.parse(whole), null, 3)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.integer({ min: 100, max: 4000 }))
        .map(([whole, depth]) => `${'['.repeat(depth)}${whole}${']'.repeat(depth)}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.integer({ min: 100, max: 4000 }))
        .map(([whole, depth]) => `${'{"a":'.repeat(depth)}${whole}${'}'.repeat(depth)}`),
    },
  );
}

/** A file of JSON: as it is, mutated as JSON, or as text. */
export function savedJson(valid: fc.Arbitrary<Json>): fc.Arbitrary<Buffer> {
  const bytes = (text: string): Buffer => Buffer.from(text);
  return fc.oneof(
    { weight: 1, arbitrary: valid.map((node) => bytes(JSON.stringify(node))) },
    { weight: 4, arbitrary: mutatedJsonText(valid).map(bytes) },
    { weight: 1, arbitrary: savedText(valid.map((node) => JSON.stringify(node))) },
  );
}
