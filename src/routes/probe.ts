/**
 * A probe: one HTTP request that proves a secret works. What it sends is prepared inside a view, and sent outside of any
 * transaction. A value goes only to a host that was accepted for it.
 */
import type { Guards } from '../domain/guards.ts';
import { STATUS_CODES } from 'node:http';
import { revealText } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import type { Use } from '../vault/uses/record-use.ts';
import type { View } from '../vault/core/view.ts';
import type { RouteRecord } from '../vault/records/kinds.ts';
import type { CommandGate } from '../vault/gate/command-gate.ts';
import { isLoopback } from '../domain/loopback.ts';
import { parseExpect } from '../domain/expected-status.ts';
import type { Expect } from '../domain/expected-status.ts';
import { acceptedPairs, hostOf, isHeaderName, pairsOf } from './probe-settings.ts';
import { problemsError } from './problems.ts';
import { renderBytes, renderRoute } from './render-route.ts';
import type { Instead, RenderedRoute } from './render-route.ts';

const TIMEOUT_MS = 10_000;

/** What a probe or a hook needs of the surroundings. */
export interface RouteServices {
  /** The vault's root folder. */
  readonly root: string;
  readonly fetch: typeof fetch;
  /** Variables of a program that knox starts: never a key of the vault. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where signals come from, or null. */
  readonly signals: NodeJS.EventEmitter | null;
  /** What commands and addresses go through. */
  readonly gate: CommandGate;
  /** Shows a line of what a program prints, where somebody reads along. */
  readonly show?: (line: string) => void;
}

/** Holds values: never logged. */
export interface PreparedProbe {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly expect: Expect;
  readonly sent: readonly Use[];
  /** Whose probe it is. */
  readonly route: RouteRecord;
  /** Realms whose values it sends. */
  readonly sources: readonly string[];
}

export interface ProbeResult {
  readonly isPassed: boolean;
  /** 401 or 403. */
  readonly isRefused: boolean;
  /** Null where there was no answer. */
  readonly status: number | null;
  /** Why there was none: a code of the system, `TIMEOUT`, or null where it gives none. */
  readonly fault: string | null;
  /** For a person; never holds a value. */
  readonly message: string;
}

/**
 * @returns null where the record has no probe
 * @throws untested for a host that was not accepted for a secret, invalid_value, and what rendering throws
 */
export async function prepareProbe(
  view: View,
  root: string,
  record: RouteRecord,
  guards: Guards,
  instead?: Instead,
): Promise<PreparedProbe | null> {
  const probe = await fillProbe(view, root, record, guards, instead);
  if (probe !== null) await requireAccepted(view, record, probe.sent);
  return probe;
}

/** The request with its values, whether or not they were accepted for its host. @throws invalid_value, and what rendering throws */
export async function fillProbe(
  view: View,
  root: string,
  record: RouteRecord,
  guards: Guards,
  instead?: Instead,
): Promise<PreparedProbe | null> {
  if (record.probe === null) return null;
  const parts: RenderedRoute[] = [];
  const url = await renderText(view, record, record.probe, 'probe', { guards, instead, parts });
  const headers: [string, string][] = [];
  for (const header of record.headers) {
    const text = await renderText(view, record, header, 'header', { guards, instead, parts });
    const colon = text.indexOf(':');
    headers.push([text.slice(0, colon).trim(), text.slice(colon + 1).trim()]);
  }
  if (record.headersFromRoute) {
    const route = await renderRoute(view, root, record, guards, instead);
    parts.push(route);
    headers.push(...headersOf(route, record.path));
  }
  requireSafe(url, record.probe, record);
  for (const header of headers) requireHeader(header, record.path);
  return {
    url,
    method: record.method ?? 'GET',
    headers,
    expect: parseExpect(record.expect),
    sent: parts.flatMap(({ uses }) => uses),
    route: record,
    sources: [...new Set([record.realm, ...parts.flatMap(({ sources }) => sources)])],
  };
}

async function renderText(
  view: View,
  { project, path, realm: environment }: RouteRecord,
  text: string,
  what: string,
  { guards, instead, parts }: { guards: Guards; instead: Instead | undefined; parts: RenderedRoute[] },
): Promise<string> {
  const rendered = await renderBytes(view, {
    bytes: Buffer.from(text),
    format: 'text',
    environment,
    place: { project, path },
    file: `${path} (${what})`,
    guards,
    instead,
  });
  if ('problems' in rendered) throw problemsError(rendered.problems, environment);
  parts.push(rendered);
  const filled = revealText(rendered.output);
  if (filled === null || /[\r\n\0]/.test(filled))
    throw errors.invalid_value(`the ${what} of ${path} cannot be sent: a value has a line break or is not text`, TRIM);
  return filled;
}

const TRIM = 'use one of the filters trim, url and base64';

/** What no request can hold, told before it is tried. A name is not repeated: in a route it could be a value. @throws template_invalid, invalid_value */
function requireHeader([name, value]: readonly [string, string], path: string): void {
  if (!isHeaderName(name)) throw errors.template_invalid(`the probe of ${path} has an invalid header name`);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw errors.invalid_value(
      `a header of the probe of ${path} cannot be sent: a value has a line break or is not Latin text`,
      TRIM,
    );
}

function headersOf({ output }: RenderedRoute, path: string): [string, string][] {
  let object: unknown;
  try {
    object = JSON.parse(revealText(output) ?? '') as unknown;
  } catch {
    object = null;
  }
  const entries =
    typeof object === 'object' && object !== null && !Array.isArray(object) ? Object.entries(object) : null;
  if (entries === null || entries.some(([, value]) => typeof value !== 'string'))
    throw errors.template_invalid(`${path} cannot be sent as headers: it is not a JSON object of strings`);
  return entries as [string, string][];
}

/** The registered host is the one that is named: what the values made of it could be a value. @throws invalid_value */
function requireSafe(url: string, registered: string, { path, allowHttp }: RouteRecord): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
    throw errors.invalid_value(`the probe of ${path} is not an http or https address`);
  if (parsed.host !== hostOf(registered))
    throw errors.invalid_value(
      `the host of the probe of ${path} comes from a secret`,
      'register it with the host written out',
    );
  if (parsed.protocol === 'http:' && !allowHttp && !isLoopback(parsed.hostname)) {
    throw errors.invalid_value(
      `the probe of ${path} would send a secret without TLS to ${printable(parsed.hostname)}`,
      'use https, or register it with --allow-http',
    );
  }
}

async function requireAccepted(view: View, record: RouteRecord, uses: readonly Use[]): Promise<void> {
  const accepted = acceptedPairs(record);
  for (const [base, host] of await pairsOf(view, uses, record.realm, hostOf(record.probe ?? ''))) {
    if (accepted.has(`${base} ${host}`)) continue;
    throw errors.untested(
      `${base} was not approved for ${printable(host)}, the host of the probe of ${record.path}`,
      `review and approve it: knox route add ${record.path} -e ${record.realm}`,
    );
  }
}

/** That the probe may be sent from here: asked before it is, outside of any transaction. @throws untrusted_command */
export async function requireProbe({ route, url, sources }: PreparedProbe, gate: CommandGate): Promise<void> {
  const { host } = new URL(url);
  await gate.requireAllowed({
    record: route,
    what: 'address',
    name: `the probe of ${route.path} for ${route.realm}`,
    text: `${route.method ?? 'GET'} ${route.probe ?? ''}`,
    sent: sources,
    hosts: [host],
  });
}

/** One request, no redirect followed, 10 seconds at most. Never throws for what the other side does. @throws untrusted_command */
export async function sendProbe(
  probe: PreparedProbe,
  services: Pick<RouteServices, 'fetch' | 'gate'>,
): Promise<ProbeResult> {
  await requireProbe(probe, services.gate);
  try {
    const response = await services.fetch(probe.url, {
      method: probe.method,
      headers: probe.headers.map(([name, value]) => [name, value] as [string, string]),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    const { status } = response;
    const isRefused = status === 401 || status === 403;
    const isPassed = status >= probe.expect.from && status <= probe.expect.to;
    const answer = { status, fault: null };
    return { isPassed, isRefused: isRefused && !isPassed, ...answer, message: answerText(answer) };
  } catch (error) {
    const answer = { status: null, fault: faultOf(error) };
    return { isPassed: false, isRefused: false, ...answer, message: answerText(answer) };
  }
}

/** The system's word for it; an error's own text may hold a header. */
function faultOf(error: unknown): string | null {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (name === 'TimeoutError') return 'TIMEOUT';
  const code = cause?.code ?? '';
  return /^[A-Z_]{3,40}$/.test(code) ? code : null;
}

const FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  ETIMEDOUT: 'timed out',
  TIMEOUT: `no answer in ${TIMEOUT_MS / 1000} s`,
};

/** `401 Unauthorized`, `connection refused`. The server's own words could be anything, a header sent back among them. */
export function answerText({ status, fault }: Pick<ProbeResult, 'status' | 'fault'>): string {
  if (status !== null) return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  return fault === null ? 'the request failed' : (FAULTS[fault] ?? fault);
}
