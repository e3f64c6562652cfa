/**
 * A program as a source: one JSON object on stdin, one on stdout (`docs/sources.md`). Exit 64: it does not know the action; 75: a failure
 * that passes, tried again; anything else is for a person.
 */
import { FormIndex } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { Plaintext, reveal, revealText } from '../domain/plaintext.ts';
import { tellingParts } from '../domain/value-parts.ts';
import { errors } from '../errors.ts';
import { runProgram } from '../programs/run-program.ts';
import { parseOverlap } from './overlap.ts';
import { UNSUPPORTED } from './source.ts';
import type { Created, Credential, Overlap, Source, SourceRequest, Unsupported } from './source.ts';

const UNKNOWN_ACTION = 64;
const PASSING_FAILURE = 75;
const TEN_MINUTES = 600;
/** Before each further try of what failed and passes. */
const PAUSES_MS = [1000, 3000, 10_000, 30_000];

type Action = 'create' | 'test' | 'find' | 'usage' | 'check' | 'disable' | 'enable' | 'revoke';
type Answer = Readonly<Record<string, unknown>>;

export const commandSource: Source = {
  test: async (request) => {
    const overlap = overlapOf(known(await ask('test', request), 'test'), request);
    if (overlap === ODD) throw badAnswer('test', ODD_OVERLAP);
    return overlap;
  },
  create: async (request, old) => createdFrom(known(await ask('create', request, old), 'create'), request, 'create'),
  find: async (request) => {
    const answer = await ask('find', request);
    if (answer === UNSUPPORTED) return UNSUPPORTED;
    return answer['value'] === undefined || answer['value'] === null ? null : createdFrom(answer, request, 'find');
  },
  usage: async (request, old) => {
    const answer = await ask('usage', request, old);
    if (answer === UNSUPPORTED) return UNSUPPORTED;
    const { lastUsedAt = null } = answer;
    if (lastUsedAt === null) return null;
    const time = timeOf(lastUsedAt);
    if (time === null) throw badAnswer('usage', 'lastUsedAt is neither a time (ISO 8601) nor null');
    return time;
  },
  lifeOf: async (request, old) => {
    const answer = await ask('check', request, old);
    if (answer === UNSUPPORTED) return UNSUPPORTED;
    const { state } = answer;
    if (state === 'live' || state === 'dead' || state === 'unknown') return state;
    throw badAnswer('check', 'state is neither live, nor dead, nor unknown');
  },
  disable: (request, old) => plain('disable', request, old),
  enable: (request, old) => plain('enable', request, old),
  revoke: (request, old) => plain('revoke', request, old),
};

async function plain(action: Action, request: SourceRequest, old: Credential): Promise<void | Unsupported> {
  return (await ask(action, request, old)) === UNSUPPORTED ? UNSUPPORTED : undefined;
}

function known(answer: Answer | Unsupported, action: Action): Answer {
  if (answer !== UNSUPPORTED) return answer;
  if (action === 'test') return {};
  throw errors.source_failed(
    `the program does not know the required action ${action}`,
    'see docs/sources.md for what a program has to do',
  );
}

/** @returns the answer, `{}` for an empty one */
async function ask(
  action: Action,
  request: SourceRequest,
  old: Credential | null = null,
): Promise<Answer | Unsupported> {
  const { services, options, replacement } = request;
  const program = revealText(options.get('program')!) ?? '';
  const input = Buffer.from(JSON.stringify(requestText(action, request, old)));
  const own = [old, replacement].filter((one) => one !== null).map(({ value }) => ({ name: request.secret, value }));
  const secrets = [...request.secrets, ...own];
  for (let tries = 0; ; tries++) {
    const ended = await runProgram({
      command: program,
      cwd: services.root,
      env: {
        ...services.environment,
        KNOX_ACTION: action,
        KNOX_ENVIRONMENT: request.environment,
        KNOX_ROTATION: request.rotation ?? '',
        KNOX_ATTEMPT: request.attempt ?? '',
      },
      input,
      timeoutSeconds: TEN_MINUTES,
      signals: services.signals,
      answers: true,
    });
    if (ended.status === UNKNOWN_ACTION) return UNSUPPORTED;
    if (ended.status === 0) return parseAnswer(ended.answer, action);
    const pause = ended.status === PASSING_FAILURE ? PAUSES_MS[tries] : undefined;
    if (pause === undefined) {
      const said = ended.said([...secrets, ...answered(ended.answer, request.secret)]);
      throw errors.source_failed(
        `the program of ${request.secret} ${ended.how} at ${action} for ${request.environment}${said === '' ? '' : `\n${said}`}`,
        ended.status === PASSING_FAILURE
          ? 'this is temporary: try again later'
          : 'check what it says, then test it: knox source test',
      );
    }
    await services.sleep(pause);
  }
}

function requestText(action: Action, request: SourceRequest, old: Credential | null): object {
  const {
    program: _program,
    overlap: _overlap,
    ...options
  } = Object.fromEntries([...request.options].map(([name, text]) => [name, valueText(text)]));
  return {
    action,
    secret: request.secret,
    environment: request.environment,
    rotation: request.rotation,
    attempt: request.attempt,
    handle: old?.handle ?? null,
    old: old === null ? null : valueText(old.value),
    new: request.replacement === null ? null : valueText(request.replacement.value),
    options,
  };
}

function valueText(value: Plaintext): string | { base64: string } {
  return revealText(value) ?? { base64: Buffer.from(reveal(value)).toString('base64') };
}

/** The parser's own message would quote what it read, which may be a value. */
function parseAnswer(bytes: Buffer, action: Action): Answer {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') return {};
    const answer = JSON.parse(text) as unknown;
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer as Answer;
  } catch {
    // Told below.
  }
  throw badAnswer(action, 'it is not a JSON object');
}

/** What a program that fails in the end printed before may be the new value: it is masked in what is shown of its failure. */
function answered(bytes: Buffer, name: string): MaskedSecret[] {
  try {
    const { value } = JSON.parse(bytes.toString('utf8')) as { value?: unknown };
    return typeof value === 'string' && value !== '' ? [{ name, value: Plaintext.fromText(value) }] : [];
  } catch {
    return [];
  }
}

/** There is no other way to the value: what is odd beside it is a note. */
function createdFrom(answer: Answer, request: SourceRequest, action: Action): Created {
  const value = valueFrom(answer['value']);
  if (value === null || value.length === 0) throw badAnswer(action, 'value must be a non-empty text or {"base64": …}');
  const notes: string[] = [];
  const handle = handleOf(answer['handle'], value, notes);
  const said = overlapOf(answer, request);
  if (said === ODD) notes.push(`${ODD_OVERLAP}: how long old and new work side by side is unknown`);
  const overlap = said === ODD ? overlapOf({}, request) : said;
  return {
    value,
    handle,
    overlap: overlap === ODD ? null : overlap,
    notes: notes.map((note) => `The program's answer to ${action}: ${note}`),
  };
}

/** A number is the text of it. */
function handleOf(given: unknown, value: Plaintext, notes: string[]): string | null {
  if (given === undefined || given === null) return null;
  const handle = typeof given === 'number' ? String(given) : given;
  if (typeof handle !== 'string') {
    notes.push('handle is not text: ignored');
    return null;
  }
  const bytes = Buffer.from(handle);
  // The id of a key is often a member of the value, and what the key is found by.
  const secret = new FormIndex([{ name: '', value }], tellingParts);
  if (secret.isEmpty || secret.mask(bytes).equals(bytes)) return handle;
  notes.push('handle contains the value and would be stored in the clear: ignored');
  return null;
}

/** As base64 is written anywhere: in lines, for addresses, without what fills it up. */
function valueFrom(given: unknown): Plaintext | null {
  if (typeof given === 'string') return Plaintext.fromText(given);
  const { base64 } = (typeof given === 'object' && given !== null ? given : {}) as { base64?: unknown };
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(base64.replace(/\s/g, ''))) return null;
  return new Plaintext(Buffer.from(base64, 'base64'));
}

/** ISO 8601, in UTC where it does not say; or a number of seconds or milliseconds since 1970. */
function timeOf(given: unknown): string | null {
  const isNumber = typeof given === 'number' || (typeof given === 'string' && /^\d+(\.\d+)?$/.test(given));
  if (!isNumber && typeof given !== 'string') return null;
  const zoneless = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/.exec(String(given));
  const number = Number(given) < 1e11 ? Number(given) * 1000 : Number(given);
  const time = new Date(isNumber ? number : zoneless === null ? given : `${zoneless[1]}T${zoneless[2]}Z`);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

const ODD = Symbol('odd');
const ODD_OVERLAP = 'overlap is neither a duration, nor none, nor unlimited';

/** What the answer says, else the option. */
function overlapOf(answer: Answer, { options }: SourceRequest): Overlap | typeof ODD | null {
  const said = answer['overlap'] ?? null;
  if (said !== null && typeof said !== 'string') return ODD;
  const option = options.get('overlap');
  const text = said ?? (option === undefined ? null : revealText(option));
  if (text === null) return null;
  try {
    return parseOverlap(text);
  } catch {
    return ODD;
  }
}

function badAnswer(action: Action, why: string) {
  return errors.source_failed(
    `invalid answer of the program to ${action}: ${why}`,
    'see docs/sources.md for the format',
  );
}
