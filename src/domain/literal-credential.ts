/**
 * Options such as a header or a command are stored in the clear, so a credential must not stand in them: a placeholder
 * belongs there. This looks for what is certain, a known prefix or user information in a URL; it is
 * no search for everything that could be a secret.
 */
import { PROVIDERS, withArticle } from './provider-list.ts';

const PLACEHOLDER = /\{\{[ \t]*secret:[^{}\n]*\}\}/g;
/** Stands for a placeholder while the rest is looked at; a private character that no credential's pattern takes. */
const MARK = '\u{f8ff}';
/** Where a login name alone is not a credential: the key is elsewhere. */
const KEYED_SCHEMES = new Set(['ssh', 'git+ssh', 'ssh+git', 'sftp', 'scp', 'rsync']);

/**
 * What kind of credential stands literally in `text` (`a Stripe live key`, `a password in a URL`), for an error message;
 * `null` where there is none. Never a part of it.
 */
export function literalCredential(text: string): string | null {
  const rest = text.replace(PLACEHOLDER, () => MARK);
  for (const { patterns } of PROVIDERS) {
    for (const { prefix, inside, label } of patterns) {
      if (prefix !== null && inside !== null && rest.includes(prefix) && inside.test(rest)) return withArticle(label);
    }
  }
  if (/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/.test(rest)) return 'a private key';
  if (/(?<![A-Za-z0-9_-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\./.test(rest)) return 'a JSON Web Token';
  return userInformation(rest);
}

/** Looks at each `scheme://authority` from its `://`, so that a long text is passed over once. */
function userInformation(text: string): string | null {
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const found = inUrl(schemeBefore(text, at), wordAt(text, at + 3));
    if (found !== null) return found;
  }
  return null;
}

function inUrl(scheme: string, word: string): string | null {
  const end = word.search(/[/?#]/);
  const authority = end === -1 ? word : word.slice(0, end);
  const sign = authority.lastIndexOf('@');
  if (sign === -1) {
    // A password with an unescaped "/" ends the authority too early: what should be a port is then no number.
    const isCut = /^[^[\]:]+:[^0-9:][^:]*$/.test(authority) && word.includes('@', authority.length);
    return isCut && !authority.includes(MARK) ? 'a password in a URL' : null;
  }
  const user = authority.slice(0, sign);
  const colon = user.indexOf(':');
  const password = colon === -1 ? '' : user.slice(colon + 1);
  if (password !== '') return isFilledIn(password) ? null : 'a password in a URL';
  const name = colon === -1 ? user : user.slice(0, colon);
  if (name === '' || isFilledIn(name) || KEYED_SCHEMES.has(scheme)) return null;
  return 'user information in a URL';
}

/** Filled in when it is used: by knox from a placeholder, or by the shell from a variable or a command. */
function isFilledIn(part: string): boolean {
  return part.includes(MARK) || /^\$(?:[A-Z_][A-Z0-9_]*$|\{[A-Za-z_][^{}]*\}$|\()/.test(part);
}

function schemeBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && end - start < 32 && /[A-Za-z0-9+.-]/.test(text[start - 1]!)) start--;
  return text.slice(start, end).toLowerCase();
}

/** From `start` up to a blank, a quote or an angle bracket, or 4,096 characters. */
function wordAt(text: string, start: number): string {
  const part = text.slice(start, start + 4096);
  const end = part.search(/[\s"'<>`]/);
  return end === -1 ? part : part.slice(0, end);
}
