/** What programs make of a value when they write it: real encoders of Node, Python and shells, and the rules of others, in their own words. */
import { spawnSync } from 'node:child_process';

export type Encoder = (value: string) => string;

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0');
const percent = (text: string, kept: RegExp) =>
  [...Buffer.from(text)]
    .map((byte) =>
      kept.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${hex(byte, 2).toUpperCase()}`,
    )
    .join('');
const json = (value: string) => JSON.stringify(value).slice(1, -1);
const units = (value: string, which: RegExp, upper = false) =>
  json(value).replace(
    which,
    (unit) => `\\u${upper ? hex(unit.charCodeAt(0), 4).toUpperCase() : hex(unit.charCodeAt(0), 4)}`,
  );

/** Each gives the value as it stands in what the program writes. */
export const ENCODERS: Record<string, Encoder> = {
  'as it is': (value) => value,
  'the password of a URL': (value) => {
    const url = new URL('postgres://app@h/db');
    url.password = value;
    return url.password;
  },
  'a query of a URL': (value) => {
    const url = new URL('https://h/');
    url.search = `?a=${value.replaceAll('&', '%26').replaceAll('#', '%23')}`;
    return url.search.slice('?a='.length);
  },
  encodeURIComponent,
  encodeURI: (value) => encodeURI(value),
  'a form': (value) => new URLSearchParams([['', value]]).toString().slice(1),
  'escape()': (value) => escape(value),
  'URL-encoded twice': (value) => encodeURIComponent(encodeURIComponent(value)),
  'userinfo of Go': (value) => percent(value, /[A-Za-z0-9\-_.~$&+,;=]/),
  'PathEscape of Go': (value) => percent(value, /[A-Za-z0-9\-_.~$&+:=@]/),
  'urlencode of PHP': (value) => percent(value, /[A-Za-z0-9\-_. ]/).replaceAll(' ', '+'),
  'lower case': (value) => encodeURIComponent(value).replace(/%../g, (one) => one.toLowerCase()),
  JSON: json,
  'JSON in JSON': (value) => json(JSON.stringify(value)).slice(2, -2),
  'JSON in JSON in JSON': (value) => json(json(JSON.stringify(value))).slice(4, -4),
  'JSON of PHP': (value) => units(value, /[\u0080-\uffff]/g).replaceAll('/', '\\/'),
  'JSON of .NET': (value) => units(value, /[\u0080-\uffff"'&+<>`]|\\"/g, true).replaceAll('\\u005C', '\\u0022'),
  'JSON of Gson': (value) => units(value, /[\u0080-\u009f='<>&\u2028\u2029]/g),
  'JSON of Gson in JSON': (value) => json(units(value, /[='<>&]/g)),
  'every character as \\u': (value) =>
    value
      .split('')
      .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
      .join(''),
  'a URL in JSON of PHP': (value) => json(encodeURIComponent(value)).replaceAll('/', '\\/'),
  'JSON in a URL': (value) => encodeURIComponent(json(value)),
  'XML text': (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  'htmlspecialchars of PHP': (value) =>
    ENCODERS['XML text']!(value).replaceAll('"', '&quot;').replaceAll("'", '&#039;'),
  'XML in ASCII': (value) =>
    ENCODERS['XML text']!(value).replace(/[^\0-\x7f]/gu, (one) => `&#x${one.codePointAt(0)!.toString(16)};`),
  CSV: (value) => value.replaceAll('"', '""'),
  SQL: (value) => value.replaceAll("'", "''"),
};

const PYTHON = `
import sys, json, urllib.parse, shlex, html
for value in json.load(sys.stdin):
    print(json.dumps([json.dumps(value)[1:-1], json.dumps(json.dumps(value))[3:-3], urllib.parse.quote(value), urllib.parse.quote_plus(value),
        repr(value)[1:-1], ascii(value)[1:-1], repr(value.encode())[2:-1], shlex.quote(value), html.escape(value), value.encode('unicode_escape').decode()]))
`;

/** By value, what Python's encoders write. @returns null where there is no Python */
export function pythonTexts(values: readonly string[]): string[][] | null {
  const ran = spawnSync('python3', ['-c', PYTHON], { input: JSON.stringify(values), encoding: 'utf8' });
  if (ran.error !== undefined) return null;
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
}

/** By value, the trace of a shell that was given it, and for bash what `printf %q` and `@Q` make of it. Values without NUL. */
export function shellTexts(shell: 'bash' | 'dash', values: readonly string[]): string[] {
  const more = shell === 'bash' ? 'printf "%q\\n" "$1" >&2; printf "%s\\n" "${1@Q}" >&2;' : '';
  return values.map((value) => {
    const ran = spawnSync(shell, ['-c', `set -x; true "$1"; set +x; ${more}`, 'sh', value], { encoding: 'utf8' });
    return ran.stderr;
  });
}
