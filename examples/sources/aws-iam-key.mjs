#!/usr/bin/env node
/**
 * AWS IAM access keys as a source for knox, through the program `aws` (AWS CLI, version 1 or 2).
 *
 *   knox source set aws_key command --option program='node ./aws-iam-key.mjs' --option user=app \
 *     --option admin='{{secret:aws_admin}}'
 *
 * The value is one JSON, {"id": "AKIA…", "secret": "…"}: files say {{secret:aws_key|field:id}} and {{secret:aws_key|field:secret}}.
 *
 * Options:
 *   user      the IAM user whose keys these are. Each environment needs its own: user='{{secret:aws_user}}'
 *   admin     who may do it: {"id": "…", "secret": "…"}, with "session" for temporary credentials. `{{secret:aws_key}}` lets the key
 *             rotate itself: the old one makes the new one, and the new one deletes the old one. Left out, aws looks for credentials as
 *             it always does: AWS_PROFILE, ~/.aws, the role of the machine
 *   region    for AWS China and GovCloud; elsewhere IAM needs none
 *   endpoint  another address than that of AWS, for tests
 *
 * It needs iam:ListAccessKeys, CreateAccessKey, UpdateAccessKey, DeleteAccessKey and GetAccessKeyLastUsed for that user.
 *
 * What AWS cannot do:
 *   - A user has two keys at most, so both slots are looked at before anything is made.
 *   - A secret can be read once, and a key has neither a name nor a tag. After a lost answer nothing can be found again, and nothing is
 *     deleted that may be somebody's: the key is named, with the command that deletes it. Then go on with the rotation.
 *   - IAM is eventually consistent: a new key may be refused for some seconds, and an old one let in for some.
 *   - The last use shows up hours late: a window (--window) shorter than a day does not see the last of the old key.
 *
 * Credentials go to aws in its environment, never on a command line. Its history (cli_history) would keep the new secret: it is given
 * no place to be written to.
 */
import { spawn } from 'node:child_process';
import { Failure, PassingFailure, option, serve } from './lib/protocol.mjs';

const SLOTS = 2;
/** What passes. Of some of these nobody can say whether it was done: after a create, a look tells. */
const PASSING =
  /^(Throttling\w*|RequestLimitExceeded|TooManyRequestsException|ConcurrentModification\w*|EntityTemporarilyUnmodifiable\w*|ServiceFailure\w*|ServiceUnavailable|InternalFailure|InternalError|RequestTimeout|5\d\d)$/;
const NO_ANSWER =
  /Could not connect|Connection (was closed|reset)|[Tt]imeout on endpoint|connect to proxy|reading from response|Unable to parse response/;

/** The parser's own message would quote what it read. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns {{id: string, secret: string, session?: string}} */
function parseKey(text, what) {
  const key = parsed(text);
  if (/^\w{16,128}$/.test(key?.id) && typeof key.secret === 'string' && key.secret !== '') return key;
  throw new Failure(`${what} does not look like {"id": "AKIA…", "secret": "…"}`);
}

/** The id of the key that the request is about. */
const targetOf = (request) => request.handle ?? parseKey(request.old, 'the value in the vault').id;

function environmentFor(request) {
  const environment = { ...process.env, AWS_PAGER: '', AWS_CLI_AUTO_PROMPT: 'off', AWS_CLI_HISTORY_FILE: '/' };
  const { admin } = request.options;
  if (admin === undefined) return environment;
  let key = parseKey(admin, 'the option admin');
  // A key that rotates itself: one that is disabled cannot let itself in again, so the other one does it.
  if (request.new !== null && key.id === targetOf(request)) key = parseKey(request.new, 'the new value');
  for (const name of ['AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN', 'AWS_CREDENTIAL_EXPIRATION']) delete environment[name];
  if (key.session !== undefined) environment.AWS_SESSION_TOKEN = key.session;
  return { ...environment, AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret };
}

function placeOf({ options: { endpoint, region } }) {
  if (endpoint !== undefined && !/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])/.test(endpoint))
    throw new Failure('the option endpoint has to begin with https://');
  // For another address than its own, aws wants to know a region.
  const parts = { 'endpoint-url': endpoint, region: region ?? (endpoint === undefined ? undefined : 'us-east-1') };
  return Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

/** Runs one command of `aws iam`. What it says is never shown as it is: it may quote an answer, and with that a secret. */
async function aws(request, command, parts) {
  const action = command.replace(/(?:^|-)(\w)/g, (_all, letter) => letter.toUpperCase());
  const environment = environmentFor(request);
  // aws itself would send what was not answered again: that makes a second key.
  if (command === 'create-access-key') environment.AWS_MAX_ATTEMPTS = '1';
  const { status, output, said } = await run(
    ['iam', command, ...parts, '--output=json', ...placeOf(request)],
    environment,
  );
  const answer = parsed(output.trim() === '' ? '{}' : output);
  if (status === 0 && answer !== undefined) return answer;
  const code = /\((\w+)\) when calling the/.exec(said)?.[1];
  if (status === 0 || PASSING.test(code) || (code === undefined && NO_ANSWER.test(said)))
    throw new PassingFailure(`AWS does not answer ${action}: ${code ?? 'no connection, or nothing that can be read'}`);
  // "The Access Key with id … cannot be found" is another thing than "The user with name … cannot be found".
  const isKeyGone = code === 'NoSuchEntity' && !/user with name/i.test(said);
  throw Object.assign(new Failure(reasonFor(request, { action, code, said, status })), { code, isKeyGone });
}

function reasonFor({ options: { user } }, { action, code, said, status }) {
  if (/^AccessDenied/.test(code))
    return `AWS does not allow ${action}: the option admin, or who aws is, needs iam:${action} for the user ${user}`;
  if (/^(InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken|UnrecognizedClient)/.test(code))
    return `AWS does not know who asks for ${action} (${code}): look at the option admin, or at the credentials of aws; a key that was just made takes some seconds`;
  if (code !== undefined) return `AWS refuses ${action} for the user ${user}: ${code}`;
  if (/locate credentials|config profile|specify a region/.test(said))
    return 'aws has no credentials, profile or region: set the options admin and region';
  return `aws ended with status ${status} at ${action}. What it said may hold values: try aws iam list-access-keys by hand`;
}

function run(argv, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('aws', argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (part) => (output += part));
    child.stderr.setEncoding('utf8').on('data', (part) => (said += part));
    child.once('error', () =>
      reject(new Failure('there is no program aws here: https://docs.aws.amazon.com/cli, or apt install awscli')),
    );
    child.once('close', (status, signal) => resolve({ status: status ?? signal, output, said }));
  });
}

const ofUser = (request) => `--user-name=${option(request, 'user')}`;
const ofKey = (id) => `--access-key-id=${id}`;
const deleting = (request, id) => `aws iam delete-access-key ${ofUser(request)} ${ofKey(id)}`;

async function keysOf(request) {
  const { AccessKeyMetadata: keys } = await aws(request, 'list-access-keys', [ofUser(request)]);
  if (!Array.isArray(keys)) throw new Failure('the answer of AWS to ListAccessKeys holds no list of keys');
  return keys;
}

/** @returns {Promise<string | null>} an ISO time, or null for never */
async function lastUseOf(request, id) {
  const { AccessKeyLastUsed: last } = await aws(request, 'get-access-key-last-used', [ofKey(id)]);
  const date = last?.LastUsedDate ?? 'N/A';
  if (last !== undefined && date === 'N/A') return null;
  if (Number.isNaN(Date.parse(date))) throw new Failure('the answer of AWS to GetAccessKeyLastUsed holds no time');
  return new Date(date).toISOString();
}

async function bothTaken(request, keys) {
  const own = request.old === null ? null : targetOf(request);
  const describe = async ({ AccessKeyId: id, Status: status, CreateDate: made }) => {
    const used = await lastUseOf(request, id).catch(() => 'unknown');
    const days = Math.floor((Date.now() - Date.parse(made)) / 86_400_000);
    const text = `${id} is ${status}, made ${made} (${days} days ago), last used: ${used ?? 'never'}`;
    if (id === own) return `${text}; it is the one in the vault`;
    return used === null
      ? `${text}\n  where nobody has its secret, as after a lost answer: ${deleting(request, id)}`
      : text;
  };
  const lines = await Promise.all(keys.map(describe));
  const first = `both access keys of the user ${request.options.user} are taken, AWS allows no third:`;
  const advice = 'Whoever uses the one that is not in the vault has to move; delete it, and go on.';
  return new Failure([first, ...lines, advice].join('\n'));
}

/** After a create that nobody answered: what is there now and was not before is named, never deleted, since somebody else may have made it. */
async function afterLost(request, before, cause) {
  const fresh = (await keysOf(request)).filter(({ AccessKeyId: id }) => !before.some((key) => key.AccessKeyId === id));
  if (fresh.length === 0) return cause;
  const commands = fresh.map(
    ({ AccessKeyId: id, CreateDate: made }) => `${id}, made ${made}: ${deleting(request, id)}`,
  );
  const first =
    'the answer to CreateAccessKey was lost, and the new secret with it. A key is there now that was not there before:';
  return new Failure([first, 'unless somebody else made it just now, delete it, and go on.', ...commands].join('\n'));
}

const setStatus = (request, status) =>
  aws(request, 'update-access-key', [ofUser(request), ofKey(targetOf(request)), `--status=${status}`]);

await serve({
  test: async (request) => {
    const keys = await keysOf(request);
    if (keys.length >= SLOTS) throw await bothTaken(request, keys);
    return { overlap: 'unlimited' };
  },
  create: async (request) => {
    const before = await keysOf(request);
    if (request.old !== null && !before.some(({ AccessKeyId: id }) => id === targetOf(request)))
      throw new Failure(
        `the key in the vault, ${targetOf(request)}, is none of the user ${request.options.user}: look at the option user`,
      );
    if (before.length >= SLOTS) throw await bothTaken(request, before);
    let made;
    let cause = new Failure('the answer of AWS to CreateAccessKey holds no key');
    try {
      ({ AccessKey: made } = await aws(request, 'create-access-key', [ofUser(request)]));
    } catch (error) {
      if (error.code === 'LimitExceeded') throw await bothTaken(request, await keysOf(request));
      if (!(error instanceof PassingFailure)) throw error;
      cause = error;
    }
    const { AccessKeyId: id, SecretAccessKey: secret } = made ?? {};
    if (typeof id !== 'string' || typeof secret !== 'string') throw await afterLost(request, before, cause);
    return { value: JSON.stringify({ id, secret }), handle: id, overlap: 'unlimited' };
  },
  usage: async (request) => ({ lastUsedAt: await lastUseOf(request, targetOf(request)) }),
  disable: async (request) => void (await setStatus(request, 'Inactive')),
  enable: async (request) => void (await setStatus(request, 'Active')),
  revoke: async (request) => {
    try {
      // First what can be taken back, should the second fail.
      await setStatus(request, 'Inactive');
      await aws(request, 'delete-access-key', [ofUser(request), ofKey(targetOf(request))]);
    } catch (error) {
      if (error.isKeyGone !== true) throw error;
    }
  },
});
