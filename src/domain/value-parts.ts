/**
 * What of a value is a secret by itself: the value without the blanks around it, its lines, the strings of a JSON document, the
 * password of a URL. A program prints such a part alone, and who reads it has what matters.
 */

/** What is shorter is not a secret that could be looked for: it would hit ordinary text. */
export const SHORTEST_PART = 8;

export const PARTS = ['trimmed', 'line', 'member', 'userinfo', 'password'] as const;
export type PartName = 'whole' | (typeof PARTS)[number];

export interface ValuePart {
  readonly part: PartName;
  readonly bytes: Buffer;
  /** The member's name in its document, or null. */
  readonly key: string | null;
}

const LF = 0x0a;
const CR = 0x0d;
const USERINFO = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\s]*)@([^/?#\s]*)/i;
/** JSON in a string of JSON, and no deeper. */
const DEEPEST = 3;

export function isPart(name: string): name is PartName {
  return (PARTS as readonly string[]).includes(name);
}

/** Every part of 8 bytes and more, the same bytes once, the value itself first. */
export function valueParts(value: Uint8Array): ValuePart[] {
  const parts = new Map<string, ValuePart>();
  const add = (part: PartName, bytes: Buffer, key: string | null): void => {
    if (bytes.length < SHORTEST_PART) return;
    const known = bytes.toString('latin1');
    if (!parts.has(known)) parts.set(known, { part, bytes, key });
  };
  addParts(Buffer.from(value.buffer, value.byteOffset, value.byteLength), 'whole', null, 0, add);
  return [...parts.values()];
}

/** Names of members that hold what opens something, and those that merely name or describe it. */
const TELLING_KEY = /key|token|secret|pass(?:word|wd|phrase|code)?|pwd|credential|auth|private|signature/i;
const DESCRIBING_KEY = /(?:^|_|[a-z](?=[A-Z]))(?:id|ids|url|uri|type|name|user|email|host|algorithm|alg)$/i;
const LONGEST_WORD = 15;

/**
 * Those of the parts that say by themselves whose they are, wherever they stand: what is looked for in files, where the name of a user
 * or of a project is not a leak.
 */
export function tellingParts(value: Uint8Array): ValuePart[] {
  return valueParts(value).filter(({ part, bytes, key }) => {
    if (part === 'whole' || part === 'trimmed') return true;
    const text = bytes.toString('latin1');
    if (part === 'line') return isRandomLine(text);
    if (/^[A-Za-z]+$/.test(text) && text.length <= LONGEST_WORD) return false;
    if (part !== 'member') return true;
    return key !== null && TELLING_KEY.test(key) && !DESCRIBING_KEY.test(key) && !/^[a-z]+:\/\/[^@]*$/i.test(text);
  });
}

/** A line of base64 or the like. */
function isRandomLine(line: string): boolean {
  return /^[A-Za-z0-9+/=_-]{32,}$/.test(line) && /[a-z]/.test(line) && /[A-Z]/.test(line) && /[0-9]/.test(line);
}

type Add = (part: PartName, bytes: Buffer, key: string | null) => void;

function addParts(bytes: Buffer, part: PartName, key: string | null, depth: number, add: Add): void {
  add(part, bytes, key);
  const trimmed = withoutBlanks(bytes);
  add(part === 'whole' ? 'trimmed' : part, trimmed, key);
  for (const line of linesOf(bytes)) {
    add('line', line, key);
    add('line', withoutBlanks(line), key);
  }
  const text = trimmed.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(trimmed)) return;
  addUrl(text, key, add);
  if (depth < DEEPEST && /^[{["]/.test(text)) addMembers(parsed(text), key, depth, add);
}

function addMembers(document: unknown, key: string | null, depth: number, add: Add): void {
  // Without recursion: a document may be nested as deep as it is long.
  const waiting: [unknown, string | null][] = [[document, key]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [member, name] = next;
    if (typeof member === 'string') addParts(Buffer.from(member, 'utf8'), 'member', name, depth + 1, add);
    else if (Array.isArray(member)) for (const one of member) waiting.push([one, name]);
    else if (typeof member === 'object' && member !== null)
      for (const [inner, one] of Object.entries(member)) waiting.push([one, inner]);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A user's name alone, and a password that is the user's or the host's name, is a word that any text may hold. */
function addUrl(text: string, key: string | null, add: Add): void {
  const found = USERINFO.exec(text);
  if (found === null) return;
  const [, userinfo, host] = found as unknown as [string, string, string];
  const colon = userinfo.indexOf(':');
  const password = colon === -1 ? userinfo : userinfo.slice(colon + 1);
  const words = [text.slice(0, text.indexOf(':')), userinfo.slice(0, Math.max(0, colon)), ...host.split(/[.:]/)];
  if (colon === -1 ? /^[A-Za-z]+$/.test(userinfo) : words.includes(password)) return;
  add('password', Buffer.from(password, 'utf8'), key);
  add('password', percentDecoded(password), key);
  add('userinfo', Buffer.from(userinfo, 'utf8'), key);
  add('userinfo', percentDecoded(userinfo), key);
}

function percentDecoded(text: string): Buffer {
  return Buffer.from(
    Buffer.from(text, 'utf8')
      .toString('latin1')
      .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function withoutBlanks(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start]!)) start += 1;
  while (end > start && isBlank(bytes[end - 1]!)) end -= 1;
  return bytes.subarray(start, end);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= CR);
}

/** None where it is one line. */
function linesOf(value: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  if (!value.includes(LF)) return lines;
  for (let start = 0; start < value.length;) {
    const newline = value.indexOf(LF, start);
    const next = newline === -1 ? value.length : newline;
    const end = next > start && value[next - 1] === CR ? next - 1 : next;
    lines.push(value.subarray(start, end));
    start = next + 1;
  }
  return lines;
}
