/**
 * What a provider of OAuth tokens answered. A token that it gave is the only one there is, whatever stands beside it: so tokens are taken
 * out of any answer of success, and what is odd about the rest is a note.
 */
import { Refused } from './oauth-request.ts';

/** Members of an answer, as JSON or as a form gave them. */
export type Members = Readonly<Record<string, unknown>>;

/** A token set as the vault keeps it; `expires_at` in seconds since 1970. Members that knox does not know are kept. */
export interface TokenSet {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_at?: number | string;
  readonly [member: string]: unknown;
}

/** @throws Refused for a no; an Error for an answer without a token, of which nobody knows what it means */
export async function readTokens(response: Response): Promise<Members> {
  const members = membersOf(await textOf(response));
  if (response.ok && (tokenOf(members, 'access_token') ?? tokenOf(members, 'refresh_token')) !== null) return members!;
  throw refusalOf(members, response.status) ?? new Error(`status ${response.status}, without a token`);
}

/** Of a revocation, which RFC 7009 lets say anything or nothing. @throws as `readTokens` does */
export async function readRevocation(response: Response): Promise<void> {
  const members = membersOf(await textOf(response));
  if (!response.ok) throw refusalOf(members, response.status) ?? new Error(`status ${response.status}`);
}

/** As much as a value may be. @throws an Error for more, which nobody knows the end of */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MOST_BYTES) throw new Error('an answer of more than 1 MiB');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

const MOST_BYTES = 1_048_576;

/** JSON, or a form as some providers send it, whatever the headers call it; null for anything else. */
function membersOf(body: string): Members | null {
  try {
    const value = JSON.parse(body.replace(/^\uFEFF/, '')) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;
  } catch {
    const isForm = /^\s*[A-Za-z_]+=[^\s<>&]*(&[A-Za-z_]+=[^\s<>&]*)*\s*$/.test(body);
    return isForm ? Object.fromEntries(new URLSearchParams(body.trim())) : null;
  }
}

/** A no in the words of RFC 6749, section 5.2, which some give with a status of success; else by the status. */
function refusalOf(members: Members | null, status: number): Refused | null {
  const [code, said] = [members?.['error'], members?.['error_description']];
  const isNo = status < 300 || (status >= 400 && status < 500);
  if (isNo && typeof code === 'string' && code !== '') {
    // What is not a code is the provider's own text, which begins on a line of its own: it is shown, and kept nowhere.
    const isCode = /^\w{1,40}$/.test(code);
    const text = [isCode ? code : 'refused', isCode ? null : code, said].filter((one) => typeof one === 'string');
    return new Refused(code, text.join('\n'));
  }
  if (status < 400 || status >= 500) return null;
  return status === 401
    ? new Refused('invalid_client', 'invalid_client (status 401)')
    : new Refused(`${status}`, `status ${status}`);
}

function tokenOf(members: Members | null, name: string): string | null {
  const token = members?.[name];
  return typeof token === 'string' && token !== '' ? token : null;
}

export interface Renewed {
  readonly tokens: TokenSet;
  /** How long the new access token lives; null where that is not known. */
  readonly seconds: number | null;
  readonly notes: readonly string[];
}

/** What the provider leaves out stays as it was (RFC 6749, section 6), and so does what it gives in a way that nobody can use. */
export function renew(old: TokenSet | null, answer: Members, now: Date): Renewed {
  const notes: string[] = [];
  // An identity token says who signed in, which is nothing that a rotation needs; without the provider's keys it could not be checked.
  const {
    id_token: _identity,
    access_token: _a,
    refresh_token: _r,
    expires_in: _e,
    token_type: _t,
    scope: _s,
    ...more
  } = answer;
  const { expires_at: _gone, expires_in: older, id_token: _older, ...kept } = old ?? {};
  const seconds = secondsOf(answer['expires_in'], notes);
  const access = tokenOf(answer, 'access_token');
  if (access === null) notes.push('no access token in the answer: the old one stays beside the new refresh token');
  const refresh = tokenOf(answer, 'refresh_token');
  if (refresh === null && answer['refresh_token'] !== undefined)
    notes.push('refresh_token is not a token: the old one stays');
  const type = typeOf(answer['token_type'], notes);
  const scope = scopeOf(answer['scope'], notes);
  const ends = seconds === null ? null : Math.floor(now.getTime() / 1000) + seconds;
  const tokens: TokenSet = {
    ...kept,
    ...more,
    ...(access === null ? {} : { access_token: access }),
    ...(type === null ? {} : { token_type: type }),
    ...(refresh === null ? {} : { refresh_token: refresh }),
    ...(scope === null ? {} : { scope }),
    ...(older === undefined || seconds === null ? {} : { expires_in: seconds }),
    ...(ends === null ? {} : { expires_at: ends }),
  };
  return { tokens, seconds, notes };
}

/** Whole seconds, not more than there are years to come. */
function secondsOf(given: unknown, notes: string[]): number | null {
  if (given === undefined) return null;
  const isText = typeof given === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(given);
  const seconds = Math.floor(isText ? Number(given) : typeof given === 'number' ? given : Number.NaN);
  if (!(seconds > 0 && seconds < 1e10)) {
    notes.push('expires_in is not a time: when the access token expires is unknown');
    return null;
  }
  if (isText || seconds !== given) notes.push(`expires_in is not a whole number: taken as ${seconds} seconds`);
  return seconds;
}

function typeOf(given: unknown, notes: string[]): string | null {
  if (typeof given !== 'string' || given === '') {
    notes.push(`token_type is ${given === undefined ? 'missing' : 'not text'}`);
    return null;
  }
  if (given.toLowerCase() !== 'bearer') {
    notes.push('token_type is not Bearer: kept as it is');
    return given;
  }
  // As RFC 6750 and most applications write it.
  return 'Bearer';
}

function scopeOf(given: unknown, notes: string[]): string | null {
  if (given === undefined || typeof given === 'string') return given ?? null;
  const isList = Array.isArray(given) && given.every((one) => typeof one === 'string');
  notes.push(isList ? 'scope is a list: kept as one text' : 'scope is not text: ignored');
  return isList ? given.join(' ') : null;
}

/** When a token set's access token runs out by itself (ISO time), where that is known. */
export function endOf({ expires_at: at }: TokenSet): string | null {
  const isNumeric = typeof at === 'number' || (typeof at === 'string' && /^\d+(\.\d+)?$/.test(at));
  const seconds = isNumeric ? Math.floor(Number(at)) : 0;
  return seconds > 0 && seconds < 1e11 ? new Date(seconds * 1000).toISOString() : null;
}
