/**
 * Telling receivers, all at once, each its notices one after the other. A receiver that is slow or dead gets its time and no more, all its
 * tries in it: nothing that knox does waits longer.
 */
import type { MaskedSecret } from '../domain/mask.ts';
import { isKnoxError } from '../errors.ts';
import { runProgram } from '../programs/run-program.ts';
import { calm } from './notice.ts';
import type { Notice } from './notice.ts';

/** For all that one run tells one receiver. */
const TIMEOUT_SECONDS = 10;
/** Before each further try of what may pass. */
const PAUSES_MS = [500, 2000];

/** A receiver whose address is known. */
export interface OpenReceiver {
  /** For a warning: never the address. */
  readonly name: string;
  readonly to:
    | { readonly kind: 'webhook'; readonly url: string }
    | { readonly kind: 'command'; readonly command: string };
  readonly notices: readonly Notice[];
}

export interface DeliveryServices {
  readonly root: string;
  readonly fetch: typeof fetch;
  readonly environment: Readonly<Record<string, string>>;
  readonly signals: NodeJS.EventEmitter | null;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export interface Undelivered {
  readonly name: string;
  readonly notice: Notice;
  /** In words, without the address and without what came back. */
  readonly why: string;
}

/** @param seconds that each receiver has for all of it @returns what nobody took */
export async function deliver(
  receivers: readonly OpenReceiver[],
  services: DeliveryServices,
  seconds = TIMEOUT_SECONDS,
): Promise<Undelivered[]> {
  const lost = await Promise.all(receivers.map((receiver) => deliverAll(receiver, services, seconds)));
  return lost.flat();
}

async function deliverAll(
  { name, to, notices }: OpenReceiver,
  services: DeliveryServices,
  seconds: number,
): Promise<Undelivered[]> {
  const deadline = AbortSignal.timeout(seconds * 1000);
  const lost: Undelivered[] = [];
  for (const notice of notices) {
    const body = JSON.stringify({ ...notice, text: calm(notice.text) });
    const why = deadline.aborted
      ? `timed out after ${seconds} seconds`
      : to.kind === 'webhook'
        ? await post(to.url, body, deadline, services)
        : await run(to.command, body, services, seconds);
    if (why !== null) lost.push({ name, notice, why });
  }
  return lost;
}

/** @returns null, or why not */
async function post(
  url: string,
  body: string,
  deadline: AbortSignal,
  services: DeliveryServices,
): Promise<string | null> {
  for (let tries = 0; ; tries++) {
    const { why, mayPass } = await postOnce(url, body, deadline, services.fetch);
    if (why === null || deadline.aborted || !mayPass) return why;
    const pause = PAUSES_MS[tries];
    if (pause === undefined) return `${why}, ${tries + 1} times`;
    await Promise.race([services.sleep(pause), aborted(deadline)]);
  }
}

async function postOnce(
  url: string,
  body: string,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch,
): Promise<{ why: string | null; mayPass: boolean }> {
  try {
    const headers = { 'Content-Type': 'application/json', 'User-Agent': 'knox' };
    // Followed elsewhere, an address that is a credential would be told to a stranger.
    const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal });
    await response.body?.cancel();
    const { status } = response;
    if (response.ok) return { why: null, mayPass: false };
    return { why: `status ${status}`, mayPass: status >= 500 || status === 429 };
  } catch (error) {
    if (signal.aborted) return { why: 'timed out', mayPass: false };
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    return { why: `no answer${code === undefined ? '' : ` (${code})`}`, mayPass: true };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const NOTHING: readonly MaskedSecret[] = [];

async function run(command: string, body: string, services: DeliveryServices, seconds: number): Promise<string | null> {
  try {
    const ended = await runProgram({
      command,
      cwd: services.root,
      env: services.environment,
      input: Buffer.from(`${body}\n`),
      timeoutSeconds: seconds,
      signals: services.signals,
    });
    if (ended.status === 0) return null;
    const said = ended.said(NOTHING);
    return `the command ${ended.how}${said === '' ? '' : `\n${said}`}`;
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return error.message;
  }
}
