/** Readers of the settings of a route. An empty text takes a setting away: it stays empty. */
import type { Reading } from '../../command-line/option.ts';
import { parseDuration } from '../../domain/duration.ts';
import { parseExpect } from '../../domain/expected-status.ts';
import { quoted } from '../../domain/secret-name.ts';
import { errors } from '../../errors.ts';
import { isHeaderName } from '../../routes/probe-settings.ts';
import { parseFormatName, refusePlaceholders } from '../../templates/template.ts';
import type { FormatName } from '../../templates/template.ts';

/** Given, and to be taken away. */
export const EMPTY = '';
type Empty = typeof EMPTY;

const LONGEST_TIMEOUT = 86_400;

export function readText(text: string): string {
  return text;
}

/** @throws usage */
export function readFormat(text: string): FormatName | Empty {
  return text === EMPTY ? EMPTY : parseFormatName(text);
}

/** @throws usage */
export function readExpect(text: string): string {
  if (text !== EMPTY) parseExpect(text);
  return text;
}

/** Seconds: a day at most, since what takes longer has stopped. @throws usage */
export function readTimeout(text: string): number | Empty {
  if (text === EMPTY) return EMPTY;
  const seconds = parseDuration(text);
  if (seconds >= 1 && seconds <= LONGEST_TIMEOUT) return seconds;
  throw errors.usage('--timeout must be between 1 second and 1 day', 'for example --timeout 15m');
}

/** @throws usage */
export function readHeader(text: string): string {
  if (text === EMPTY) return EMPTY;
  const name = text.slice(0, Math.max(0, text.indexOf(':'))).trimEnd();
  if (isHeaderName(name) && !/[\r\n\0]/.test(text)) return text;
  throw errors.usage("--header takes 'NAME: TEXT'", "for example --header 'Authorization: Bearer {{secret:NAME}}'");
}

/** @throws usage */
export function readMethod(text: string): string {
  if (text === EMPTY) return EMPTY;
  // The others mean something to the connection itself, and are not sent.
  if (/^(?!(?:connect|trace|track)$)[A-Za-z]{1,20}$/i.test(text)) return text.toUpperCase();
  throw errors.usage(`unknown HTTP method ${quoted(text)}`, 'for example GET or POST');
}

/** A command gets the rendered route on its stdin, and no placeholder. @throws usage */
export function readCommand(text: string, { flag }: Reading): string {
  refusePlaceholders(flag, text, 'the command gets the rendered route on stdin; for variables use knox run');
  return text;
}

/** @throws usage, invalid_value */
export function readAddress(text: string): string {
  if (text === EMPTY) return EMPTY;
  const authority = /^https?:\/\/([^/?#\\]+)/i.exec(text)?.[1];
  if (authority === undefined || addressOf(text) === null || /[\s\p{Cc}]/u.test(text.replace(/\{\{[^}]*\}\}/g, '')))
    throw errors.usage('--probe takes an http or https address', 'for example --probe https://api.example.com/v1/me');
  if (authority.includes('@'))
    throw errors.invalid_value(
      'a user and password in the URL of a probe are not sent',
      "use a header: --header 'Authorization: Basic {{secret:NAME|base64}}', NAME holding USER:PASSWORD",
    );
  if (authority.includes('{'))
    throw errors.invalid_value('the host of a probe cannot come from a secret', 'write the host out');
  return text;
}

/** The address, its placeholders filled with anything; null where it is none. */
export function addressOf(text: string): URL | null {
  const filled = text.replace(/\{\{[^}]*\}\}/g, 'x');
  return URL.canParse(filled) ? new URL(filled) : null;
}

/** Permissions of a file, in octal digits. @throws usage */
export function readMode(text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw errors.usage('--mode takes three octal digits', 'for example --mode 0640');
}
