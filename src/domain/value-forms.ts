/**
 * How a value may stand in a file: as it is, and as encoders write it. Where an encoder has a choice (padding, case, which characters it
 * leaves alone) there is a form for each. One rule for whoever looks for values.
 */

export const FORMS = ['plain', 'base64', 'base64url', 'hex', 'url', 'json', 'utf-16le', 'utf-16be'] as const;
export type FormName = (typeof FORMS)[number];

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
    ...urlForms(bytes).map((text): ValueForm => ({ form: 'url', bytes: Buffer.from(text) })),
  ];
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) {
    const wide = Buffer.from(text, 'utf16le');
    forms.push(
      ...jsonForms(text).map((json): ValueForm => ({ form: 'json', bytes: Buffer.from(json) })),
      { form: 'utf-16le', bytes: wide },
      { form: 'utf-16be', bytes: Buffer.from(wide).swap16() },
    );
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

/** What encoders leave as it is: RFC 3986, `encodeURIComponent`, HTML forms, and those that keep the slash of a path. */
const KEPT_IN_URL = [/[A-Za-z0-9._~-]/, /[A-Za-z0-9._~!'()*-]/, /[A-Za-z0-9._*-]/, /[A-Za-z0-9._~/-]/];

/** URL-encoded, in upper and lower case, a blank as `%20` or `+`. */
export function urlForms(bytes: Buffer): string[] {
  // Most keys are written in letters and digits, which every encoder leaves as they are.
  if (isPlainText(bytes)) return [];
  return KEPT_IN_URL.flatMap((kept) => {
    const upper = percentEncoded(bytes, kept);
    const lower = upper.replace(/%../g, (hex) => hex.toLowerCase());
    return [upper, lower, upper.replaceAll('%20', '+'), lower.replaceAll('%20', '+')];
  });
}

/** JSON-escaped: as it must be, to ASCII alone, with the slash, with what would mean something in HTML. */
export function jsonForms(text: string): string[] {
  if (isPlainText(Buffer.from(text))) return [];
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const html = json.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  return [json, ascii, json.replaceAll('/', '\\/'), html];
}

function isPlainText(bytes: Buffer): boolean {
  return /^[A-Za-z0-9._-]+$/.test(bytes.toString('latin1'));
}

function percentEncoded(bytes: Buffer, kept: RegExp): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += kept.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}
