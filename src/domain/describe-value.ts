/**
 * What knox sees in a value that was just pasted, so that a slip (a truncated key, a newline too many, the wrong
 * clipboard) is noticed. Sizes and kinds only: never a part of the value, nor anything it could be guessed by.
 */
import { recognise, withArticle } from './provider-list.ts';

const PEM = /^-----BEGIN ([A-Z0-9 ]{1,40})-----/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const JWT = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$/;
const URL_START = /^[a-z][a-z0-9+.-]{0,30}:\/\//i;
const SSH_PUBLIC = /^(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-\w{1,20}) [A-Za-z0-9+/=]+/;
const PLACEHOLDER =
  /^(?:changeme|change_me|todo|xxx+|your[_-][\w-]{1,60}|<[^<>]{0,80}>|\$\{[^{}]{0,80}\}|\{\{[^{}]{0,160}\}\})$/i;

/**
 * `107 bytes, looks like a Stripe live key`, `1 byte`, `1,704 bytes, 28 lines, looks like a PEM private key`.
 * @param secretName lets a shape be told that says nothing by itself: 32 hexadecimal digits of `datadog_api_key`.
 */
export function describeValue(bytes: Uint8Array, secretName?: string): string {
  const parts = [`${grouped(bytes.length)} ${bytes.length === 1 ? 'byte' : 'bytes'}`];
  const text = decode(bytes);
  if (text === null) return [...parts, 'not UTF-8 text'].join(', ');
  const lines = lineCount(text);
  if (lines > 1) parts.push(`${grouped(lines)} lines`);
  const look = looksLike(text, secretName);
  if (look !== null) parts.push(`looks like ${withArticle(look)}`);
  return [...parts, ...remarks(text)].join(', ');
}

/** Said of a secret whose value is shorter than what is masked and scanned for. */
export function shortValueText(name: string): string {
  return `${name} is shorter than 8 bytes: it cannot be masked or scanned for`;
}

/** Whether a value is what stands in an example for one. */
export function isStandIn(bytes: Uint8Array): boolean {
  return PLACEHOLDER.test((decode(bytes) ?? '').trim());
}

function looksLike(text: string, secretName: string | undefined): string | null {
  const value = text.trim();
  const known = recognise(value, secretName);
  if (known !== null) return known.label;
  const pem = PEM.exec(value)?.[1];
  if (pem !== undefined) return pemWords(pem);
  if (JWT.test(value)) return 'JSON Web Token';
  if (UUID.test(value)) return 'UUID';
  if (SSH_PUBLIC.test(value)) return 'public SSH key';
  if (PLACEHOLDER.test(value)) return 'placeholder, not a value';
  if (URL_START.test(value) && !/\s/.test(value)) return urlWords(value);
  return jsonWords(value);
}

function pemWords(label: string): string {
  if (label.endsWith('PRIVATE KEY') || label === 'PGP PRIVATE KEY BLOCK') return 'PEM private key';
  if (label.endsWith('CERTIFICATE')) return 'PEM certificate';
  return label.endsWith('PUBLIC KEY') ? 'PEM public key' : 'PEM block';
}

function urlWords(value: string): string {
  const start = value.indexOf('://') + 3;
  const end = value.slice(start).search(/[/?#]/);
  const authority = end === -1 ? value.slice(start) : value.slice(start, start + end);
  const user = authority.slice(0, Math.max(0, authority.lastIndexOf('@')));
  return /:./.test(user) ? 'URL with a password' : 'URL';
}

function jsonWords(value: string): string | null {
  if (!/^[[{]/.test(value)) return null;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? 'JSON array' : 'JSON object';
  } catch {
    // What is not JSON has no name here; it may still be a value.
    return null;
  }
}

function remarks(text: string): string[] {
  const value = text.trim();
  if (value === '') return ['nothing but blanks'];
  const found: string[] = [];
  const hasNewline = text.endsWith('\n');
  const isPem = PEM.test(value);
  // A PEM file ends with a newline by right.
  if (hasNewline && !isPem) found.push('ends with a newline');
  const line = text.replace(/\r?\n$/, () => '');
  if (line !== line.trim()) found.push('has blanks around it');
  if (/^"[^"]*"$|^'[^']*'$/.test(value) && value.length > 1) found.push('has quotes around it');
  if (value.includes('\0')) found.push('holds a NUL byte');
  else if (/(?![\t\n\r])\p{Cc}/u.test(value)) found.push('holds control characters');
  if (/[\p{Bidi_Control}\u200b-\u200d\u2060\ufeff\u00ad]/u.test(text)) found.push('holds invisible characters');
  return found;
}

function lineCount(text: string): number {
  let lines = text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** With commas whatever the machine's locale, so that the text is the same everywhere. */
function grouped(number: number): string {
  return String(number).replace(/(?<=\d)(?=(?:\d{3})+$)/g, () => ',');
}
