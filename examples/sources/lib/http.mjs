/** Asking an HTTP API: time-outs, rate limits and failures that pass, told apart from those that a person has to look at. */
import { Failure, PassingFailure, option } from './protocol.mjs';

const TIMEOUT_MS = 30_000;
/** A `Retry-After` up to this is waited for here; a longer one is left to knox's next try. */
const LONGEST_WAIT_MS = 60_000;
const TRIES = 4;

/**
 * One request. A rate limit is waited out as the service asks; a 5xx, a time-out and a broken connection are failures that pass.
 *
 * @param {string} url
 * @param {{method?: string, headers?: Record<string, string>, body?: string, allow?: number[], hints?: Record<number, string>}} request
 *   `allow`: statuses beside 2xx that are an answer; `hints`: what a person should look at, by status
 * @returns {Promise<{status: number, body: any}>} the body parsed, null where it is empty
 * @throws Failure, PassingFailure; neither holds what was sent or answered
 */
export async function call(url, { method = 'GET', headers = {}, body, allow = [], hints = {} } = {}) {
  const what = `${method} ${new URL(url).pathname}`;
  const sent = checkedHeaders(headers, what);
  for (let tries = 1; ; tries++) {
    let response;
    let text;
    try {
      // A redirect would carry the credential to where nobody meant it to go: it is a status like any other.
      response = await fetch(url, {
        method,
        headers: sent,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw new PassingFailure(`${what}: no answer (${error.cause?.code ?? error.name})`);
    }
    const { status } = response;
    if (isRateLimit(response)) {
      const wait = waitOf(response.headers);
      if (tries >= TRIES || wait > LONGEST_WAIT_MS) throw new PassingFailure(`${what}: too many requests`);
      await new Promise((resolve) => setTimeout(resolve, wait));
      continue;
    }
    if (status >= 500) throw new PassingFailure(`${what}: status ${status}`);
    if (!response.ok && !allow.includes(status)) {
      throw new Failure(`${what}: status ${status}${hints[status] === undefined ? '' : `: ${hints[status]}`}`);
    }
    return { status, body: parse(text, what, response.ok) };
  }
}

/** The option `api_url` without a slash at its end. @throws Failure for one that would carry credentials over a network in the clear */
export function apiUrl(request, otherwise) {
  const text = option(request, 'api_url', otherwise);
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback)) {
    throw new Failure('the option api_url has to be an https: address; http: only for this machine itself');
  }
  return text.replace(/\/+$/, '');
}

/** What stands at a path such as `result.0.id`; undefined where nothing does. */
export function at(body, path) {
  return path.split('.').reduce((found, name) => found?.[name] ?? undefined, body);
}

/** The same, for what has to be there: a text, or a number as one. @throws Failure */
export function textAt(body, path) {
  const found = at(body, path);
  if (typeof found === 'number') return String(found);
  if (typeof found === 'string' && found !== '') return found;
  throw new Failure(`the answer has no ${path}: it is not the API that was expected`);
}

/** @throws Failure where there is no list */
export function listAt(body, path) {
  const found = path === '' ? body : at(body, path);
  if (Array.isArray(found)) return found;
  throw new Failure(`the answer has no list ${path}: it is not the API that was expected`);
}

/** The platform's own error would quote the header. */
function checkedHeaders(headers, what) {
  try {
    return new Headers(headers);
  } catch {
    throw new Failure(`${what}: a header cannot be sent: is there a line break in a credential?`);
  }
}

/** GitHub, and others, say it with a 403. */
function isRateLimit({ status, headers }) {
  return (
    status === 429 || (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'))
  );
}

/** Milliseconds until the service wants to be asked again. */
function waitOf(headers) {
  const text = headers.get('retry-after');
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (text === null) return Number.isFinite(reset) ? Math.max(0, reset * 1000 - Date.now()) : 1000;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const time = Date.parse(text);
  return Number.isNaN(time) ? 1000 : Math.max(0, time - Date.now());
}

function parse(text, what, mustBeJson) {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    if (!mustBeJson) return null;
    throw new Failure(`${what}: the answer is not JSON`);
  }
}
