/**
 * The protocol of `docs/sources.md` for a program in JavaScript: one JSON object on stdin, one on stdout, and what happened in the exit
 * status. Needs Node 20 and nothing else.
 */
import { writeSync } from 'node:fs';

/** A failure that passes by itself, such as a rate limit or a service that is down: knox tries again. */
export class PassingFailure extends Error {}
/** A failure that a person has to look at. */
export class Failure extends Error {}

const UNKNOWN_ACTION = 64;
const PASSING_FAILURE = 75;
const FAILURE = 1;

/**
 * Reads the request and does what it asks. An action that is not among `actions` is one that the program does not know.
 *
 * @param {Record<string, (request: Request) => Promise<object | void>>} actions by name; what one answers is the answer
 * @typedef {{action: string, secret: string, environment: string, rotation: string | null, attempt: string | null,
 *   handle: string | null, old: string | null, new: string | null, options: Record<string, string>}} Request
 */
export async function serve(actions) {
  try {
    const request = JSON.parse(await readAll(process.stdin));
    if (!Object.hasOwn(actions, request.action)) process.exit(UNKNOWN_ACTION);
    const answer = (await actions[request.action](request)) ?? {};
    // All of it, before the process ends.
    writeSync(1, JSON.stringify(answer));
  } catch (error) {
    // What a program says is shown to a person, with every value that knox knows masked.
    console.error(error instanceof Error ? error.message : 'failed');
    process.exitCode = error instanceof PassingFailure ? PASSING_FAILURE : FAILURE;
  }
}

/** @throws Failure for an option that is missing */
export function option(request, name, otherwise = undefined) {
  const value = request.options[name] ?? otherwise;
  if (value === undefined) throw new Failure(`the option ${name} is missing: --option ${name}=…`);
  return value;
}

/** A name for what an attempt makes, the same for the same attempt: how it is found again after a lost answer. */
export function nameFor(request) {
  return `knox ${request.secret} ${request.environment} ${request.attempt}`;
}

async function readAll(stream) {
  let text = '';
  for await (const part of stream.setEncoding('utf8')) text += part;
  return text;
}
