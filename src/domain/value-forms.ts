/**
 * How a value may stand in a file: as it is, and as encoders of all of its bytes write it. Where an encoder has a choice (padding, case)
 * there is a form for each. What an encoder writes for single characters, of which there is no end, is told when it is read
 * (written-units.ts).
 */
import { PARTS } from './value-parts.ts';

/** The names of parts are those of a part of a value that stands there as it is. */
export const FORM_NAMES = [
  'plain',
  'base64',
  'base64url',
  'hex',
  'url',
  'json',
  'xml',
  'shell',
  'quoted',
  'utf-16le',
  'utf-16be',
  ...PARTS,
] as const;
export type FormName = (typeof FORM_NAMES)[number];

export interface ValueForm {
  readonly form: FormName;
  readonly bytes: Buffer;
}

/** Every form of exactly these bytes; the same bytes once, under the first of their names. */
export function valueForms(value: Uint8Array): ValueForm[] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const hex = bytes.toString('hex');
  const forms: ValueForm[] = [
    { form: 'plain', bytes },
    ...base64Cores(bytes),
    { form: 'hex', bytes: Buffer.from(hex) },
    { form: 'hex', bytes: Buffer.from(hex.toUpperCase()) },
    ...spelledForms(bytes),
  ];
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) {
    const wide = Buffer.from(text, 'utf16le');
    forms.push({ form: 'utf-16le', bytes: wide }, { form: 'utf-16be', bytes: Buffer.from(wide).swap16() });
  }
  const seen = new Set<string>();
  return forms.filter((one) => {
    const key = one.bytes.toString('latin1');
    return !seen.has(key) && seen.add(key);
  });
}

/**
 * The part of the base64 text that is the same wherever the value stands in something longer (`user:VALUE` of a basic authorization), at
 * each of the three alignments: the characters at either end that other bytes have a share in are left out, and with them the padding.
 */
export function base64Cores(bytes: Buffer): ValueForm[] {
  return [0, 1, 2].flatMap((shift): ValueForm[] => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const core = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    const url = core.replaceAll('+', '-').replaceAll('/', '_');
    const plain: ValueForm = { form: 'base64', bytes: Buffer.from(core) };
    return url === core ? [plain] : [plain, { form: 'base64url', bytes: Buffer.from(url) }];
  });
}

/** What takes more room than it has in the value, and no sign by which it could be told that something was written otherwise. */
function spelledForms(bytes: Buffer): ValueForm[] {
  const text = bytes.toString('latin1');
  return [
    { form: 'url' as const, text: text.replaceAll(' ', '+') },
    { form: 'quoted' as const, text: text.replaceAll("'", "''") },
    { form: 'quoted' as const, text: text.replaceAll('"', '""') },
  ].map(({ form, text: spelled }) => ({ form, bytes: Buffer.from(spelled, 'latin1') }));
}
